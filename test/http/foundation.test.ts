import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { openStore, type Store } from '../../src/store/unit-of-work.ts'
import { bearing, got, ownApp, type OwnApp } from './own-app.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
})
afterAll(() => own.close())

test('a fault of ours is 500 without a word of what it was, and is told to us', async () => {
  const failing = new Proxy(own.store, {
    get: () => {
      throw new Error('secret inside')
    },
  })
  const app = createApp({ ...own.options, store: failing as Store })
  const { status, body } = await got({ app, secret: own.secret }, '/v1/deals')
  expect([status, body]).toMatchObject([500, { code: 'internal', retryable: true }])
  expect(JSON.stringify(body)).not.toContain('secret inside')
  expect(String(own.reported.at(-1))).toContain('secret inside')
})

test('a database that cannot be reached is 503 with Retry-After, for reads, writes and readiness', async () => {
  const store = openStore({
    url: 'postgres://nobody@127.0.0.1:1/nothing',
    maxConnections: 1,
    clock: own.clock,
    random: seededRandom(1),
  })
  const app = createApp({ ...own.options, store })
  const answer = await app.request('/v1/deals', { headers: bearing(own.secret) })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await answer.json()).toMatchObject({ code: 'unavailable', retryable: true })
  expect(await got({ app, secret: own.secret }, '/readyz')).toEqual({
    status: 503,
    body: { status: 'not-ready', checks: [{ name: 'database', state: 'failed', detail: 'does not answer' }] },
  })
  expect((await app.request('/healthz')).status).toBe(200)
  await store.close()
})

test('every answer has safe headers and a request id, the caller’s own when it sends one', async () => {
  const { headers } = await own.app.request('/v1/nothing', { headers: { 'x-request-id': 'mine-1' } })
  expect(headers.get('x-request-id')).toBe('mine-1')
  expect((await own.app.request('/healthz')).headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
})
