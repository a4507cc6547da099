import type { PayoutPaid, RefundFailed, RefundMade, StripeFeeCharged } from '../fact.ts'
import type { LedgerTransaction } from '../ledger.ts'
import { credit, debit } from '../ledger.ts'
import type { PostingContext } from './context.ts'
import { mirrored, transactionFor } from './context.ts'
import { share, unwind, unwindEntries } from './unwind.ts'

/**
 * Money went back. A credit note has already taken it off revenue, and the refund settles the customer's credit; without one
 * the refund itself unwinds its share of the invoice.
 */
export function refundMade(fact: RefundMade, context: PostingContext): LedgerTransaction | null {
  const memo = `Refund ${fact.refundId}`
  const { invoice } = context
  const { invoiceId } = fact
  const paidOut = credit('stripe-clearing', fact.amount, {
    contractId: invoice?.contractId ?? null,
    invoiceId,
  })
  if (fact.creditNoteId !== null || invoiceId === null) {
    return transactionFor(fact, 'refund-made', context, memo, [
      debit('customer-credit', fact.amount, { invoiceId }),
      paidOut,
    ])
  }
  if (invoice === null) return null
  const part = share(invoice.lines, invoice.taxes, fact.amount.amountMinor, fact.amount.currency)
  const contra = { kind: 'refunds-and-credits', segment: 'refunds' } as const
  return transactionFor(fact, 'refund-made', context, memo, [
    ...unwindEntries(
      unwind(part.lines, context.occurredOn),
      part.taxes,
      contra,
      invoiceId,
      context.positions,
    ),
    paidOut,
  ])
}

/** A refund came back: the money is with Stripe again, and the customer's credit stands. */
export function refundFailed(fact: RefundFailed, context: PostingContext): LedgerTransaction | null {
  if (context.undone === null) return null
  return transactionFor(
    fact,
    'refund-failed',
    context,
    `Refund ${fact.refundId} failed`,
    mirrored(context.undone.entries),
  )
}

/** Stripe kept its fee. A fee given back has a negative amount. */
export function stripeFeeCharged(fact: StripeFeeCharged, context: PostingContext): LedgerTransaction {
  const { amount } = fact
  const positive = {
    ...amount,
    amountMinor: amount.amountMinor < 0n ? -amount.amountMinor : amount.amountMinor,
  }
  const entries = [debit('stripe-fees', positive), credit('stripe-clearing', positive)]
  return transactionFor(
    fact,
    'stripe-fee-charged',
    context,
    `Stripe fee ${fact.balanceTransactionId}`,
    amount.amountMinor < 0n ? mirrored(entries) : entries,
  )
}

/** Stripe paid its balance out to the bank. */
export function payoutPaid(fact: PayoutPaid, context: PostingContext): LedgerTransaction {
  return transactionFor(fact, 'payout-paid', context, `Payout ${fact.payoutId}`, [
    debit('bank', fact.amount),
    credit('stripe-clearing', fact.amount),
  ])
}
