import { Big } from 'big.js'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UsageLine } from '../../src/domain/contract.ts'
import { finestParts } from '../../src/domain/exact-sum.ts'
import { money, type Money, type Rounding } from '../../src/domain/money.ts'
import { costOfFurtherUse, rateUsageLine } from '../../src/domain/rating.ts'
import { shortfall } from '../../src/domain/rating/commit.ts'
import {
  addUse,
  amountOf,
  compileRate,
  overageUnitsOf,
  stateOf,
} from '../../src/domain/rating/compiled-rate.ts'
import { roundToMoney } from '../../src/domain/rating/exact.ts'
import { addTransaction, priceOfTransactions, ratePercentage } from '../../src/domain/rating/percentage.ts'
import { chargeUsage } from '../../src/domain/rating/usage-charge.ts'
import { anyLine, decimal } from './usage-lines.ts'

const currencies = fc.constantFrom('USD', 'JPY', 'KWD')
const roundings = fc.constantFrom<Rounding>('half-up', 'half-even', 'down', 'up')

/** The same terms with every amount in another currency. */
function inCurrency(line: UsageLine, currency: string): UsageLine {
  const moved = <M extends Money | null>(amount: M) => amount && money(currency, amount.amountMinor)
  return {
    ...line,
    minimum: moved(line.minimum),
    tiers: line.tiers.map((tier) => ({ ...tier, flatFee: moved(tier.flatFee) })),
  }
}

/** What use costs by decimals of any length, each tier written out: the route that nothing was compiled for. */
function costByDecimals(line: UsageLine, quantity: Big, currency: string, rounding: Rounding): bigint {
  const { gross, net } = chargeUsage(line, quantity, currency)
  const charged = roundToMoney(net, currency, rounding).amountMinor
  if (line.minimum === null) return charged
  return charged + shortfall(line.minimum, roundToMoney(gross, currency, rounding)).amountMinor
}

/** Uses that never take away more than there is: some are added, some are taken back in part or whole. */
const changes = fc.array(fc.record({ units: decimal(700), takenBack: fc.integer({ min: -3, max: 10 }) }), {
  minLength: 1,
  maxLength: 12,
})

test('after any additions and retractions, the compiled rate has the cents, overage and words of the whole', () => {
  fc.assert(
    fc.property(anyLine, currencies, roundings, changes, (terms, currency, rounding, moves) => {
      const line = inCurrency(terms, currency)
      const rate = compileRate(line, currency, rounding)
      let state = stateOf(rate, 0n)
      let used = new Big(0)
      for (const { units, takenBack } of moves) {
        const change = takenBack > 0 ? new Big(units) : used.times(takenBack).div(3).round(4, 3)
        const within = used.plus(change).lt(0) ? used.times(-1) : change
        used = used.plus(within)
        state = addUse(rate, state, finestParts(within.toFixed()))
        const whole = rateUsageLine(line, used, currency, rounding)
        expect(amountOf(rate, state)).toEqual(whole.amount)
        expect(overageUnitsOf(rate, state)).toBe(whole.overageUnits)
        expect(whole.amount.amountMinor).toBe(costByDecimals(line, used, currency, rounding))
        expect(state).toEqual(stateOf(rate, finestParts(used.toFixed())))
      }
    }),
  )
})

test('taking back all use leaves what is due without use', () => {
  fc.assert(
    fc.property(anyLine, decimal(2000), (line, units) => {
      const rate = compileRate(line, 'USD')
      const parts = finestParts(units)
      const emptied = addUse(rate, stateOf(rate, parts), -parts)
      expect(amountOf(rate, emptied)).toEqual(rateUsageLine(line, '0', 'USD').amount)
    }),
  )
})

test('what further use costs is the difference of the wholes, also where it is taken back', () => {
  fc.assert(
    fc.property(anyLine, decimal(2000), decimal(2000), (line, one, other) => {
      const wholes = [one, other].map((units) => rateUsageLine(line, units, 'USD').amount.amountMinor)
      const further = new Big(other).minus(one).toFixed()
      expect(costOfFurtherUse(line, one, further, 'USD').amountMinor).toBe(
        (wholes[1] ?? 0n) - (wholes[0] ?? 0n),
      )
    }),
  )
})

const percentages = fc.record({
  ratePercent: decimal(10),
  fixedFee: decimal(2),
  freeEvents: fc.option(fc.nat(5)),
  freeAmount: fc.option(decimal(300)),
})

test('a percentage of transactions one by one is that of all of them, and the free ones are the first', () => {
  fc.assert(
    fc.property(
      percentages,
      fc.array(decimal(100), { maxLength: 8 }),
      decimal(100),
      (terms, amounts, next) => {
        const start = { count: 0, amount: new Big(0), freeCount: 0, freeByCount: new Big(0) }
        const before = amounts.reduce((soFar, amount) => addTransaction(terms, soFar, amount), start)
        const one = roundToMoney(priceOfTransactions(terms, addTransaction(terms, before, next)), 'USD')
        expect(one).toEqual(roundToMoney(ratePercentage(terms, [...amounts, next]), 'USD'))
        expect(one.amountMinor).toBe(freeFirst(terms, [...amounts, next]))
      },
    ),
  )
})

/** Every transaction charged by itself, the free part of each taken off as it comes. */
function freeFirst(
  { ratePercent, fixedFee, freeEvents, freeAmount }: Parameters<typeof ratePercentage>[0],
  amounts: readonly string[],
): bigint {
  const hasFree = freeEvents !== null || freeAmount !== null
  let [exact, soFar] = [new Big(0), new Big(0)]
  amounts.forEach((amount, index) => {
    const left = freeAmount === null ? new Big(amount) : new Big(freeAmount).minus(soFar)
    const isWithinCount = hasFree && (freeEvents === null || index < freeEvents)
    const most = left.lt(0) ? new Big(0) : left
    const free = !isWithinCount ? new Big(0) : most.lt(amount) ? most : new Big(amount)
    soFar = soFar.plus(amount)
    exact = exact.plus(new Big(amount).minus(free).times(ratePercent).div(100))
    const isFree = isWithinCount && (freeAmount === null || soFar.lte(freeAmount))
    if (!isFree) exact = exact.plus(fixedFee)
  })
  return roundToMoney(exact, 'USD').amountMinor
}
