import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchType } from '../../src/http/event-forms.ts'
import { bearing, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed } from './seeded.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
  await seed(own.store)
})
afterAll(() => own.close())

const dayMilliseconds = 86_400_000
const began = new Date('2026-03-02T09:00:00Z').getTime()

const event = (id: string, value = '7') => ({
  specversion: '1.0',
  id,
  source: 'acme/gateway',
  type: 'tokens',
  subject: '001ACME',
  time: '2026-03-02T08:30:00Z',
  data: { value },
})

/** What becomes of events that are sent so many days after the first ones. */
async function sentAfter(days: number, ...events: object[]): Promise<(string | undefined)[]> {
  own.clock.advanceTo(new Date(began + days * dayMilliseconds))
  const secret = await own.keyWith('usage:write')
  const { body } = await posted<{ results: { state: string }[] }>(
    own,
    '/v1/events',
    events,
    bearing(secret, batchType),
  )
  return body.results.map(({ state }) => state)
}

test('an event is known for 400 days, over 14 tables of a month: the same is a duplicate, another body a conflict, and it counts once', async () => {
  expect(await sentAfter(0, event('a'), event('b'))).toEqual(['accepted', 'accepted'])
  expect(await sentAfter(30, event('a'), event('b', '8'), event('c'))).toEqual([
    'duplicate',
    'conflict',
    'accepted',
  ])
  expect(await sentAfter(400, event('a'), event('b', '8'), event('c'), event('d'), event('d'))).toEqual([
    'duplicate',
    'conflict',
    'duplicate',
    'accepted',
    'duplicate',
  ])
  const kept = await own.sql`
    select id, trim_scale(value)::text as value, received_on::text as day from usage_event order by id`
  expect(kept.map((row) => [row['id'], row['value'], row['day']])).toEqual([
    ['a', '7', '2026-03-02'],
    ['b', '7', '2026-03-02'],
    ['c', '7', '2026-04-01'],
    ['d', '7', '2027-04-06'],
  ])
})
