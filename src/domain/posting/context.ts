import type { CalendarDate } from '../calendar.ts'
import type { BillingFact, InvoiceFinalized } from '../fact.ts'
import type { Entry, LedgerTransaction, Reason } from '../ledger.ts'
import type { Positions } from '../position.ts'

/** What a posting needs to know besides the fact: all of it loaded before, none of it looked up here. */
export type PostingContext = {
  readonly entity: string
  /** The day it happened, in the entity's time zone. */
  readonly occurredOn: CalendarDate
  /** The day of the books: the same, or the first day of the next open month. */
  readonly accountingDate: CalendarDate
  /** The finalization of the invoice the fact is about; null while it is unknown. */
  readonly invoice: InvoiceFinalized | null
  /** What is still owed on that invoice, in minor units. */
  readonly openReceivableMinor: bigint
  readonly positions: Positions
  /** The transaction an undoing fact takes back; null while it is unknown. */
  readonly undone: LedgerTransaction | null
}

/** Makes the transaction of a fact. Entries of nothing are left out. */
export function transactionFor(
  fact: BillingFact,
  reason: Reason,
  context: PostingContext,
  memo: string,
  entries: readonly Entry[],
): LedgerTransaction {
  return {
    factKey: fact.factKey,
    reason,
    sourceId: fact.factKey,
    entity: context.entity,
    occurredAt: fact.occurredAt,
    accountingDate: context.accountingDate,
    memo,
    entries: entries.filter(({ amount }) => amount.amountMinor !== 0n),
  }
}

/** The mirror of a transaction: every entry on the other side. A mistake is corrected by its mirror, never by an edit. */
export function mirrored(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, side: entry.side === 'debit' ? 'credit' : 'debit' }))
}
