import { Big } from 'big.js'
import type { Commit } from '../contract.ts'
import { subtract, sum, zero, type Currency, type Money, type Rounding } from '../money.ts'
import { plus, ratio, roundToMoney, scaled, type Ratio } from './exact.ts'

/** What is missing to a promised amount; nothing when it was reached. Both sides are rounded before they meet. */
export function shortfall<C extends Currency>(promised: Money<C>, used: Money<NoInfer<C>>): Money<C> {
  const missing = subtract(promised, used)
  return missing.amountMinor > 0n ? missing : zero(promised.currency)
}

/**
 * The true-up of a commit period: the shortfall against everything rated in the period, before discounts, or nothing where the contract
 * does not charge shortfalls.
 */
export function trueUp(commit: Commit, ratedInPeriod: readonly Money[]): Money {
  if (commit.trueUp === 'none') return zero(commit.amount.currency)
  return shortfall(commit.amount, sum(commit.amount.currency, ratedInPeriod))
}

/**
 * How use counts against a commit of money. Use beyond `amount` costs `overageFactor` times its price:
 * 0.8 is 20 % off after the commit, 2 is double. With `chargesShortfall`, less use costs the whole commit.
 */
export type CommitTerms = {
  readonly amount: string
  readonly overageFactor: string
  readonly chargesShortfall: boolean
}

/** What use of a window costs under a commit, exact, in major units; `rated` is its price without the commit. */
export function rateAgainstCommit(terms: CommitTerms, rated: Ratio): Ratio {
  const beyond = plus(rated, ratio(new Big(terms.amount).neg()))
  const isBeyond = beyond.top.times(beyond.bottom).gt(0)
  if (isBeyond) return plus(ratio(terms.amount), scaled(beyond, terms.overageFactor))
  return terms.chargesShortfall ? ratio(terms.amount) : rated
}

/** The least and the most that a line may cost. */
export type Bounds = { readonly minimum: Money | null; readonly maximum: Money | null }

/** Keeps an amount between a minimum and a maximum, and says what that added (a top-up) or took away (negative). */
export function withinBounds(
  exact: Ratio,
  bounds: Bounds,
  currency: Currency,
  rounding: Rounding = 'half-up',
): { readonly amount: Money; readonly adjustment: Money } {
  const rated = roundToMoney(exact, currency, rounding)
  const { minimum, maximum } = bounds
  if (minimum !== null && rated.amountMinor < minimum.amountMinor)
    return { amount: minimum, adjustment: subtract(minimum, rated) }
  if (maximum !== null && rated.amountMinor > maximum.amountMinor)
    return { amount: maximum, adjustment: subtract(maximum, rated) }
  return { amount: rated, adjustment: zero(currency) }
}
