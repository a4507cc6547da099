import type { Stripe } from 'stripe'
import type { CalendarDate } from '../../../src/domain/calendar.ts'
import type { BillingFact, InvoiceFinalized, InvoicePaid } from '../../../src/domain/fact.ts'
import { sum } from '../../../src/domain/money.ts'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../../src/ports/answer.ts'
import { fromStripe } from '../amounts.ts'
import type { Connection } from '../connection.ts'
import { idIn, instant } from '../connection.ts'
import { allOf } from '../paging.ts'
import { billedLineOf, contractOf, linesOf } from './invoice-lines.ts'
import { taxesOf } from './taxes.ts'

/** An invoice became due. Its lines and taxes must add up to its total, or we have misread it. */
export async function finalizedFacts(
  connection: Connection,
  invoice: Stripe.Invoice,
): Promise<Answer<BillingFact[]>> {
  const lines = await linesOf(connection, invoice)
  if (lines.kind !== 'ok') return lines
  const taxes = await taxesOf(connection, invoice.currency, invoice.total_taxes)
  if (taxes.kind !== 'ok') return taxes
  const fact: InvoiceFinalized = {
    kind: 'invoice-finalized',
    factKey: `stripe:invoice:${invoice.id}:finalized`,
    occurredAt: at(invoice.status_transitions.finalized_at ?? invoice.created),
    invoiceId: invoice.id,
    number: invoice.number,
    customerId: idIn(invoice.customer) ?? '',
    contractId: contractOf(invoice),
    total: fromStripe(invoice.currency, invoice.total),
    ...creditAppliedTo(invoice),
    lines: lines.value.map((line) => billedLineOf(invoice, line)),
    taxes: taxes.value,
    dueOn: dueOnOf(invoice),
    customFields: (invoice.custom_fields ?? []).map(({ name, value }) => ({ name, value })),
  }
  const parts = [...fact.lines.map(({ net }) => net), ...fact.taxes.map(({ amount }) => amount)]
  const added = sum<string>(fact.total.currency, parts).amountMinor
  if (added === fact.total.amountMinor) return answered([fact])
  const detail = `Invoice ${invoice.id}: lines and taxes add up to ${added}, its total is ${fact.total.amountMinor}`
  return { kind: 'broken', detail }
}

/** The customer's balance is negative while we owe them; what finalizing used of it settles the invoice at once. */
function creditAppliedTo(invoice: Stripe.Invoice): Pick<InvoiceFinalized, 'creditApplied'> {
  const used = (invoice.ending_balance ?? invoice.starting_balance) - invoice.starting_balance
  return used > 0 ? { creditApplied: fromStripe(invoice.currency, used) } : {}
}

function dueOnOf({ due_date }: Stripe.Invoice): CalendarDate | null {
  return due_date === null ? null : instant(due_date).toISOString().slice(0, 10)
}

/** An invoice was voided. */
export function voidedFacts({ id, status_transitions, created }: Stripe.Invoice): BillingFact[] {
  const occurredAt = at(status_transitions.voided_at ?? created)
  return [{ kind: 'invoice-voided', factKey: `stripe:invoice:${id}:voided`, occurredAt, invoiceId: id }]
}

/** An invoice was given up. */
export function uncollectibleFacts({ id, status_transitions, created }: Stripe.Invoice): BillingFact[] {
  const occurredAt = at(status_transitions.marked_uncollectible_at ?? created)
  const factKey = `stripe:invoice:${id}:uncollectible`
  return [{ kind: 'invoice-marked-uncollectible', factKey, occurredAt, invoiceId: id }]
}

/** All payments of an invoice so far, those through Stripe one by one, and what was noted as paid elsewhere. */
export async function paidFacts(
  { stripe, calls }: Connection,
  invoice: Stripe.Invoice,
): Promise<Answer<BillingFact[]>> {
  if (invoice.amount_paid === 0 && (invoice.amount_paid_off_stripe ?? 0) === 0) return answered([])
  const payments = await allOf(calls, (page) =>
    stripe.invoicePayments.list({ ...page, invoice: invoice.id, status: 'paid' }),
  )
  return mapAnswer(payments, (all) => [...all.flatMap(paymentFacts), ...offStripeFacts(invoice, all)])
}

/** One payment of an invoice. One that Stripe only recorded was received elsewhere. */
export function paymentFacts(payment: Stripe.InvoicePayment): BillingFact[] {
  const amount = payment.amount_paid ?? 0
  if (payment.status !== 'paid' || amount === 0) return []
  const fact: InvoicePaid = {
    kind: 'invoice-paid',
    factKey: `stripe:invoice-payment:${payment.id}`,
    occurredAt: at(payment.status_transitions.paid_at ?? payment.created),
    invoiceId: idIn(payment.invoice) ?? '',
    amount: fromStripe(payment.currency, amount),
    via: isRecorded(payment) ? 'off-stripe' : 'stripe',
  }
  return [fact]
}

function isRecorded({ payment }: Stripe.InvoicePayment): boolean {
  return payment.type === 'payment_record'
}

/** An invoice marked as paid out of band has no payment: only a sum that says so. */
function offStripeFacts(invoice: Stripe.Invoice, payments: readonly Stripe.InvoicePayment[]): InvoicePaid[] {
  const recorded = payments
    .filter(isRecorded)
    .reduce((total, { amount_paid }) => total + (amount_paid ?? 0), 0)
  const outOfBand = (invoice.amount_paid_off_stripe ?? 0) - recorded
  if (outOfBand <= 0) return []
  return [
    {
      kind: 'invoice-paid',
      factKey: `stripe:invoice:${invoice.id}:paid-off-stripe`,
      occurredAt: at(invoice.status_transitions.paid_at ?? invoice.created),
      invoiceId: invoice.id,
      amount: fromStripe(invoice.currency, outOfBand),
      via: 'off-stripe',
    },
  ]
}

function at(unixSeconds: number): Date {
  return instant(unixSeconds)
}
