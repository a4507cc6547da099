import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createNetSuiteErp } from '../../connectors/netsuite/netsuite.ts'
import { createTokenBasedTransport } from '../../connectors/netsuite/token-based.ts'
import { netSuiteBaseUrl, NotSentError, realmOf } from '../../connectors/netsuite/transport.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import { netSuiteWorld, novemberJournal, oauth2InProcess } from './netsuite-world.ts'
import type { NetSuiteWorld } from './netsuite-world.ts'

const cash = novemberJournal([
  ['bank', 'debit', '1.00'],
  ['revenue', 'credit', '1.00'],
])

let world: NetSuiteWorld

beforeEach(async () => {
  world = await netSuiteWorld()
})

afterEach(() => world.close())

describe('signing in by OAuth 2.0', () => {
  test('four calls at once sign in once, and again only when the hour is nearly over', async () => {
    const transport = oauth2InProcess(world)
    const call = () => transport.request('GET', 'record/v1/journalEntry/eid:tieout-none', {})
    await Promise.all([1, 2, 3, 4].map(call))
    expect(world.fake.tokensIssued()).toBe(1)
    world.clock.advanceTo(new Date('2026-11-30T12:57:00Z'))
    expect((await call()).status).toBe(404)
    expect(world.fake.tokensIssued()).toBe(1)
    world.clock.advanceTo(new Date('2026-11-30T12:58:30Z'))
    expect((await call()).status).toBe(404)
    expect(world.fake.tokensIssued()).toBe(2)
  })

  test('a token that ends in the middle of a run is replaced, and the journal is posted once', async () => {
    const erp = createNetSuiteErp({ ...world, transport: oauth2InProcess(world) })
    await erp.findJournal(cash.externalId)
    world.fake.expireTokens()
    expect((await erp.postJournal(cash)).kind).toBe('ok')
    expect([world.fake.tokensIssued(), world.fake.state.journals.size]).toEqual([2, 1])
  })

  test('a second 401 after a fresh token ends as auth, not as a loop', async () => {
    const erp = createNetSuiteErp({ ...world, transport: oauth2InProcess(world) })
    world.fake.faults.add({ kind: 'expired-session', path: '/services/rest/record', times: 5 })
    expect((await erp.postJournal(cash)).kind).toBe('auth')
    expect(world.fake.faults.remaining()).toBe(3)
  })

  test('a wrong certificate id is auth, before any journal is sent', async () => {
    const erp = createNetSuiteErp({
      ...world,
      transport: oauth2InProcess(world, { certificateId: 'another' }),
    })
    expect(await erp.postJournal(cash)).toMatchObject({ kind: 'auth' })
    expect(world.fake.state.journals.size).toBe(0)
  })

  test.each(['server-error', 'cut-after', 'html-body'] as const)(
    'a sign-in that fails by %s says that the journal was not sent',
    async (kind) => {
      const erp = createNetSuiteErp({ ...world, transport: oauth2InProcess(world) })
      world.fake.faults.add({ kind, path: '/services/rest/auth' })
      expect((await erp.postJournal(cash)).kind).toBe('transient')
      expect((await erp.postJournal(cash)).kind).toBe('ok')
    },
  )
})

describe('the key of a certificate', () => {
  test('PS256 signs in with an RSA key of 3,072 bits', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 })
    const { oauth2 } = world.fake.signIn()
    world.fake.registerCertificate({
      certificateId: 'rsa',
      clientId: oauth2.clientId,
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      expiresAt: new Date('2028-11-30T00:00:00Z'),
    })
    const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const signIn = { certificateId: 'rsa', privateKeyPem, algorithm: 'PS256' } as const
    const answer = await oauth2InProcess(world, signIn).request('GET', 'record/v1/journalEntry', {})
    expect(answer.status).toBe(200)
  })

  test('a key that cannot be read or does not fit the algorithm stops the start, not a journal', () => {
    expect(() => oauth2InProcess(world, { privateKeyPem: 'secret' })).toThrow('not a PEM that can be read')
    expect(() => oauth2InProcess(world, { algorithm: 'PS256' })).toThrow(
      'PS256 needs a private key of the type rsa',
    )
  })
})

