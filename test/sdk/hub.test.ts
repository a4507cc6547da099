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
