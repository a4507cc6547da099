import { Big } from 'big.js'
import { plus, ratio, type Ratio } from './exact.ts'
import { chargeByTiers, priceOfCharges, type PricedTier } from './tiers.ts'

const zero = new Big(0)

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

/**
 * The transactions of a window so far, and what of them was free. Because the first ones are free, one cannot be taken out again: a window
 * in which an earlier transaction turns out otherwise is rated anew from its first.
 */
export type Transactions = {
  readonly count: number
  readonly amount: Big
  readonly freeCount: number
  /** What the free count alone would give. */
  readonly freeByCount: Big
}

const noTransactions: Transactions = { count: 0, amount: zero, freeCount: 0, freeByCount: zero }

/** Adds the next transaction in order of time; the cost is the same however many were before it. */
export function addTransaction(
  { freeEvents, freeAmount }: PercentageTerms,
  before: Transactions,
  transaction: string,
): Transactions {
  const amount = before.amount.plus(transaction)
  const isWithinCount = freeEvents === null || before.count < freeEvents
  const isFree =
    (freeEvents !== null || freeAmount !== null) &&
    isWithinCount &&
    (freeAmount === null || amount.lte(freeAmount))
  return {
    count: before.count + 1,
    amount,
    freeCount: before.freeCount + (isFree ? 1 : 0),
    freeByCount: isWithinCount ? amount : before.freeByCount,
  }
}

/** What the transactions of a window cost, exact, in major units. */
export function priceOfTransactions(terms: PercentageTerms, transactions: Transactions): Ratio {
  const { count, amount, freeCount } = transactions
  const charged = amount.minus(freeOf(terms, transactions))
  return plus(
    ratio(charged.times(terms.ratePercent), '100'),
    ratio(new Big(terms.fixedFee).times(count - freeCount)),
  )
}

/** What transactions cost, exact, in major units. `amounts` are in order of time, since the free allowance goes to the first. */
export function ratePercentage(terms: PercentageTerms, amounts: readonly string[]): Ratio {
  const transactions = amounts.reduce(
    (before, amount) => addTransaction(terms, before, amount),
    noTransactions,
  )
  return priceOfTransactions(terms, transactions)
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

function freeOf({ freeEvents, freeAmount }: PercentageTerms, { freeByCount }: Transactions): Big {
  if (freeEvents === null && freeAmount === null) return zero
  return freeAmount === null || freeByCount.lt(freeAmount) ? freeByCount : new Big(freeAmount)
}
