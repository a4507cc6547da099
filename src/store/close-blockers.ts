import { sql } from 'drizzle-orm'
import { startOfDay, firstDayOf, nextMonth, type Month } from '../domain/calendar.ts'
import type { BooksEntity } from '../domain/books.ts'
import type { IssueCode } from '../domain/issue.ts'
import { rowsOf, type Reader } from './unit-of-work.ts'

/** An open exception about a message of the billing provider that is not in the books as it should be, and when it happened. */
export type CloseBlocker = {
  readonly exceptionId: string
  readonly code: IssueCode
  readonly sentence: string
  readonly occurredAt: Date
}

type Row = { exception_id: string; code: IssueCode; sentence: string; occurred_at: string }

/**
 * What keeps a person from closing months, the oldest first. Deals and usage that wait do not: they are accounted for as they are, and come into
 * an open month when they are mended (architecture, section 6).
 */
export async function closeBlockers(reader: Reader): Promise<CloseBlocker[]> {
  const rows = await rowsOf<Row>(
    reader,
    sql`
    select exception_id, code, sentence, message.occurred_at::text as occurred_at
    from exception
    join inbox_message message on message.seq =
      case when exception.subject ~ '^inbox:[0-9]+$' then substring(exception.subject from 7)::bigint end
    where exception.state = 'open' and exception.queue = 'book-fact'
    order by message.occurred_at, exception_id`,
  )
  return rows.map((row) => ({
    exceptionId: row.exception_id,
    code: row.code,
    sentence: row.sentence,
    occurredAt: new Date(row.occurred_at),
  }))
}

/** Those of them that stand in the way of a month: they tell of something that happened before it ended for the entity. */
export function blockersOf(
  blockers: readonly CloseBlocker[],
  { timeZone }: BooksEntity,
  month: Month,
): CloseBlocker[] {
  const endsAt = startOfDay(timeZone, firstDayOf(nextMonth(month)))
  return blockers.filter(({ occurredAt }) => occurredAt < endsAt)
}
