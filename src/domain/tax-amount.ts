import { Big } from 'big.js'
import { scale, subtract, sum, zero, type Currency, type Money } from './money.ts'
import { ratioOf, roundToMoney, scaled } from './rating/exact.ts'

/** Why a line bears no tax; invoices must say which. */
export type ZeroTaxReason = 'not-collecting' | 'product-exempt' | 'customer-exempt' | 'reverse-charge'

/** The tax of one line: a component for each jurisdiction, and what part of the net is untaxed, and why. */
export type LineTax<C extends Currency> = {
  readonly components: readonly Money<C>[]
  readonly total: Money<C>
  readonly untaxed: Money<C>
  readonly reason: ZeroTaxReason | null
}

/** Tax on a net amount, rounded once. `percent` is an exact decimal: 8.875. */
export function taxOn<C extends Currency>(net: Money<C>, percent: string): Money<C> {
  return scale(net, new Big(percent).div(100))
}

/**
 * Tax of a line in several jurisdictions. Each takes its share of the price, never of another's tax, and rounds by itself,
 * since each is paid by itself. With a reason for zero nothing is charged.
 */
export function taxOnLine<C extends Currency>(
  net: Money<C>,
  percents: readonly string[],
  reason: ZeroTaxReason | null = null,
): LineTax<C> {
  const components = reason === null ? percents.map((percent) => taxOn(net, percent)) : []
  const untaxed = reason === null ? zero(net.currency) : net
  return { components, total: sum<C>(net.currency, components), untaxed, reason }
}

/** The tax inside a price that includes it: the share of the rate, rounded, and the net is the rest. */
export function taxInside<C extends Currency>(
  gross: Money<C>,
  percent: string,
): { readonly net: Money<C>; readonly tax: Money<C> } {
  const share = new Big(percent)
  const exact = scaled(ratioOf(gross), share)
  const tax = roundToMoney({ top: exact.top, bottom: exact.bottom.times(share.plus(100)) }, gross.currency)
  return { net: subtract(gross, tax), tax }
}

/** Tax a buyer owes for the seller under reverse charge, and takes back as input tax in the same return. */
export function selfAssess<C extends Currency>(
  net: Money<C>,
  percent: string,
): { readonly output: Money<C>; readonly input: Money<C>; readonly effect: Money<C> } {
  const tax = taxOn(net, percent)
  return { output: tax, input: tax, effect: subtract(tax, tax) }
}
