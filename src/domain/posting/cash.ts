import type { PayoutPaid, RefundFailed, RefundMade, StripeFeeCharged } from '../fact.ts'
import type { LedgerTransaction } from '../ledger.ts'
import { credit, debit, signedCredit, signedDebit } from '../ledger.ts'
import type { PostingContext } from './context.ts'
import { transactionFor } from './context.ts'
import { undo, unwindAmount } from './unwind.ts'

/**
 * Money went back. Where a credit note has already taken it off revenue, the refund settles the customer's credit, as does the refund of
 * a payment for no invoice; otherwise the refund itself unwinds its share of the invoice.
 */
export function refundMade(fact: RefundMade, context: PostingContext): LedgerTransaction | null {
  const { invoice } = context
  if (invoice === null && fact.invoiceId !== null) return null
  const where = { contractId: invoice?.contractId ?? null, invoiceId: fact.invoiceId }
  const contra = { kind: 'refunds-and-credits', segment: 'refunds' } as const
  return transactionFor(fact, 'refund-made', context, `Refund ${fact.refundId}`, [
    ...(invoice === null || fact.creditNoteId !== null
      ? [debit('customer-credit', fact.amount, where)]
      : unwindAmount(fact.amount, invoice, contra, context)),
    credit('stripe-clearing', fact.amount, where),
  ])
}

/** A refund came back: the money is with Stripe again, and all the refund posted is taken back. */
export function refundFailed(fact: RefundFailed, context: PostingContext): LedgerTransaction | null {
  const { undone, positions } = context
  if (undone === null) return null
  const memo = `Refund ${fact.refundId} failed`
  return transactionFor(fact, 'refund-failed', context, memo, undo(undone, positions), undone.factKey)
}

/** Stripe kept its fee. A fee given back has a negative amount. */
export function stripeFeeCharged(fact: StripeFeeCharged, context: PostingContext): LedgerTransaction {
  const { amount, balanceTransactionId } = fact
  const memo =
    amount.amountMinor < 0n
      ? `Stripe fee ${balanceTransactionId} given back`
      : `Stripe fee ${balanceTransactionId}`
  return transactionFor(fact, 'stripe-fee-charged', context, memo, [
    ...signedDebit('stripe-fees', amount),
    ...signedCredit('stripe-clearing', amount),
  ])
}

/** Stripe paid its balance out to the bank. A negative amount came from the bank, to fill a balance below zero. */
export function payoutPaid(fact: PayoutPaid, context: PostingContext): LedgerTransaction {
  return transactionFor(fact, 'payout-paid', context, `Payout ${fact.payoutId}`, [
    ...signedDebit('bank', fact.amount),
    ...signedCredit('stripe-clearing', fact.amount),
  ])
}
