import type { CalendarDate } from '../calendar.ts'
import { monthOf } from '../calendar.ts'
import type { BillingFact, InvoiceFinalized } from '../fact.ts'
import type { Entry, LedgerTransaction, Reason } from '../ledger.ts'
import { sound } from '../ledger.ts'
import type { Positions } from '../position.ts'
import type { Spread } from '../spread.ts'

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
  /** What the books already hold about that invoice; none when left out. */
  readonly earlier?: readonly LedgerTransaction[]
  readonly positions: Positions
  /** The transaction an undoing fact takes back; null while it is unknown. */
  readonly undone: LedgerTransaction | null
  /** How revenue spreads over service, for telling past from future; `by-day` when left out. */
  readonly spread?: Spread
  /** Whether credits take back past and future in proportion, which is the default, or the future alone. */
  readonly credits?: CreditPolicy
}

/**
 * What a credit is taken from. `proportional` spreads it over the whole service: the past part is a contra to revenue. `prospective`
 * leaves the past alone as long as there is a future to take it from.
 */
export type CreditPolicy = 'proportional' | 'prospective'

/**
 * Makes the transaction of a fact; entries of nothing are left out. `sourceId` names the earlier fact when this one takes it back. A fact of
 * a closed month says in its memo when it happened. Throws when entries do not balance or accounts meet that may not.
 */
export function transactionFor(
  fact: BillingFact,
  reason: Reason,
  context: PostingContext,
  memo: string,
  entries: readonly Entry[],
  sourceId = fact.factKey,
): LedgerTransaction {
  const { entity, occurredOn, accountingDate } = context
  const isLate = monthOf(occurredOn) !== monthOf(accountingDate)
  const transaction = {
    factKey: fact.factKey,
    reason,
    sourceId,
    entity,
    occurredAt: fact.occurredAt,
    accountingDate,
    memo: isLate ? `${memo}, of ${occurredOn}, whose month is closed` : memo,
    entries: entries.filter(({ amount }) => amount.amountMinor !== 0n),
  }
  return transaction.entries.length === 0 ? transaction : sound(transaction)
}
