import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aggregations } from '../../src/domain/aggregation.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { definedUse } from '../../src/store/counted-events.ts'
import { standingsOf } from '../../src/store/standings.ts'
import { sampleEvent } from '../domain/meter-samples.ts'
import { tokenLine } from '../domain/contract-samples.ts'
import { accept, count, define, groupsOf, hoursOf } from './counted-meters.ts'
import { keepAt, yearTerms } from './kept.ts'
import { sell } from './sold.ts'
import { ownStore, type OwnStore } from './store.ts'

const meters = aggregations.map((aggregation) => `${aggregation}-of-it`)

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
  own.clock.advanceTo(new Date('2026-03-05T09:30:00Z'))
  for (const aggregation of aggregations) {
    const valuePath = { count: null, unique: 'properties.user' as const }[aggregation as string]
    const groupBy = ['region']
    const filters = [{ property: 'user', noneOf: ['robot'] }]
    const changes = {
      meter: `${aggregation}-of-it`,
      eventType: 'it',
      aggregation,
      groupBy,
      filters,
      groupsAtMost: 2,
    }
    await define(own, { ...changes, valuePath: valuePath === undefined ? 'value' : valuePath })
  }
})
afterAll(() => own.close())

const terms = yearTerms({
  lines: meters.map((meter) => tokenLine({ lineId: meter, meter, includedUnits: '1000' })),
})

const aUse = fc.record({
  // From 26 February to 5 March, which lies in two billing periods.
  minute: fc.integer({ min: 0, max: 7 * 1440 }),
  value: fc.integer({ min: 0, max: 300 }),
  user: fc.constantFrom('ann', 'bob', 'robot'),
  region: fc.constantFrom('eu', 'us'),
})

const begins = new Date('2026-02-26T09:00:00Z').getTime()

function eventOf(
  { minute, value, user, region }: typeof aUse extends fc.Arbitrary<infer T> ? T : never,
  index: number,
) {
  const occurredAt = new Date(begins + minute * 60_000)
  return sampleEvent({
    id: `it-${index}`,
    meter: 'it',
    occurredAt,
    value: `${value / 100}`,
    properties: { user, region },
  })
}

/** What every hour and standing of a new customer is after it sent these batches. */
async function outcomeOf(batches: readonly (readonly UsageEvent[])[]): Promise<string[]> {
  const { customerId, subject } = await own.store.unitOfWork((unit) => sell(unit, terms))
  await keepAt(own.store, own.clock.now().toISOString())
  for (const batch of batches) {
    await accept(
      own,
      batch.map((event) => ({ ...event, subject, source: subject })),
    )
    await count(own)
  }
  const stretch = { customerId, from: new Date(begins), to: own.clock.now() }
  const lines: string[] = []
  for (const meter of meters)
    lines.push(meter, ...(await hoursOf(own, meter, stretch)), ...(await groupsOf(own, meter, stretch)))
  const standings = await standingsOf(own.store, customerId)
  return [...lines, ...standings.map(({ meter, usedUnits }) => `${meter} ${Number(usedUnits)}`)]
}

test('shuffled, late and sent twice, in batches of any size, events give the same hours, groups and standings', async () => {
  // Of readings at one instant the event's key decides, and keys of two customers differ: so no two at one instant here.
  const uses = fc.uniqueArray(aUse, { minLength: 1, maxLength: 25, selector: ({ minute }) => minute })
  await fc.assert(
    fc.asyncProperty(
      uses,
      fc.infiniteStream(fc.nat(1_000)),
      fc.integer({ min: 1, max: 9 }),
      async (used, ranks, size) => {
        const events = used.map(eventOf)
        const shuffled = [...events, ...events.slice(0, 5)]
          .map((event) => ({ event, rank: ranks.next().value }))
          .sort((left, right) => left.rank - right.rank)
          .map(({ event }) => event)
        const batches = [...Map.groupBy(shuffled, (_event, index) => Math.floor(index / size)).values()]
        expect(await outcomeOf(batches)).toEqual(await outcomeOf([events]))
      },
    ),
    // Shrinking would ask the database for minutes and hide the counterexample behind the time limit.
    { numRuns: 12, endOnFailure: true },
  )
  const { uses: both } = await own.store.unitOfWork((unit) => definedUse(unit, own.clock.now()))
  expect(both.length).toBeGreaterThan(100)
  expect(both.filter(({ accepted, inWindows }) => accepted !== inWindows)).toEqual([])
}, 60_000)
