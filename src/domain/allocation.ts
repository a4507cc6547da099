import { Big } from 'big.js'
import type { Currency, Money } from './money.ts'
import { scale, subtract, sum } from './money.ts'
import { shareOut } from './rating/share.ts'
import type { Result } from './result.ts'
import { ok, refused } from './result.ts'

/**
 * Allocates a transaction price over promises in proportion to their standalone selling prices (ASC 606-10-32-31). A discount of
 * the bundle is thereby shared by all (32-36). The shares add up to the price; odd units go to the largest remainders. Throws
 * RangeError where no selling price is above zero.
 */
export function allocatePrice<C extends Currency>(
  price: Money<C>,
  sellingPrices: readonly Money<NoInfer<C>>[],
): Money<C>[] {
  return shareOut(
    price,
    sellingPrices.map(({ amountMinor }) => amountMinor),
  )
}

/** Why a residual is no selling price: it lies outside what the promise was seen to sell for. */
export type ResidualRefusal = { readonly code: 'NOT_FAITHFUL'; readonly residual: Money }

/**
 * The selling price of a promise that sells at highly variable prices: what the observable prices of the others leave of the
 * total (ASC 606-10-32-34(c)). A residual outside the range of observed prices, nothing or less than nothing in
 * particular, does not depict what the promise is worth, and is refused (32-35).
 */
export function residualSellingPrice<C extends Currency>(
  price: Money<C>,
  observable: readonly Money<NoInfer<C>>[],
  observed: { readonly least: Money<NoInfer<C>>; readonly most: Money<NoInfer<C>> },
): Result<Money<C>, ResidualRefusal> {
  const residual = subtract(price, sum(price.currency, observable))
  const isWithin =
    residual.amountMinor > 0n &&
    residual.amountMinor >= observed.least.amountMinor &&
    residual.amountMinor <= observed.most.amountMinor
  return isWithin ? ok(residual) : refused({ code: 'NOT_FAITHFUL', residual })
}

/**
 * The selling price of an option to buy more at a discount: what the customer is expected to buy, times the discount beyond what
 * anybody would get, times the likelihood that the option is used (ASC 606-10-55-44). Percentages are exact decimals.
 */
export function optionSellingPrice<C extends Currency>(
  expectedPurchase: Money<C>,
  percent: { readonly option: string; readonly anybody: string; readonly likelihood: string },
): Money<C> {
  const incremental = new Big(percent.option).minus(percent.anybody)
  return scale(expectedPurchase, incremental.times(percent.likelihood).times('0.0001'))
}
