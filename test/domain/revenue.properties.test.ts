import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, addMonths } from '../../src/domain/calendar.ts'
import type { DateRange } from '../../src/domain/calendar.ts'
import { modifyProspectively } from '../../src/domain/modification.ts'
import { allocate, divide, money } from '../../src/domain/money.ts'
import type { Obligation } from '../../src/domain/obligation.ts'
import { takenObligation } from '../../src/domain/obligation.ts'
import { Positions } from '../../src/domain/position.ts'
import { scheduleRevenue, scheduledBefore, type Spread } from '../../src/domain/revenue.ts'
import { cents } from './fact-samples.ts'

const runs = { numRuns: 200 }
const spreads = fc.constantFrom<Spread>('by-day', 'by-month', 'even-months')
const amounts = fc.bigInt({ min: -10_000_000n, max: 10_000_000n })
const day = fc.integer({ min: 0, max: 900 }).map((days) => addDays('2024-01-01', days))
const service: fc.Arbitrary<DateRange> = fc
  .tuple(day, fc.integer({ min: 0, max: 800 }))
  .map(([startsOn, days]) => ({ startsOn, endsBefore: addDays(startsOn, days) }))
const obligation = fc
  .record({ price: amounts.map(cents), service })
  .map((terms): Obligation => ({ contractId: 'ctr_1', lineId: 'fee', family: 'Platform', ...terms }))
const total = (minors: readonly bigint[]) => minors.reduce((sum, minor) => sum + minor, 0n)
const scheduled = (promises: readonly Obligation[], spread: Spread) =>
  total(promises.flatMap((promise) => scheduleRevenue(promise, spread).map(({ amountMinor }) => amountMinor)))

describe('allocate', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10_000n }), { minLength: 1, maxLength: 40 })
    .filter((list) => total(list) > 0n)

  test('the shares add up to the amount, and every prefix is within a unit of its exact share, credits too', () => {
    fc.assert(
      fc.property(amounts, weights, (amountMinor, list) => {
        const shares = allocate(cents(amountMinor), list).map((share) => share.amountMinor)
        expect(total(shares)).toBe(amountMinor)
        list.forEach((_, index) => {
          const exactTimesWhole = amountMinor * total(list.slice(0, index + 1))
          const difference = total(shares.slice(0, index + 1)) * total(list) - exactTimesWhole
          expect(difference < total(list) && difference > -total(list)).toBe(true)
        })
      }),
      runs,
    )
  })

  test('a credit is the mirror of its charge', () => {
    fc.assert(
      fc.property(amounts, weights, (amountMinor, list) => {
        const mirror = allocate(cents(-amountMinor), list).map((share) => -share.amountMinor)
        expect(mirror).toEqual(allocate(cents(amountMinor), list).map((share) => share.amountMinor))
      }),
      runs,
    )
  })

  test('half-up never strays more than half a unit', () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 1n, max: 1_000n }), (top, bottom) => {
        const error = divide(top, bottom) * bottom - top
        expect(2n * (error < 0n ? -error : error) <= bottom).toBe(true)
      }),
      runs,
    )
  })
})

describe('schedules', () => {
  test('add up to the price, for every spread, charges and credits', () => {
    fc.assert(
      fc.property(obligation, spreads, (promise, spread) => {
        expect(scheduled([promise], spread)).toBe(promise.price.amountMinor)
      }),
      runs,
    )
  })

  test('have no month that takes back from a charge, and nothing before the first day or after the last', () => {
    fc.assert(
      fc.property(obligation, spreads, (promise, spread) => {
        const { price, service: days } = promise
        const sign = price.amountMinor < 0n ? -1n : 1n
        expect(scheduleRevenue(promise, spread).every(({ amountMinor }) => amountMinor * sign >= 0n)).toBe(
          true,
        )
        expect(scheduledBefore(promise, days.startsOn, spread)).toBe(0n)
        const after = addDays(days.endsBefore > days.startsOn ? days.endsBefore : days.startsOn, 1)
        expect(scheduledBefore(promise, after, spread)).toBe(price.amountMinor)
      }),
      runs,
    )
  })

  test('conserve the price when a part is credited and given back, whenever that is', () => {
    fc.assert(
      fc.property(obligation, day, amounts, spreads, (promise, takenOn, minor, spread) => {
        const taken = (price: bigint) =>
          takenObligation({
            contractId: 'ctr_1',
            lineId: 'fee',
            price: cents(price),
            takenOn,
            services: [promise.service],
          })
        expect(scheduled([promise, taken(minor)], spread)).toBe(promise.price.amountMinor - minor)
        expect(scheduled([promise, taken(minor), taken(-minor)], spread)).toBe(promise.price.amountMinor)
      }),
      runs,
    )
  })

  test('conserve the price when the contract is modified twice', () => {
    fc.assert(
      fc.property(
        obligation,
        fc.nat(1_000),
        fc.nat(300),
        amounts,
        spreads,
        (promise, sooner, later, change, spread) => {
          const first = addDays(promise.service.startsOn, sooner)
          const second = addDays(first, later)
          const endsBefore = addMonths(
            second > promise.service.endsBefore ? second : promise.service.endsBefore,
            2,
          )
          const modify = (effectiveOn: string, priceMinor: bigint, of: Obligation) =>
            modifyProspectively(of, { effectiveOn, priceChange: cents(priceMinor), endsBefore }, spread)
          const [earned, rest] = modify(first, change, promise)
          const all = [earned, ...modify(second, -change, rest)]
          expect(scheduled(all, spread)).toBe(promise.price.amountMinor)
        },
      ),
      runs,
    )
  })
})

describe('positions', () => {
  const move = fc.record({ kind: fc.constantFrom('bill', 'earn'), amountMinor: amounts })

  test('billing and earning in any order leave the same, and never both sides open', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (moves, random) => {
        const shuffled = moves
          .map((one) => ({ one, rank: random.next().value ?? 0 }))
          .sort((left, right) => left.rank - right.rank)
          .map(({ one }) => one)
        const ends = [moves, shuffled].map((order) => {
          const positions = new Positions()
          for (const { kind, amountMinor } of order) {
            if (kind === 'bill') positions.bill('ctr_1', 'fee', cents(amountMinor))
            else positions.earn('ctr_1', 'fee', cents(amountMinor))
            const { liabilityMinor, unbilledMinor } = positions.get('ctr_1', 'fee', 'USD')
            expect(liabilityMinor === 0n || unbilledMinor === 0n).toBe(true)
            expect(liabilityMinor >= 0n && unbilledMinor >= 0n).toBe(true)
          }
          return positions.get('ctr_1', 'fee', 'USD')
        })
        expect(ends[0]).toEqual(ends[1])
      }),
      runs,
    )
  })
})

test('one cent of every currency is kept', () => {
  fc.assert(
    fc.property(fc.constantFrom('USD', 'JPY', 'KWD', 'CLF'), service, spreads, (currency, days, spread) => {
      const promise = { price: money(currency, 1n), service: days }
      expect(
        scheduleRevenue(promise, spread)
          .map(({ amountMinor }) => amountMinor)
          .filter((minor) => minor !== 0n),
      ).toEqual([1n])
    }),
    runs,
  )
})
