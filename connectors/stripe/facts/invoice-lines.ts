import type { Stripe } from 'stripe'
import type { DateRange } from '../../../src/domain/calendar.ts'
import { isCalendarDate } from '../../../src/domain/calendar.ts'
import type { BilledLine } from '../../../src/domain/fact.ts'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered } from '../../../src/ports/answer.ts'
import { fromStripe } from '../amounts.ts'
import type { Connection } from '../connection.ts'
import { idIn, instant } from '../connection.ts'
import { allOf } from '../paging.ts'
import { metadataKeys } from '../subscription-terms.ts'

/** All lines of an invoice: the invoice itself shows only the first ones. */
export async function linesOf(
  { stripe, calls }: Connection,
  { id, lines }: Stripe.Invoice,
): Promise<Answer<Stripe.InvoiceLineItem[]>> {
  if (!lines.has_more) return answered(lines.data)
  return allOf(calls, (page) => stripe.invoices.listLineItems(id, page))
}

/** The contract an invoice bills: its subscription's, or its own when it has none. */
export function contractOf({ parent, metadata }: Stripe.Invoice): string | null {
  const ofSubscription = parent?.subscription_details?.metadata?.[metadataKeys.contract]
  return ofSubscription ?? metadata?.[metadataKeys.contract] ?? null
}

/** Reads a line: its contract line, and its amount after discounts and before tax. */
export function billedLineOf(invoice: Stripe.Invoice, line: Stripe.InvoiceLineItem): BilledLine {
  const chargeKey = line.metadata[metadataKeys.charge]
  return {
    billedLineId: line.id,
    contractId: line.metadata[metadataKeys.contract] ?? contractOf(invoice),
    lineId: lineIdOf(invoice, line),
    description: line.description ?? '',
    net: fromStripe(line.currency, netOf(line)),
    quantity: quantityOf(line),
    service: serviceOf(line),
    ...(chargeKey === undefined ? {} : { chargeKey }),
  }
}

/** A charge of ours names its line. A line of the subscription names its price, which the subscription's metadata knows. */
function lineIdOf({ parent }: Stripe.Invoice, { metadata, pricing }: Stripe.InvoiceLineItem): string | null {
  const own = metadata[metadataKeys.line]
  if (own !== undefined) return own
  const price = idIn(pricing?.price_details?.price)
  if (price === null) return null
  return parent?.subscription_details?.metadata?.[price] ?? metadata[price] ?? null
}

function netOf({ amount, discount_amounts, pretax_credit_amounts, taxes }: Stripe.InvoiceLineItem): number {
  const grants = (pretax_credit_amounts ?? []).filter(({ type }) => type === 'credit_balance_transaction')
  return amount - total(discount_amounts) - total(grants) - total(inclusive(taxes))
}

/** Taxes that are part of the price they stand beside. */
export function inclusive<T extends { readonly tax_behavior: string }>(taxes: readonly T[] | null): T[] {
  return (taxes ?? []).filter(({ tax_behavior }) => tax_behavior === 'inclusive')
}

/** Adds up a list that Stripe may leave out. */
export function total(amounts: readonly { readonly amount: number }[] | null): number {
  return (amounts ?? []).reduce((sum, { amount }) => sum + amount, 0)
}

function quantityOf({ quantity_decimal, quantity }: Stripe.InvoiceLineItem): string | null {
  const exact = quantity_decimal ?? quantity
  return exact === null || exact === undefined ? null : exact.toString()
}

/** A charge of ours says its days itself; Stripe's own periods begin and end on days of UTC, as planned. */
function serviceOf({ metadata, period }: Stripe.InvoiceLineItem): DateRange {
  const startsOn = metadata[metadataKeys.serviceFrom] ?? ''
  const endsBefore = metadata[metadataKeys.serviceUntil] ?? ''
  if (isCalendarDate(startsOn) && isCalendarDate(endsBefore)) return { startsOn, endsBefore }
  return { startsOn: dayOf(period.start), endsBefore: dayOf(period.end) }
}

function dayOf(unixSeconds: number): string {
  return instant(unixSeconds).toISOString().slice(0, 10)
}
