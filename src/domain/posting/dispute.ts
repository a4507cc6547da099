import type { DisputeClosed, DisputeOpened } from '../fact.ts'
import type { LedgerTransaction } from '../ledger.ts'
import { credit, debit } from '../ledger.ts'
import type { PostingContext } from './context.ts'
import { transactionFor } from './context.ts'
import { undo, unwindAmount } from './unwind.ts'

/** The customer's bank took the money back: it leaves Stripe, and its share of the invoice is unwound until the dispute is decided. */
export function disputeOpened(fact: DisputeOpened, context: PostingContext): LedgerTransaction | null {
  const { invoice } = context
  if (invoice === null && fact.invoiceId !== null) return null
  const where = { contractId: invoice?.contractId ?? null, invoiceId: fact.invoiceId }
  const contra = { kind: 'dispute-losses', segment: null } as const
  return transactionFor(fact, 'dispute-opened', context, `Dispute ${fact.disputeId}`, [
    ...(invoice === null
      ? [debit(contra.kind, fact.amount, where)]
      : unwindAmount(fact.amount, invoice, contra, context)),
    credit('stripe-clearing', fact.amount, where),
  ])
}

/** We won: everything the opening posted is taken back. */
export function disputeWon(fact: DisputeClosed, context: PostingContext): LedgerTransaction | null {
  const { undone, positions } = context
  if (undone === null) return null
  const memo = `Dispute ${fact.disputeId} won`
  return transactionFor(fact, 'dispute-won', context, memo, undo(undone, positions), undone.factKey)
}

/** We lost: the money left when the dispute opened, so nothing moves. The transaction stays empty and is not booked. */
export function disputeLost(fact: DisputeClosed, context: PostingContext): LedgerTransaction | null {
  if (context.undone === null) return null
  return transactionFor(fact, 'dispute-lost', context, `Dispute ${fact.disputeId} lost`, [])
}
