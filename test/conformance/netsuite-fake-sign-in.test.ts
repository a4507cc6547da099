import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { importPKCS8 } from 'jose'
import { beforeEach, expect, test } from 'vitest'
import { createNetSuiteFake } from '../../connectors/netsuite/fake.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { address, errorOf, netSuiteClient } from './netsuite-client.ts'
import type { NetSuiteClient } from './netsuite-client.ts'
import { inProcess, shippedBooks } from './netsuite-world.ts'

let client: NetSuiteClient

beforeEach(async () => {
  client = await netSuiteClient()
})

test('a good assertion gets a token for an hour, and not a second longer', async () => {
  expect(await client.signIn({})).toMatchObject([200, { expires_in: '3600', token_type: 'Bearer' }])
  client.clock.advanceTo(new Date('2026-11-30T12:59:59Z'))
  expect((await client.call('GET', 'system/v1/governanceLimits')).status).toBe(200)
  client.clock.advanceTo(new Date('2026-11-30T13:00:00Z'))
  const late = await client.call('GET', 'system/v1/governanceLimits')
  expect(errorOf(late)).toEqual([401, 'INVALID_LOGIN'])
  expect(late.headers.get('www-authenticate')).toContain('Bearer realm="1234567", error="invalid_token"')
})

test('RS256, a foreign kid, 61 minutes, another audience and a past end are refused', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const now = Math.floor(client.clock.now().getTime() / 1000)
  const wrong = [
    { alg: 'RS256', key: await importPKCS8(pem, 'RS256') },
    { kid: 'unknown' },
    { exp: now + 3660 },
    { aud: `${address}/other` },
    { iat: now - 600, exp: now - 300 },
  ]
  expect(await Promise.all(wrong.map(client.signIn))).toEqual([
    [400, { error: 'invalid_request' }],
    [400, { error: 'invalid_client' }],
    [400, { error: 'invalid_grant' }],
    [400, { error: 'invalid_grant' }],
    [400, { error: 'invalid_grant' }],
  ])
  expect((await client.signIn({ exp: now + 3600 }))[0]).toBe(200)
})

test('a certificate signs in until the day it ends', async () => {
  const { oauth2 } = client.fake.signIn()
  const key = createPublicKey(createPrivateKey(oauth2.privateKeyPem))
  client.fake.registerCertificate({
    certificateId: 'short',
    clientId: oauth2.clientId,
    publicKeyPem: key.export({ type: 'spki', format: 'pem' }).toString(),
    expiresAt: new Date('2026-12-24T00:00:00Z'),
  })
  client.clock.advanceTo(new Date('2026-12-23T23:59:59Z'))
  expect((await client.signIn({ kid: 'short' }))[0]).toBe(200)
  client.clock.advanceTo(new Date('2026-12-24T00:00:00Z'))
  expect(await client.signIn({ kid: 'short' })).toEqual([400, { error: 'invalid_client' }])
})

test('the same seed makes the same key and ids, another seed others', () => {
  const signInOf = (seed: number) =>
    createNetSuiteFake({ clock: client.clock, random: seededRandom(seed) }).demoAccount(shippedBooks())
  expect(signInOf(7)).toEqual(client.fake.signIn())
  expect(signInOf(8).oauth2.privateKeyPem).not.toBe(client.fake.signIn().oauth2.privateKeyPem)
})

test('an unsigned call is 401', async () => {
  const unsigned = await inProcess(client.fake)(`${address}/services/rest/record/v1/journalEntry`)
  expect(unsigned.status).toBe(401)
})
