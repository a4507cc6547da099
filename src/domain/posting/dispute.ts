import type { DisputeClosed, DisputeOpened } from '../fact.ts'
import type { LedgerTransaction } from '../ledger.ts'
import { credit, debit } from '../ledger.ts'
import type { PostingContext } from './context.ts'
import { mirrored, transactionFor } from './context.ts'
import { share, unwind, unwindEntries } from './unwind.ts'

/** The customer's bank took the money back: it leaves Stripe, and its share of the invoice is unwound until the dispute is decided. */
export function disputeOpened(fact: DisputeOpened, context: PostingContext): LedgerTransaction | null {
  const memo = `Dispute ${fact.disputeId}`
  const { invoiceId } = fact
  const takenBack = credit('stripe-clearing', fact.amount, { invoiceId })
  if (invoiceId === null) {
    return transactionFor(fact, 'dispute-opened', context, memo, [
      debit('dispute-losses', fact.amount),
      takenBack,
    ])
  }
  if (context.invoice === null) return null
  const { lines, taxes } = context.invoice
  const part = share(lines, taxes, fact.amount.amountMinor, fact.amount.currency)
  const contra = { kind: 'dispute-losses', segment: null } as const
  return transactionFor(fact, 'dispute-opened', context, memo, [
    ...unwindEntries(
      unwind(part.lines, context.occurredOn),
      part.taxes,
      contra,
      invoiceId,
      context.positions,
    ),
    takenBack,
  ])
}

/** We won: everything the opening posted is taken back. */
export function disputeWon(fact: DisputeClosed, context: PostingContext): LedgerTransaction | null {
  if (context.undone === null) return null
  return transactionFor(
    fact,
    'dispute-won',
    context,
    `Dispute ${fact.disputeId} won`,
    mirrored(context.undone.entries),
  )
}

/** We lost: the money left when the dispute opened, so nothing moves. The transaction stays empty and is not booked. */
export function disputeLost(fact: DisputeClosed, context: PostingContext): LedgerTransaction | null {
  if (context.undone === null) return null
  return transactionFor(fact, 'dispute-lost', context, `Dispute ${fact.disputeId} lost`, [])
}
