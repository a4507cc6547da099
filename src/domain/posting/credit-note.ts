import type { BilledLine, CreditNoteIssued, CreditNoteVoided, InvoiceFinalized } from '../fact.ts'
import type { Entry, LedgerTransaction } from '../ledger.ts'
import { signedCredit, signedDebit } from '../ledger.ts'
import { money, sum } from '../money.ts'
import type { PostingContext } from './context.ts'
import { transactionFor } from './context.ts'
import { partOf, standingOf, wholeMinor } from './invoice-part.ts'
import { undo, unwindPart } from './unwind.ts'

const contra = { kind: 'refunds-and-credits', segment: 'credit-notes' } as const

/** Part of an invoice is given back: it lowers what is owed, becomes the customer's credit, or waits there for its refund. */
export function creditNoteIssued(fact: CreditNoteIssued, context: PostingContext): LedgerTransaction | null {
  const { invoice } = context
  if (invoice === null) return null
  const { invoiceId, settlement } = fact
  const where = { contractId: invoice.contractId, invoiceId }
  return transactionFor(fact, 'credit-note-issued', context, `Credit note ${fact.creditNoteId}`, [
    ...creditedEntries(fact, invoice, context),
    ...signedCredit('receivable', settlement.againstInvoice, where),
    ...signedCredit('customer-credit', settlement.customerBalance, where),
    ...signedCredit('customer-credit', settlement.refunded, where),
    ...signedCredit('bank', settlement.offStripe, where),
  ])
}

/** The credit note is taken back: all it posted returns. */
export function creditNoteVoided(fact: CreditNoteVoided, context: PostingContext): LedgerTransaction | null {
  const { undone, positions } = context
  if (undone === null) return null
  const memo = `Credit note ${fact.creditNoteId} voided`
  return transactionFor(fact, 'credit-note-voided', context, memo, undo(undone, positions), undone.factKey)
}

/**
 * The lines and taxes of the note. A line that names no contract line, such as an amount in words, is taken from what stands of
 * the invoice lines that name none either; where all do, from all of them by amount.
 */
function creditedEntries(
  fact: CreditNoteIssued,
  invoice: InvoiceFinalized,
  context: PostingContext,
): Entry[] {
  const [named, unnamed] = [fact.lines.filter(isNamed), fact.lines.filter((line) => !isNamed(line))]
  const { currency } = fact.total
  const loose = sum<string>(
    currency,
    unnamed.map(({ net }) => net),
  )
  const { lines } = standingOf(invoice, context.earlier)
  const candidates = lines.some((line) => !isNamed(line)) ? lines.filter((line) => !isNamed(line)) : lines
  const spread = partOf({ lines: candidates, taxes: [] }, loose)
  const rest = money(currency, loose.amountMinor - wholeMinor(spread))
  const { contractId, invoiceId } = invoice
  return [
    ...unwindPart({ lines: [...named, ...spread.lines], taxes: fact.taxes }, invoiceId, contra, context),
    ...signedDebit(contra.kind, rest, { contractId, invoiceId }, contra.segment),
  ]
}

function isNamed({ contractId, lineId }: BilledLine): boolean {
  return contractId !== null && lineId !== null
}
