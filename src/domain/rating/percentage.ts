import { Big } from 'big.js'
import { plus, ratio, type Ratio } from './exact.ts'
import { chargeByTiers, priceOfCharges, type PricedTier } from './tiers.ts'

/**
 * A share of each transaction's amount and a fixed fee for each transaction. The first ones may be free: by count, by amount, or
 * by both, where whichever limit is reached first ends the allowance.
 */
export type PercentageTerms = {
  readonly ratePercent: string
  readonly fixedFee: string
  readonly freeEvents: number | null
  readonly freeAmount: string | null
}

/** What transactions cost, exact, in major units. `amounts` are in order of time, since the free allowance goes to the first. */
export function ratePercentage(terms: PercentageTerms, amounts: readonly string[]): Ratio {
  const running = runningTotals(amounts)
  const whole = running.at(-1) ?? new Big(0)
  const charged = whole.minus(freeAmount(terms, running))
  const chargedEvents = amounts.length - freeEventCount(terms, running)
  return plus(
    ratio(charged.times(terms.ratePercent), '100'),
    ratio(new Big(terms.fixedFee).times(chargedEvents)),
  )
}

/** A share of an amount by tiers: each stretch of the amount at its own rate, and a flat fee on entering a tier. */
export type PercentageTier = {
  readonly upTo: string | null
  readonly ratePercent: string
  readonly flatFee: string
}

/** What an amount costs by graduated percentages, exact, in major units. */
export function rateGraduatedPercentage(tiers: readonly PercentageTier[], amount: string): Ratio {
  const priced = tiers.map(({ upTo, ratePercent, flatFee }): PricedTier => ({
    upTo: upTo === null ? null : new Big(upTo),
    unitPrice: new Big(ratePercent),
    flatFee: new Big(flatFee),
  }))
  return priceOfCharges(chargeByTiers('graduated', priced, new Big(amount), new Big(100)))
}

function runningTotals(amounts: readonly string[]): Big[] {
  let soFar = new Big(0)
  return amounts.map((amount) => (soFar = soFar.plus(amount)))
}

function freeAmount({ freeEvents, freeAmount: limit }: PercentageTerms, running: readonly Big[]): Big {
  if (freeEvents === null && limit === null) return new Big(0)
  const whole = running.at(-1) ?? new Big(0)
  const byCount =
    freeEvents === null ? whole : (running[Math.min(freeEvents, running.length) - 1] ?? new Big(0))
  return limit === null || byCount.lt(limit) ? byCount : new Big(limit)
}

function freeEventCount({ freeEvents, freeAmount: limit }: PercentageTerms, running: readonly Big[]): number {
  if (freeEvents === null && limit === null) return 0
  return running.filter(
    (soFar, index) => (freeEvents === null || index < freeEvents) && (limit === null || soFar.lte(limit)),
  ).length
}
