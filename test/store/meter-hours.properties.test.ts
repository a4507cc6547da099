import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aggregations, isAdditive, signedDecimalOf } from '../../src/domain/aggregation.ts'
import { finestParts } from '../../src/domain/exact-sum.ts'
import { compileBook, countedBy } from '../../src/domain/meter-book.ts'
import { meterTrial } from '../../src/domain/meter-trial.ts'
import type { MeterDefinition, MeterFilter } from '../../src/domain/meter.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import {
  addGroupHours,
  groupHoursOf,
  placeGroups,
  setGroupHours,
  type GroupHour,
} from '../../src/store/meter-groups.ts'
import { contributedHours, memberChanges } from '../../src/store/meter-hours.ts'
import { keepPoints } from '../../src/store/meter-points.ts'
import { sampleEvent, sampleMeter, sampleVersion } from '../domain/meter-samples.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

const march = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') }
let turn = 0

const aEvent = fc.record({
  minute: fc.integer({ min: 0, max: 31 * 1440 - 1 }),
  value: fc.integer({ min: 0, max: 300 }),
  user: fc.constantFrom('ann', 'bob', 'cy'),
  region: fc.constantFrom('eu', 'us', null),
})

const aDefinition = fc.record({
  aggregation: fc.constantFrom(...aggregations),
  groupBy: fc.constantFrom<string[]>([], ['region']),
  filters: fc.constantFrom<MeterFilter[]>([], [{ property: 'region', present: true }]),
})

type Keyed = { readonly event: UsageEvent; readonly key: string }

type Place = { readonly customerId: string; readonly meter: string }

/** Counts a batch in a unit of its own, as whoever folds use into hours does. */
async function count(place: Place, definition: MeterDefinition, batch: readonly Keyed[]): Promise<void> {
  const { aggregation, groupsAtMost } = definition
  const book = compileBook([sampleVersion({ ...definition, effectiveFrom: march.from })])
  const readings = batch
    .flatMap(({ event, key }) => countedBy(book, event, key))
    .flatMap((one) =>
      one.kind === 'unreadable' ? [] : [{ ...one, ...place, startsAt: new Date(one.startsAtMilliseconds) }],
    )
  const points = readings.flatMap((one) => (one.kind === 'point' ? [one] : []))
  await own.store.unitOfWork(async (unit) => {
    const asked = readings.map(({ group }) => ({ ...place, group, groupsAtMost }))
    expect(await placeGroups(unit, asked, after(0))).toEqual(asked.map(() => true))
    const added = readings.map((one) => ({
      ...one,
      quantity: one.kind === 'added' ? one.quantity : '0',
      eventCount: 1,
    }))
    const members = aggregation === 'unique' ? points.map((point) => ({ ...point, period: march })) : []
    await addGroupHours(unit, [...added, ...(await memberChanges(unit, members))])
    await keepPoints(unit, points)
    if (!isAdditive(aggregation) && aggregation !== 'unique')
      await setGroupHours(unit, (await contributedHours(unit, { ...place, ...march, aggregation })).groups)
  })
}

const moved = (hours: readonly GroupHour[]) =>
  hours.flatMap(({ group, startsAt, quantity }) =>
    quantity === '0' ? [] : [`${group} ${startsAt.toISOString()} ${quantity}`],
  )

/** What hours of groups of March stand at after all batches, added up; they must be what they are when derived from the readings at once. */
async function counted(customerId: string, definition: MeterDefinition, batches: Keyed[][]): Promise<string> {
  const { meter, aggregation } = definition
  const range = { customerId, meter, ...march }
  for (const batch of batches) await count(range, definition, batch)
  const hours = await groupHoursOf(own.store.read, range)
  const derived = isAdditive(aggregation)
    ? hours
    : (await contributedHours(own.store.read, { ...range, aggregation })).groups
  expect(moved(hours)).toEqual(moved(derived))
  const parts = hours.map(({ quantity }) =>
    quantity.startsWith('-') ? -finestParts(quantity.slice(1)) : finestParts(quantity),
  )
  return signedDecimalOf(parts.reduce((sum, each) => sum + each, 0n))
}

test('hours counted batch by batch, in any order, add up to what a trial makes of the events in theirs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aEvent, { minLength: 1, maxLength: 30 }),
      aDefinition,
      fc.integer({ min: 1, max: 8 }),
      async (sent, changes, size) => {
        const crmAccountId = `account-${++turn}`
        const wanted = { crm: 'salesforce', org: '00D', crmAccountId, entity: 'us', name: 'Acme' } as const
        const { customerId } = await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, after(0)))
        const { aggregation } = changes
        const valuePath =
          aggregation === 'count' ? null : aggregation === 'unique' ? 'properties.user' : 'value'
        const definition = sampleMeter({ ...changes, valuePath })
        const events = sent.map(({ minute, value, user, region }, index) => ({
          key: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
          event: sampleEvent({
            value: (value / 100).toFixed(2).replace(/\.?0+$/, ''),
            occurredAt: new Date(march.from.getTime() + minute * 60_000),
            properties: { user, ...(region === null ? {} : { region }) },
          }),
        }))
        const trial = meterTrial(definition, compileBook([]), march.to)
        const ordered = events.toSorted(
          (left, right) =>
            left.event.occurredAt.getTime() - right.event.occurredAt.getTime() ||
            (left.key < right.key ? -1 : 1),
        )
        for (const { event, key } of ordered) trial.take(customerId, event, key, [])
        const batches = [...Map.groupBy(events, (_event, index) => Math.floor(index / size)).values()]
        expect(await counted(customerId, definition, batches)).toBe(trial.end()[0]?.quantity)
      },
    ),
    { numRuns: 60 },
  )
}, 60_000)
