import type { CalendarDate, DateRange } from './calendar.ts'
import type { Money } from './money.ts'

/**
 * Something that happened to money, in no vendor's words. Facts, not deliveries, post money: `factKey` names the
 * smallest economic object, so two messages about one change make one fact.
 */
type FactCommon = { readonly factKey: string; readonly occurredAt: Date }

/** One line of an invoice or credit note. `lineId` is the contract's; null when Stripe added the line by itself. */
export type BilledLine = {
  readonly billedLineId: string
  readonly contractId: string | null
  readonly lineId: string | null
  readonly description: string
  /** After discounts, before tax. */
  readonly net: Money
  readonly quantity: string | null
  readonly service: DateRange
  /** The charge of ours that it stands for, where it is one. */
  readonly chargeKey?: string
}

export type TaxAmount = { readonly jurisdiction: string; readonly amount: Money }

export type InvoiceFinalized = FactCommon & {
  readonly kind: 'invoice-finalized'
  readonly invoiceId: string
  readonly number: string | null
  readonly customerId: string
  readonly contractId: string | null
  readonly total: Money
  /** What of the total the customer's credit with us settled at once. */
  readonly creditApplied?: Money
  readonly lines: readonly BilledLine[]
  readonly taxes: readonly TaxAmount[]
  readonly dueOn: CalendarDate | null
  readonly customFields: readonly { readonly name: string; readonly value: string }[]
}

export type InvoicePaid = FactCommon & {
  readonly kind: 'invoice-paid'
  readonly invoiceId: string
  readonly amount: Money
  /** Through Stripe the money waits in its clearing account; off Stripe it is in the bank already. */
  readonly via: 'stripe' | 'off-stripe'
}

export type InvoiceVoided = FactCommon & { readonly kind: 'invoice-voided'; readonly invoiceId: string }

export type InvoiceMarkedUncollectible = FactCommon & {
  readonly kind: 'invoice-marked-uncollectible'
  readonly invoiceId: string
}

export type CreditNoteIssued = FactCommon & {
  readonly kind: 'credit-note-issued'
  readonly creditNoteId: string
  readonly invoiceId: string
  readonly total: Money
  readonly lines: readonly BilledLine[]
  readonly taxes: readonly TaxAmount[]
  /** What lowered the amount due, went to the customer's balance, was refunded, or was settled elsewhere. */
  readonly settlement: {
    readonly againstInvoice: Money
    readonly customerBalance: Money
    readonly refunded: Money
    readonly offStripe: Money
  }
}

export type CreditNoteVoided = FactCommon & {
  readonly kind: 'credit-note-voided'
  readonly creditNoteId: string
}

/** Money sent back. `creditNoteId` is set when a credit note already took it off revenue or the receivable. */
export type RefundMade = FactCommon & {
  readonly kind: 'refund-made'
  readonly refundId: string
  readonly invoiceId: string | null
  readonly creditNoteId: string | null
  readonly amount: Money
}

export type RefundFailed = FactCommon & {
  readonly kind: 'refund-failed'
  readonly refundId: string
  readonly amount: Money
}

export type DisputeOpened = FactCommon & {
  readonly kind: 'dispute-opened'
  readonly disputeId: string
  readonly invoiceId: string | null
  readonly amount: Money
}

export type DisputeClosed = FactCommon & {
  readonly kind: 'dispute-won' | 'dispute-lost'
  readonly disputeId: string
  readonly invoiceId: string | null
  readonly amount: Money
}

export type StripeFeeCharged = FactCommon & {
  readonly kind: 'stripe-fee-charged'
  readonly balanceTransactionId: string
  readonly amount: Money
}

export type PayoutPaid = FactCommon & {
  readonly kind: 'payout-paid'
  readonly payoutId: string
  readonly amount: Money
}

export type BillingFact =
  | InvoiceFinalized
  | InvoicePaid
  | InvoiceVoided
  | InvoiceMarkedUncollectible
  | CreditNoteIssued
  | CreditNoteVoided
  | RefundMade
  | RefundFailed
  | DisputeOpened
  | DisputeClosed
  | StripeFeeCharged
  | PayoutPaid