describe('signing in by token-based authentication', () => {
  test('a wrong secret is auth', async () => {
    const signIn = { ...world.fake.signIn().tokenBased, baseUrl: world.baseUrl, tokenSecret: 'wrong' }
    const erp = createNetSuiteErp({ ...world, transport: createTokenBasedTransport(signIn) })
    expect((await erp.findJournal(cash.externalId)).kind).toBe('auth')
  })

  test('a signature is good for one call: the same header again is 401', async () => {
    const path = 'record/v1/journalEntry?limit=10&offset=0'
    expect((await world.transport('token-based').request('GET', path, {})).status).toBe(200)
    const authorization = world.lastAuthorization()
    const repeated = await systemTransport(`${world.baseUrl}/services/rest/${path}`, {
      headers: { authorization },
    })
    expect(repeated.status).toBe(401)
    expect(repeated.headers.get('www-authenticate')).toContain(
      'OAuth realm="1234567", error="token_rejected"',
    )
  })

  test('the package is kept from repeating a signed request: one 503 is one call', async () => {
    const transport = world.transport('token-based')
    world.fake.faults.add({ kind: 'server-error', path: '/services/rest/record', times: 3 })
    const answer = await transport.request('GET', 'record/v1/journalEntry/eid:tieout-none', {})
    expect([answer.status, world.fake.faults.remaining()]).toEqual([500, 2])
  })

  test('a page of HTML comes back as text instead of breaking the package', async () => {
    world.fake.faults.add({ kind: 'html-body', path: '/services/rest/record' })
    const answer = await world.transport('token-based').request('GET', 'record/v1/journalEntry', {})
    expect([answer.status, answer.text.slice(0, 6)]).toEqual([200, '<html>'])
  })

  test('the header prefer: transient, which the package adds to every body, goes out only when asked for', async () => {
    const transport = world.transport('token-based')
    const body = '{"q":"SELECT id FROM currency WHERE symbol = ?","params":["JPY"]}'
    const without = await transport.request('POST', 'query/v1/suiteql', { body })
    const asked = await transport.request('POST', 'query/v1/suiteql', {
      body,
      headers: { Prefer: 'transient' },
    })
    expect([without.status, asked.status]).toEqual([400, 200])
    expect(asked.text).toContain('"items":[{"links":[],"id":"5"}]')
  })
})

describe('hosts and realms', () => {
  test.each(['oauth2', 'token-based'] as const)(
    'a redirect to a page of sign-in is not followed over %s: the journal may not leave the account',
    async (name) => {
      const erp = createNetSuiteErp({ ...world, transport: world.transport(name) })
      await erp.findJournal(cash.externalId)
      world.redirect(`${world.baseUrl}/services/rest/record/v1/subsidiary/1`)
      expect(await erp.findJournal(cash.externalId)).toMatchObject({
        kind: 'broken',
        detail: 'NetSuite answered 302 with an empty body',
      })
      expect((await erp.postJournal(cash)).kind).toBe('unknown')
    },
  )

  test('every underscore of a sandbox account becomes a hyphen in the host and stays in the realm', () => {
    expect(netSuiteBaseUrl('1234567_SB1_RP')).toBe('https://1234567-sb1-rp.suitetalk.api.netsuite.com')
    expect(realmOf('1234567-sb1-rp')).toBe('1234567_SB1_RP')
  })

  test.each(['oauth2', 'token-based'] as const)('a refused connection is not sent over %s', async (name) => {
    const transport = world.transport(name)
    await world.close()
    await expect(transport.request('GET', 'record/v1/journalEntry', {})).rejects.toBeInstanceOf(NotSentError)
  })
})
