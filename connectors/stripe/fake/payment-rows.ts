import type { DiscountAmount, TaxLine } from './billing-rows.ts'
import type { Metadata } from './rows.ts'
import type { Row } from './table.ts'

/** The twin's own records of money that moves. Amounts are bigint minor units. */
export type PaymentVia = 'card' | 'bank_transfer'

export type PaymentIntent = Row & {
  readonly customerId: string
  readonly invoiceId: string | null
  readonly currency: string
  readonly amountMinor: bigint
  readonly via: PaymentVia
  status: 'succeeded' | 'requires_payment_method'
  receivedMinor: bigint
  latestChargeId: string | null
}

export type Charge = Row & {
  readonly customerId: string
  readonly paymentIntentId: string
  readonly invoiceId: string | null
  readonly currency: string
  readonly amountMinor: bigint
  readonly via: PaymentVia
  readonly status: 'succeeded' | 'failed'
  readonly balanceTransactionId: string | null
  refundedMinor: bigint
  disputed: boolean
}

export type InvoicePayment = Row & {
  readonly invoiceId: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly paymentIntentId: string
  readonly status: 'paid' | 'open'
  readonly paidAt: number | null
}

export type Refund = Row & {
  readonly chargeId: string
  readonly paymentIntentId: string
  readonly customerId: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly reason: string | null
  status: 'pending' | 'succeeded' | 'failed' | 'canceled'
  metadata: Metadata
  balanceTransactionId: string | null
  failureBalanceTransactionId: string | null
  failureReason: string | null
}

export type Dispute = Row & {
  readonly chargeId: string
  readonly paymentIntentId: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly reason: string
  status: 'needs_response' | 'under_review' | 'won' | 'lost'
  metadata: Metadata
  balanceTransactionIds: string[]
}

export type BalanceTransactionType =
  | 'charge'
  | 'payment'
  | 'refund'
  | 'payment_refund'
  | 'refund_failure'
  | 'payment_failure_refund'
  | 'adjustment'
  | 'payout'
  | 'stripe_fee'

export type BalanceTransaction = Row & {
  readonly type: BalanceTransactionType
  readonly reportingCategory: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly feeMinor: bigint
  readonly sourceId: string | null
  readonly description: string | null
  readonly availableOn: number
}

export type Payout = Row & {
  readonly currency: string
  readonly amountMinor: bigint
  readonly arrivalDate: number
  readonly balanceTransactionId: string
  /** The movements this payout sends to the bank. */
  readonly movementIds: readonly string[]
  status: 'pending' | 'in_transit' | 'paid'
}

export type CreditNoteLine = {
  readonly id: string
  readonly invoiceLineId: string | null
  readonly description: string | null
  readonly amountMinor: bigint
  readonly discounts: readonly DiscountAmount[]
  readonly quantity: bigint | null
  readonly taxes: readonly TaxLine[]
  readonly metadata: Metadata
}

export type CreditNote = Row & {
  readonly invoiceId: string
  readonly customerId: string
  readonly currency: string
  readonly number: string
  readonly lines: readonly CreditNoteLine[]
  readonly memo: string | null
  readonly reason: string | null
  readonly subtotalMinor: bigint
  readonly discountMinor: bigint
  readonly taxMinor: bigint
  readonly totalMinor: bigint
  readonly prePaymentMinor: bigint
  readonly postPaymentMinor: bigint
  readonly outOfBandMinor: bigint
  readonly balanceMinor: bigint
  readonly balanceTransactionId: string | null
  readonly refundIds: readonly string[]
  metadata: Metadata
  voidedAt: number | null
}

/** A movement of a customer's credit balance. */
export type CustomerBalanceTransaction = Row & {
  readonly customerId: string
  readonly type: 'adjustment' | 'applied_to_invoice' | 'credit_note' | 'initial' | 'unapplied_from_invoice'
  readonly currency: string
  readonly amountMinor: bigint
  readonly endingBalanceMinor: bigint
  readonly invoiceId: string | null
  readonly creditNoteId: string | null
  readonly description: string | null
}
