import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { allScopes } from '../../src/http/access/scopes.ts'
import { makeSecret } from '../../src/http/access/secret.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { revokeApiKey } from '../../src/store/api-keys.ts'
import type { Store } from '../../src/store/unit-of-work.ts'
import { after } from '../store/store.ts'
import { ownApp, type OwnApp } from './own-app.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
})
afterAll(() => own.close())

async function answered(authorization: string | null, path = '/v1/deals', app = own.app) {
  const headers = authorization === null ? {} : { authorization }
  const answer = await app.request(path, { headers })
  const { code, detail } = (await answer.json()) as { code?: string; detail?: string }
  return { status: answer.status, code, detail, challenge: answer.headers.get('www-authenticate') }
}

/** A store that must not be asked. */
const untouchable = new Proxy({} as Store, {
  get: () => {
    throw new Error('the database was asked')
  },
})

test('22 no credentials are 401 with a challenge', async () => {
  expect(await answered(null)).toMatchObject({
    status: 401,
    code: 'unauthenticated',
    challenge: 'Bearer realm="tieout"',
  })
})

test('23 a malformed key is 401, in any form', async () => {
  for (const authorization of ['Bearer', 'Bearer x', 'Bearer tieout_test_', 'Basic dXNlcjpwYXNz', own.secret])
    expect(await answered(authorization)).toMatchObject({ status: 401, code: 'invalid-key' })
})

test('24 a key with a wrong check is 401 without asking the database, and so is a malformed one', async () => {
  const app = createApp({ ...own.options, store: untouchable })
  const mistyped = own.secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  for (const secret of [mistyped, 'tieout_test_nonsense'])
    expect(await answered(`Bearer ${secret}`, '/v1/deals', app)).toMatchObject({
      status: 401,
      code: 'invalid-key',
    })
  expect(own.reported).toEqual([])
})

test('24 a well-formed key nobody made is 401', async () => {
  const secret = makeSecret(seededRandom(99), 'test')
  expect(await answered(`Bearer ${secret}`)).toMatchObject({ status: 401, code: 'invalid-key' })
})

test('25 a revoked or expired key is 401 key-revoked', async () => {
  const { store, clock } = own
  const make = (days: number, seed: number) =>
    createApiKey(
      { store, clock, random: seededRandom(seed) },
      { name: 'short', scopes: allScopes, by: 'test', days },
    )
  const [revoked, expiring] = [await make(90, 11), await make(1, 12)]
  expect((await answered(`Bearer ${revoked.secret}`)).status).toBe(200)
  await store.unitOfWork((unit) => revokeApiKey(unit, revoked.keyId, after(1)))
  expect(await answered(`Bearer ${revoked.secret}`)).toMatchObject({ status: 401, code: 'key-revoked' })
  expect((await answered(`Bearer ${expiring.secret}`)).status).toBe(200)
  clock.advanceTo(after(86_401))
  expect(await answered(`Bearer ${expiring.secret}`)).toMatchObject({ status: 401, code: 'key-revoked' })
})

test('26 a test key at a live hub is 401 wrong-environment, and a live key at a test hub', async () => {
  const live = createApp({ ...own.options, environment: 'live' })
  expect(await answered(`Bearer ${own.secret}`, '/v1/deals', live)).toMatchObject({
    status: 401,
    code: 'wrong-environment',
  })
  const liveSecret = makeSecret(seededRandom(5), 'live')
  expect((await answered(`Bearer ${liveSecret}`)).code).toBe('wrong-environment')
  const demo = createApp({ ...own.options, environment: 'demo' })
  expect((await answered(`Bearer ${own.secret}`, '/v1/deals', demo)).status).toBe(200)
})

test('27 a key without the scope is 403 and names the scope', async () => {
  const secret = await own.keyWith('usage:write', 'deals:read')
  expect(await answered(`Bearer ${secret}`, '/v1/tie-out')).toMatchObject({
    status: 403,
    code: 'missing-scope',
    detail: 'This needs a key with the scope reports:read.',
    challenge: 'Bearer realm="tieout", error="insufficient_scope", scope="reports:read"',
  })
})

test('a key is 160 random bits and a check, shown once and kept only as its hash', async () => {
  expect(own.secret).toMatch(/^tieout_test_[0-9a-hjkmnp-tv-z]{38}$/)
  const rows = await own.sql`select to_jsonb(api_key)::text as row from api_key`
  expect(rows.filter(({ row }) => String(row).includes(own.secret.slice(20)))).toEqual([])
  const acts = await own.sql`select distinct action from audit_entry`
  expect(acts).toEqual([{ action: 'api-key-created' }])
  await expect(
    createApiKey({ ...own, random: seededRandom(1) }, { name: 'x', scopes: [], by: 'test', days: 401 }),
  ).rejects.toThrow(RangeError)
})
