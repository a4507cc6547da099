import type { Account, AccountKind, Side } from './chart.ts'
import type { CalendarDate } from './calendar.ts'
import type { Money } from './money.ts'

/** What an entry is about: the contract and its line, the invoice, the customer. */
export type Dimensions = {
  readonly contractId: string | null
  readonly lineId: string | null
  readonly invoiceId: string | null
}

/** One account, one side, one positive amount. */
export type Entry = {
  readonly account: Account
  readonly side: Side
  readonly amount: Money
  readonly dimensions: Dimensions
}

/** Why a transaction exists. */
export type Reason =
  | 'invoice-finalized'
  | 'invoice-paid'
  | 'invoice-voided'
  | 'invoice-marked-uncollectible'
  | 'credit-note-issued'
  | 'credit-note-voided'
  | 'refund-made'
  | 'refund-failed'
  | 'dispute-opened'
  | 'dispute-won'
  | 'dispute-lost'
  | 'stripe-fee-charged'
  | 'payout-paid'
  | 'revenue-recognized'
  | 'reversal'

/**
 * A balanced set of entries for one business fact. `factKey` names the fact and is unique in the books;
 * `occurredAt` is when it happened in the world, `accountingDate` the day of the books it belongs to
 * (the next open month when its own is closed).
 */
export type LedgerTransaction = {
  readonly factKey: string
  readonly reason: Reason
  readonly sourceId: string
  readonly entity: string
  readonly occurredAt: Date
  readonly accountingDate: CalendarDate
  readonly memo: string
  readonly entries: readonly Entry[]
}

const nowhere: Dimensions = { contractId: null, lineId: null, invoiceId: null }

/** Makes a debit entry. */
export function debit(
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions> = {},
  segment: string | null = null,
): Entry {
  return entry('debit', kind, amount, dimensions, segment)
}

/** Makes a credit entry. */
export function credit(
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions> = {},
  segment: string | null = null,
): Entry {
  return entry('credit', kind, amount, dimensions, segment)
}

function entry(
  side: Side,
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions>,
  segment: string | null,
): Entry {
  return { side, amount, account: { kind, segment }, dimensions: { ...nowhere, ...dimensions } }
}
