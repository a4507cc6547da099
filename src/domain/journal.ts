import type { Account, Side } from './chart.ts'
import type { CalendarDate, Month } from './calendar.ts'
import type { Money } from './money.ts'

/** One line of a journal entry: an account and a segment, on one side, a positive amount. */
export type JournalLine = {
  readonly account: Account
  readonly side: Side
  readonly amount: Money
}

/**
 * What the ERP receives for one entity, month and currency: a summary of the ledger by account. The external id is a pure
 * function of those and the chunk, so asking twice names the same journal.
 */
export type JournalEntry = {
  readonly externalId: string
  readonly entity: string
  readonly month: Month
  readonly currency: string
  readonly chunk: number
  readonly postedOn: CalendarDate
  readonly memo: string
  readonly lines: readonly JournalLine[]
}
