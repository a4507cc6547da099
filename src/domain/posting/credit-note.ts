import type { CreditNoteIssued, CreditNoteVoided } from '../fact.ts'
import type { LedgerTransaction } from '../ledger.ts'
import { credit } from '../ledger.ts'
import type { PostingContext } from './context.ts'
import { mirrored, transactionFor } from './context.ts'
import { unwind, unwindEntries } from './unwind.ts'

/** Part of an invoice is given back: it lowers what is owed, becomes the customer's credit, or waits there for its refund. */
export function creditNoteIssued(fact: CreditNoteIssued, context: PostingContext): LedgerTransaction | null {
  if (context.invoice === null) return null
  const { invoiceId, settlement } = fact
  const where = { contractId: context.invoice.contractId, invoiceId }
  const contra = { kind: 'refunds-and-credits', segment: 'credit-notes' } as const
  return transactionFor(fact, 'credit-note-issued', context, `Credit note ${fact.creditNoteId}`, [
    ...unwindEntries(
      unwind(fact.lines, context.occurredOn),
      fact.taxes,
      contra,
      invoiceId,
      context.positions,
    ),
    credit('receivable', settlement.againstInvoice, where),
    credit('customer-credit', settlement.customerBalance, where),
    credit('customer-credit', settlement.refunded, where),
    credit('bank', settlement.offStripe, where),
  ])
}

/** The credit note is taken back by its mirror. */
export function creditNoteVoided(fact: CreditNoteVoided, context: PostingContext): LedgerTransaction | null {
  if (context.undone === null) return null
  const memo = `Credit note ${fact.creditNoteId} voided`
  return transactionFor(fact, 'credit-note-voided', context, memo, mirrored(context.undone.entries))
}
