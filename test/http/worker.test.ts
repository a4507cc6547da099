import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestHarness, type TestHarness } from 'wrangler'
import { addDays, dateIn } from '../../src/domain/calendar.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { keepStandings } from '../../src/jobs/keep-standings.ts'
import { systemClock, virtualClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { appUrl } from '../../src/store/migrate.ts'
import { sampleTerms, tokenLine } from '../domain/contract-samples.ts'
import { sell } from '../store/sold.ts'
import { ownStore, type OwnStore } from '../store/store.ts'
import { defaultBooks } from './books-sample.ts'

const secret = 'whsec_worker_test'
const segmentEvents = '{"Tokens Used":{"meter":"tokens","value":"count"}}'
let own: OwnStore
let worker: TestHarness

beforeAll(async () => {
  own = await ownStore()
  process.env['CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE'] = appUrl(own.url)
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  process.env['WRANGLER_SEND_METRICS'] = 'false'
  worker = createTestHarness({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    workers: [
      {
        configPath: 'wrangler.toml',
        secrets: { STRIPE_WEBHOOK_SECRETS: secret, SEGMENT_SECRETS: secret, SEGMENT_EVENTS: segmentEvents },
      },
    ],
  })
  await worker.listen()
})
afterAll(async () => {
  await worker.close()
  await own.close()
})

const event = JSON.stringify({
  id: 'evt_worker_1',
  object: 'event',
  type: 'invoice.paid',
  livemode: false,
  created: 1_767_225_600,
  data: { object: {} },
})

function signed(body: string, withSecret: string): RequestInit {
  const time = Math.floor(systemClock.now().getTime() / 1_000)
  const signature = createHmac('sha256', withSecret).update(`${time}.${body}`).digest('hex')
  return { method: 'POST', body, headers: { 'stripe-signature': `t=${time},v1=${signature}` } }
}

const fetched = (path: string, init?: RequestInit) =>
  worker.fetch(path, init as Parameters<TestHarness['fetch']>[1])

test('a signed Stripe message becomes one inbox row and one piece of work, also when it comes twice', async () => {
  for (const _try of [1, 2]) {
    const answer = await fetched('/v1/hooks/stripe', signed(event, secret))
    expect([answer.status, await answer.json()]).toEqual([200, { received: true }])
  }
  expect(await own.app`select delivery_id, type, body from inbox_message`).toEqual([
    { delivery_id: 'evt_worker_1', type: 'invoice.paid', body: event },
  ])
  const [{ seq } = { seq: '' }] = await own.app<{ seq: string }[]>`select seq from inbox_message`
  expect(await own.app`select queue, subject, state from work_item`).toEqual([
    { queue: 'book-fact', subject: `inbox:${seq}`, state: 'ready' },
  ])
})

test('a message signed with another secret is 400 and leaves nothing', async () => {
  const answer = await fetched('/v1/hooks/stripe', signed(event.replace('_1', '_2'), 'whsec_other'))
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'signature-mismatch' }])
  expect(await own.app`select 1 from inbox_message where delivery_id = 'evt_worker_2'`).toEqual([])
})

test('a batch of usage events is 202, counted once however often it comes', async () => {
  const key = await createApiKey(
    { store: own.store, clock: systemClock, random: systemRandom },
    { name: 'worker', scopes: ['usage:write'], by: 'test' },
  )
  const batch = [1, 2, 3].map((number) => ({
    specversion: '1.0',
    id: `worker-${number}`,
    source: 'test',
    type: 'tokens',
    subject: 'nobody-yet',
    time: '2026-03-01T10:00:00Z',
    data: { value: '100' },
  }))
  const headers = {
    authorization: `Bearer ${key.secret}`,
    'content-type': 'application/cloudevents-batch+json',
  }
  const send = () => fetched('/v1/events', { method: 'POST', headers, body: JSON.stringify(batch) })
  const [first, second] = [await send(), await send()]
  expect([first.status, await first.json()]).toMatchObject([202, { unmatched: 3, duplicates: 0 }])
  expect([second.status, await second.json()]).toMatchObject([202, { unmatched: 0, duplicates: 3 }])
  const [sums] =
    await own.app`select count(*)::integer as events, sum(value)::integer as value from usage_event`
  expect(sums).toEqual({ events: 3, value: 300 })
  const open = await own.app`select code, subject, state from exception`
  expect(open).toEqual([{ code: 'UNMATCHED_USAGE', subject: 'nobody-yet', state: 'open' }])
})

test('a question is answered from the row, and the Worker rolls a row whose period is over', async () => {
  const { now } = systemClock
  const [startsOn, endsBefore] = [-40, 400].map((days) => addDays(dateIn('UTC', now()), days)) as [
    string,
    string,
  ]
  const terms = sampleTerms({ startsOn, endsBefore, lines: [tokenLine({ includedUnits: '1000' })] })
  const sold = await own.store.unitOfWork((unit) => sell(unit, { ...terms, entitlements: { sso: true } }))
  const before = virtualClock(new Date(now().getTime() - 35 * 86_400_000))
  const settings = { publicUrl: '', automaticTax: false, closeAfterDays: null, sweepIntervalSeconds: 600 }
  await keepStandings({ store: own.store, clock: before, books: defaultBooks(), settings })
  const { secret: key } = await createApiKey(
    { store: own.store, clock: systemClock, random: systemRandom },
    { name: 'product', scopes: ['usage:write', 'entitlements:read'], by: 'test' },
  )
  const send = (path: string, type: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': type }
    return fetched(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  const use = {
    specversion: '1.0',
    id: 'w-1',
    source: 'worker',
    type: 'tokens',
    subject: sold.subject,
    time: new Date(now().getTime() - 3_600_000).toISOString(),
    data: { value: '300' },
  }
  expect((await send('/v1/events', 'application/cloudevents+json', use)).status).toBe(202)
  const ask = (question: object) =>
    send('/v1/entitlements/check', 'application/json', { customer: sold.subject, ...question })
  const answer = await ask({ meter: 'tokens', units: '701' })
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { allowed: true, reason: 'overage', used: '300', remaining: '700' },
  ])
  expect(await (await ask({ feature: 'sso' })).json()).toMatchObject({ allowed: true, reason: 'granted' })
})

test('a signed event of Segment is usage of 29 digits, counted once however often it comes; unsigned it is 400', async () => {
  const call = {
    type: 'track',
    event: 'Tokens Used',
    messageId: 'm-1',
    userId: 'segment-user',
    properties: { count: 5 },
  }
  const body = JSON.stringify({ ...call, timestamp: '2026-03-01T10:00:00Z' }).replace(
    ':5}',
    ':12345678901234567.123456789012}',
  )
  const signature = createHmac('sha1', secret).update(body).digest('hex')
  for (const _try of [1, 2]) {
    const headers = { 'x-signature': signature }
    const answer = await fetched('/v1/hooks/segment', { method: 'POST', body, headers })
    expect([answer.status, await answer.json()]).toEqual([200, { usage: 1 }])
  }
  expect((await fetched('/v1/hooks/segment', { method: 'POST', body })).status).toBe(400)
  const kept = await own.app`select source, id, value from usage_event where subject = 'segment-user'`
  expect(kept).toEqual([{ source: 'segment:default', id: 'm-1', value: '12345678901234567.123456789012' }])
})

test('the door knows hooks, events and the question what may be used, and nothing else', async () => {
  expect((await fetched('/healthz')).status).toBe(200)
  expect((await fetched('/v1/deals')).status).toBe(404)
  expect((await fetched('/v1/events')).status).toBe(405)
  expect((await fetched('/v1/entitlements/check')).status).toBe(405)
})
