import { afterAll, beforeAll, expect, test } from 'vitest'
import { countUsage } from '../../src/store/count-usage.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { groupHoursOf } from '../../src/store/meter-groups.ts'
import { usageOfRanges } from '../../src/store/usage-windows.ts'
import { define } from '../store/counted-meters.ts'
import { bearing, ownApp, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
  await define(own, { meter: 'llm-requests', groupBy: ['model'], groupsAtMost: 1000 })
})
afterAll(() => own.close())

async function post(events: readonly object[]): Promise<number> {
  const headers = bearing(own.secret, 'application/cloudevents-batch+json')
  const answer = await own.app.request('/v1/events', {
    method: 'POST',
    headers,
    body: JSON.stringify(events),
  })
  return answer.status
}

test('of 5,000 values of a group-by property 1,000 are told apart, the rest counts as one, and the total is exact (E6-119)', async () => {
  const events = Array.from({ length: 5_000 }, (_none, index) => ({
    specversion: '1.0',
    id: `group-${index}`,
    source: 'acme/groups',
    type: 'llm.request',
    subject: '001ACME',
    time: '2026-03-01T10:15:00Z',
    data: { value: '0.1', properties: { model: `model-${index}` } },
  }))
  for (let sent = 0; sent < events.length; sent += 1_000)
    expect(await post(events.slice(sent, sent + 1_000))).toBe(202)
  await countUsage(own.store, own.options)
  const from = new Date('2026-03-01T10:00:00Z')
  const range = {
    customerId: ids.customerId,
    meter: 'llm-requests',
    from,
    to: new Date('2026-03-01T11:00:00Z'),
  }
  expect(await usageOfRanges(own.store.read, [range])).toEqual(['500'])
  const groups = await groupHoursOf(own.store.read, range)
  expect(groups).toHaveLength(1_001)
  expect(groups.at(-1)).toMatchObject({ group: 'other', quantity: '400.0', eventCount: 4_000 })
  const limits = await listExceptions(own.store.read, { state: 'open', code: 'METER_GROUPS_LIMIT' })
  expect(limits.map(({ found }) => found)).toEqual(['llm-requests'])
}, 30_000)

test('use of a meter that no contract sells is told by the meter that counts it, not by the type of the event', async () => {
  const open = await listExceptions(own.store.read, { state: 'open', code: 'METER_REJECTED' })
  const found = open.map((exception) => exception.found)
  expect(found).toContain('llm-requests')
  expect(found).not.toContain('llm.request')
})
