import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Refusal } from '../../src/sdk/tieout-usage.ts'
import { TieoutUsage } from '../../src/sdk/tieout-usage.ts'
import type { OwnApp } from '../http/own-app.ts'
import { ownApp } from '../http/own-app.ts'
import { seed } from '../http/seeded.ts'
import type { Endpoint } from './endpoint.ts'
import { serveEndpoint } from './endpoint.ts'

let own: OwnApp
let endpoint: Endpoint
let customer: string

beforeAll(async () => {
  own = await ownApp()
  customer = (await seed(own.store)).customerId
  endpoint = await serveEndpoint(own.app.fetch)
})
afterAll(async () => {
  await endpoint.close()
  await own.close()
})

function usageOf(source: string, key = own.secret) {
  const refused: Refusal[] = []
  const usage = new TieoutUsage({
    url: endpoint.url,
    key,
    source,
    onRefused: (refusal) => refused.push(refusal),
    onError: () => undefined,
    firstWaitMilliseconds: 5,
  })
  return { usage, refused }
}

const time = '2026-03-01T10:00:00Z'

test('1,500 events of 0.1 over a cut connection and a 503 are 150 tokens at the hub, each counted once', async () => {
  const { usage } = usageOf('sdk/sum')
  endpoint.faults.push({ kind: 'cut-after' }, { kind: 'status', status: 503 })
  for (let count = 0; count < 1_500; count++)
    usage.track({ meter: 'tokens', customer, value: '0.1', time, properties: { model: 'large' } })
  await usage.flush()
  const [sum] = await own.sql`
    select count(*)::integer as events, trim_scale(sum(value))::text as value from usage_event where source = 'sdk/sum'`
  expect(sum).toEqual({ events: 1_500, value: '150' })
  expect(usage.stats()).toMatchObject({ acknowledged: 1_500, duplicates: 1_000, unmatched: 0, refused: 0 })
})

test('the hub refuses a meter name with 422, a changed event with 409 and a time 6 minutes ahead with 422; 2 arrive', async () => {
  const { usage, refused } = usageOf('sdk/refused')
  usage.track({ meter: 'tokens', customer, value: '5', time, id: 'call-1' })
  await usage.flush()
  usage.track({ meter: 'Tokens!', customer, value: '1', time, id: 'call-2' })
  usage.track({ meter: 'tokens', customer, value: '6', time, id: 'call-1' })
  usage.track({ meter: 'tokens', customer, value: '1', time: new Date('2026-03-02T09:06:00Z'), id: 'call-3' })
  usage.track({ meter: 'tokens', customer: 'who', value: '7', time, id: 'call-4' })
  await usage.flush()
  const told = refused.map(({ event, status, code }) => `${event.id} ${status} ${code}`)
  expect(told.sort()).toEqual(['call-1 409 event-conflict', 'call-2 422 invalid_format', 'call-3 422 future'])
  expect(usage.stats()).toMatchObject({ acknowledged: 2, unmatched: 1, refused: 3, buffered: 0 })
  const kept = await own.sql`
    select id, trim_scale(value)::text as value from usage_event where source = 'sdk/refused' order by id`
  expect(kept).toEqual([
    { id: 'call-1', value: '5' },
    { id: 'call-4', value: '7' },
  ])
})

test('a key without usage:write stops with the words of the hub, and 1 event stays buffered', async () => {
  const { usage } = usageOf('sdk/stopped', await own.keyWith('deals:read'))
  usage.track({ meter: 'tokens', customer, value: '1', time })
  await expect(usage.flush()).rejects.toThrow(
    'The hub answered 403: This needs a key with the scope usage:write.',
  )
  expect(usage.stats()).toMatchObject({ buffered: 1 })
})

test('5 and 7 tokens, the 5 retracted and the 7 replaced by 3, are 3 at the hub; a second retraction is refused with 409, an unknown one with 404', async () => {
  const { usage, refused } = usageOf('sdk/corrected')
  const first = usage.track({ meter: 'tokens', customer, value: '5', time })
  const second = usage.track({ meter: 'tokens', customer, value: '7', time })
  await usage.flush()
  const retraction = usage.retract(first, { meter: 'tokens', customer, time })
  usage.replace(second, { meter: 'tokens', customer, value: '3', time })
  await usage.flush()
  usage.retract(first, { meter: 'tokens', customer, time, id: 'again' })
  usage.retract('never-sent', { meter: 'tokens', customer, time, id: 'unknown' })
  await usage.flush()
  expect(refused.map(({ event, status, code }) => [event.id, status, code]).sort()).toEqual([
    ['again', 409, 'event-corrected'],
    ['unknown', 404, 'unknown-event'],
  ])
  const voided = await own.sql`
    select original_id, kind, quantity::integer from usage_correction where source = 'sdk/corrected' order by quantity`
  expect(Array.from(voided)).toEqual([
    { original_id: first, kind: 'retraction', quantity: 5 },
    { original_id: second, kind: 'replacement', quantity: 7 },
  ])
  expect(retraction).not.toBe(first)
  expect(() => usage.retract('same', { meter: 'tokens', customer, id: 'same' })).toThrow(
    expect.objectContaining({ code: 'invalid-event' }),
  )
  await usage.close()
})
