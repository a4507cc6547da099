import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { periodAt } from '../../src/domain/entitlement-standing.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { addAlias } from '../../src/store/customers.ts'
import { rollDue, standingsOf } from '../../src/store/standings.ts'
import { listThresholdsCrossed } from '../../src/store/threshold-lookup.ts'
import { attachUnmatched } from '../../src/store/unmatched-usage.ts'
import { usageOfMonth } from '../../src/store/usage-windows.ts'
import { acceptAndCount, countAt } from './counted.ts'
import { keepAt, yearTerms } from './kept.ts'
import { changeTerms, sell, type Sold } from './sold.ts'
import { ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

let sold: Sold
let turn = 0

function use(time: string, value: string, subject = sold.subject): UsageEvent {
  const id = `e-${++turn}`
  return { source: 'test', id, meter: 'tokens', subject, occurredAt: new Date(time), value, properties: {} }
}

const accept = (event: UsageEvent, at: string) => acceptAndCount(own.store, [event], new Date(at))

type Step =
  | { readonly kind: 'use' | 'wait'; readonly hour: number; readonly value: number }
  | { readonly kind: 'attach' | 'change' }
  | { readonly kind: 'roll'; readonly hour: number }

/** Hours from 1 February to the end of April. */
const hour = fc.integer({ min: 0, max: 89 * 24 - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('use' as const),
      hour,
      value: fc.integer({ min: 1, max: 4000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      hour,
      value: fc.integer({ min: 1, max: 4000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('attach' as const, 'change' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('roll' as const), hour }) },
)

const timeOf = (hours: number) => new Date(Date.UTC(2026, 1, 1, hours)).toISOString()

test('whatever the order of use, late use, attaches, changes and rolls, a standing is the sum of its hours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      sold = await own.store.unitOfWork((unit) => sell(unit, yearTerms()))
      const stranger = `stranger-${++turn}`
      let now = timeOf(0)
      await keepAt(own.store, now)
      for (const one of steps) {
        if (one.kind === 'use') await accept(use(timeOf(one.hour), `${one.value}.5`), now)
        if (one.kind === 'wait') await accept(use(timeOf(one.hour), `${one.value}.25`, stranger), now)
        if (one.kind === 'attach')
          await own.store.unitOfWork(async (unit) => {
            await addAlias(unit, stranger, sold.customerId, new Date(now))
            await attachUnmatched(unit, new Date(now), [stranger])
            await countAt(unit, new Date(now))
          })
        if (one.kind === 'change')
          sold = await own.store.unitOfWork((unit) =>
            changeTerms(unit, sold, yearTerms({ entitlements: { turn } })),
          )
        if (one.kind === 'roll') now = timeOf(one.hour) > now ? timeOf(one.hour) : now
        if (one.kind === 'roll' || one.kind === 'change') await keepAt(own.store, now)
        await expectSum(now)
      }
    }),
    { numRuns: 25 },
  )
}, 120_000)

async function expectSum(now: string): Promise<void> {
  await rollDue(own.store, new Date(now))
  const held = (await standingsOf(own.store, sold.customerId))[0]
  if (held === undefined) throw new Error('no standing')
  const { periodFrom, periodTo, usedUnits, thresholds, includedUnits } = held
  expect({ periodFrom, periodTo }).toEqual(periodAt(held, new Date(now)))
  const used = await usageOfMonth(
    own.store.read,
    sold.customerId,
    'tokens',
    periodFrom as Date,
    periodTo as Date,
  )
  expect(Number(usedUnits)).toBe(Number(used))
  const crossed = await listThresholdsCrossed(own.store.read, { customerId: sold.customerId })
  const told = crossed.filter((one) => one.periodFrom.getTime() === periodFrom?.getTime())
  const reached = thresholds.filter(
    (percent) => Number(used) >= (Number(percent) * Number(includedUnits)) / 100,
  )
  expect(told.map(({ percent }) => percent).sort()).toEqual(reached.toSorted())
}
