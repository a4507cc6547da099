import type { Big } from 'big.js'
import { add, money, subtract, sum, zero, type Currency, type Money } from '../money.ts'
import { taxOn } from '../tax-amount.ts'
import { roundToMoney, type Ratio } from './exact.ts'
import { prorate, type Fraction } from './proration.ts'
import { shareOut } from './share.ts'

/** One line before discounts and tax; `taxPercent` is an exact decimal. */
export type InvoiceLine = { readonly amount: Money; readonly taxPercent: string }

/** What reduces an invoice, by where it stands in the order. */
export type Reductions = {
  /** A coupon: before tax, spread over the lines by their amounts. */
  readonly coupon: Money
  /** Credit grants for usage: after the coupon, before tax. */
  readonly usageCredits: Money
  /** Credit notes and prepaid money: they settle the total with tax, never below zero. */
  readonly settled: readonly Money[]
}

export type InvoiceTotal = {
  readonly subtotal: Money
  readonly couponShares: readonly Money[]
  readonly taxable: Money
  readonly taxes: readonly Money[]
  readonly tax: Money
  readonly total: Money
  readonly due: Money
}

/** Rounds each line to the currency and adds: what an invoice prints must add up. */
export function subtotal(lines: readonly (Ratio | Big | string)[], currency: Currency): Money {
  return sum(
    currency,
    lines.map((line) => roundToMoney(line, currency)),
  )
}

/**
 * Adds up an invoice in the one order every part of the hub assumes: lines, coupon, usage credits, tax a line,
 * then what settles the total. What is due never falls below zero.
 */
export function totalInvoice(
  lines: readonly InvoiceLine[],
  reductions: Reductions,
  currency: Currency,
): InvoiceTotal {
  const amounts = lines.map(({ amount }) => amount)
  const gross = sum(currency, amounts)
  const couponShares = spread(atMost(reductions.coupon, gross), amounts)
  const discounted = amounts.map((amount, index) => subtract(amount, couponShares[index] ?? zero(currency)))
  const credits = spread(atMost(reductions.usageCredits, sum(currency, discounted)), discounted)
  const nets = discounted.map((amount, index) => subtract(amount, credits[index] ?? zero(currency)))
  const taxes = nets.map((net, index) => taxOn(net, lines[index]?.taxPercent ?? '0'))
  const taxable = sum(currency, nets)
  const tax = sum(currency, taxes)
  const whole = add(taxable, tax)
  const due = reductions.settled.reduce((left, settled) => subtract(left, atMost(settled, left)), whole)
  return { subtotal: gross, couponShares, taxable, taxes, tax, total: whole, due }
}

/** The parts of a credit note for a share of a line: net and tax are rounded each by itself, and the total is their sum. */
export function creditNoteFor<C extends Currency>(
  net: Money<C>,
  taxPercent: string,
  share: Fraction,
): { readonly net: Money<C>; readonly tax: Money<C>; readonly total: Money<C> } {
  const creditedNet = prorate(net, share)
  const creditedTax = prorate(taxOn(net, taxPercent), share)
  return { net: creditedNet, tax: creditedTax, total: add(creditedNet, creditedTax) }
}

/** What a period bills ahead of its end, and its own invoice. */
export type ProgressiveInvoices = {
  readonly ahead: readonly Money[]
  readonly fees: Money
  readonly credit: Money
  readonly total: Money
}

/**
 * Bills use ahead once, when it first reaches a threshold. What was billed ahead is credited on the period's own invoice, which
 * carries the fixed fee and all use. `uses` are rated amounts in order of time.
 */
export function billProgressively(
  threshold: Money,
  uses: readonly Money[],
  fixedFee: Money,
): ProgressiveInvoices {
  const { currency } = threshold
  let used = zero(currency)
  const ahead: Money[] = []
  for (const use of uses) {
    used = add(used, use)
    if (ahead.length === 0 && used.amountMinor >= threshold.amountMinor) ahead.push(used)
  }
  const fees = add(used, fixedFee)
  const credit = sum(currency, ahead)
  return { ahead, fees, credit, total: subtract(fees, credit) }
}

function spread(amount: Money, over: readonly Money[]): Money[] {
  if (amount.amountMinor === 0n) return over.map(() => zero(amount.currency))
  return shareOut(
    amount,
    over.map(({ amountMinor }) => (amountMinor > 0n ? amountMinor : 0n)),
  )
}

function atMost(amount: Money, limit: Money): Money {
  return money(
    amount.currency,
    amount.amountMinor < limit.amountMinor ? amount.amountMinor : limit.amountMinor,
  )
}
