import { Big } from 'big.js'
import { divide, times, type Currency, type Money } from './money.ts'
import { lessPercent, ratio, ratioOf, roundToMoney, scaled, total, type Ratio } from './rating/exact.ts'

/**
 * Figures of recurring business. Sources disagree on each of them; a function's sentence says what it counts. Rates and percentages are exact
 * until they are written, amounts are rounded once.
 */

/** A recurring price, for whole months or for whole weeks. An amount off for good is a price below zero. */
export type RecurringPrice = {
  readonly price: Money
  readonly quantity: bigint
  readonly every: { readonly months: number } | { readonly weeks: number }
  /** Off for good; what ends does not count. */
  readonly foreverOffPercent?: string
}

/**
 * Monthly recurring revenue of fixed prices: a year counts a twelfth, a week fifty-two twelfths, less discounts
 * for good. Use, one-time charges, trials, tax and discounts that end stay out. Rounded once over all prices.
 */
export function monthlyRecurringRevenue(prices: readonly RecurringPrice[], currency: Currency): Money {
  return roundToMoney(total(prices.map(monthlyShare)), currency)
}

/** A change of recurring revenue at list, after a percentage off for good. */
export function netRecurringChange<C extends Currency>(gross: Money<C>, foreverOffPercent: string): Money<C> {
  return roundToMoney(lessPercent(ratioOf(gross), foreverOffPercent), gross.currency)
}

/** What happened to the recurring revenue of the customers one had at the start; each zero or more. */
export type Movements = {
  readonly opening: Money
  readonly expansion: Money
  readonly contraction: Money
  readonly churn: Money
}

/** What is left of the opening revenue without expansion, in percent. */
export function grossRetentionPercent({ opening, contraction, churn }: Movements, places = 1): string {
  return percentOf(
    opening.amountMinor - contraction.amountMinor - churn.amountMinor,
    opening.amountMinor,
    places,
  )
}

/** What is left of the opening revenue with expansion, in percent; new customers do not count. */
export function netRetentionPercent(movements: Movements, places = 1): string {
  const { opening, expansion, contraction, churn } = movements
  const left = opening.amountMinor + expansion.amountMinor - contraction.amountMinor - churn.amountMinor
  return percentOf(left, opening.amountMinor, places)
}

/** Customers lost, of those at the start, in percent. */
export function churnPercent(opening: bigint, lost: bigint, places = 1): string {
  return percentOf(lost, opening, places)
}

/** Customers lost in a period: those at the start and the new ones, less those at the end. */
export function customersLost(opening: bigint, added: bigint, closing: bigint): bigint {
  return opening + added - closing
}

/** Churn of a year from a month's, compounded: whoever left cannot leave again. */
export function annualChurnPercent(monthlyChurnPercent: string, places = 1): string {
  const staying = new Big(100).minus(monthlyChurnPercent).div(100).pow(12)
  return new Big(1).minus(staying).times(100).toFixed(places, Big.roundHalfUp)
}

/** Twelve months of recurring revenue. */
export function annualRecurringRevenue<C extends Currency>(monthly: Money<C>): Money<C> {
  return times(monthly, 12n)
}

/** How many customers recurring revenue stands for at an average price, to the nearest one. */
export function customersAt(monthly: Money, averagePerCustomer: Money): bigint {
  return divide(monthly.amountMinor, averagePerCustomer.amountMinor)
}

/** Months a customer stays at a monthly churn: one over the churn. */
export function lifetimeMonths(monthlyChurnPercent: string): Ratio {
  return ratio('100', monthlyChurnPercent)
}

/** What a customer pays in a lifetime; no margin is taken off. */
export function lifetimeValue<C extends Currency>(
  averagePerMonth: Money<C>,
  monthlyChurnPercent: string,
): Money<C> {
  const { top, bottom } = scaled(ratioOf(averagePerMonth), '100')
  return roundToMoney({ top, bottom: bottom.times(monthlyChurnPercent) }, averagePerMonth.currency)
}

/** Days sales are outstanding: receivables at the end of the period over its credit sales, times its days. */
export function daysSalesOutstanding(
  closingReceivables: Money,
  creditSales: Money,
  days: number,
  places = 2,
): string {
  const scaledDays = closingReceivables.amountMinor * BigInt(days) * 10n ** BigInt(places)
  return writePlaces(divide(scaledDays, creditSales.amountMinor), places)
}

function monthlyShare({ price, quantity, every, foreverOffPercent = '0' }: RecurringPrice): Ratio {
  const net = lessPercent(scaled(ratioOf(price), quantity.toString()), foreverOffPercent)
  if ('weeks' in every) return { top: net.top.times(52), bottom: net.bottom.times(12 * every.weeks) }
  return { top: net.top, bottom: net.bottom.times(every.months) }
}

function percentOf(part: bigint, whole: bigint, places: number): string {
  return writePlaces(divide(part * 100n * 10n ** BigInt(places), whole), places)
}

function writePlaces(value: bigint, places: number): string {
  return new Big(value.toString()).div(new Big(10).pow(places)).toFixed(places)
}
