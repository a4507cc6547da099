import { and, asc, eq, gte, ne, sql } from 'drizzle-orm'
import { monthOf, nextMonth, type CalendarDate, type Month } from '../domain/calendar.ts'
import { refused, ok, type Result } from '../domain/result.ts'
import { booksMonth, type MonthState } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A month of an entity's books. A month without a row is open. */
export type BooksMonth = typeof booksMonth.$inferSelect

/**
 * The month in which something that happened on `date` is booked: its own, or the first later one that is open. Whoever closes it at
 * the same moment wins; then appending throws `isMonthClosed`, and asking again gives a later one.
 */
export async function openMonthFor(reader: Reader, entity: string, date: CalendarDate): Promise<Month> {
  const rows = await databaseOf(reader)
    .select({ month: booksMonth.month })
    .from(booksMonth)
    .where(
      and(eq(booksMonth.entity, entity), gte(booksMonth.month, monthOf(date)), ne(booksMonth.state, 'open')),
    )
  const shut = new Set(rows.map((row) => row.month))
  let month = monthOf(date)
  while (shut.has(month)) month = nextMonth(month)
  return month
}

/** The state of a month. */
export async function monthState(reader: Reader, entity: string, month: Month): Promise<MonthState> {
  const [row] = await databaseOf(reader)
    .select({ state: booksMonth.state })
    .from(booksMonth)
    .where(and(eq(booksMonth.entity, entity), eq(booksMonth.month, month)))
  return row?.state ?? 'open'
}

/** Months of an entity that have a row, in order. */
export async function listMonths(reader: Reader, entity?: string): Promise<BooksMonth[]> {
  return databaseOf(reader)
    .select()
    .from(booksMonth)
    .where(entity === undefined ? undefined : eq(booksMonth.entity, entity))
    .orderBy(asc(booksMonth.entity), asc(booksMonth.month))
}

/** Why a month could not move: the state it is in, or an earlier month that is still open. */
export type MonthRefusal = { readonly state: MonthState; readonly earlierOpen: Month | null }

/**
 * Starts to close a month: from now on only recognition and reversals can be dated in it. Waits for units that are appending to it.
 * Refused when an earlier month with entries is not closed.
 */
export async function startClosing(
  unit: Unit,
  entity: string,
  month: Month,
): Promise<Result<null, MonthRefusal>> {
  const state = await lockedState(unit, entity, month)
  if (state === 'closing') return ok(null)
  const [earlier] = await rowsOf<{ month: Month }>(
    unit,
    sql`select month from books_month where entity = ${entity} and month < ${month} and state <> 'closed'
        and exists (select from ledger_transaction held where held.entity = books_month.entity and held.month = books_month.month)
        order by month limit 1`,
  )
  if (state === 'closed' || earlier !== undefined)
    return refused({ state, earlierOpen: earlier?.month ?? null })
  await unit.tx.update(booksMonth).set({ state: 'closing' }).where(isMonth(entity, month))
  return ok(null)
}

/** Gives a closing up; the month is open again. */
export async function stopClosing(
  unit: Unit,
  entity: string,
  month: Month,
): Promise<Result<null, MonthRefusal>> {
  const state = await lockedState(unit, entity, month)
  if (state === 'closed') return refused({ state, earlierOpen: null })
  await unit.tx.update(booksMonth).set({ state: 'open' }).where(isMonth(entity, month))
  return ok(null)
}

/**
 * Closes a month for good and seals it: nothing can be dated in it any more, and the seal tells whether a line was changed behind our
 * back. Refused unless the month is closing. Answers the seal.
 */
export async function closeMonth(
  unit: Unit,
  entity: string,
  month: Month,
  by: string,
  closedAt: Date,
): Promise<Result<string, MonthRefusal>> {
  const state = await lockedState(unit, entity, month)
  if (state !== 'closing') return refused({ state, earlierOpen: null })
  const seal = await sealOf(unit, entity, month)
  await unit.tx
    .update(booksMonth)
    .set({ state: 'closed', closedAt, closedBy: by, seal })
    .where(isMonth(entity, month))
  return ok(seal)
}

/** SHA-256 over every line of a month in the order of the books; computed anew, to be compared with the stored seal. */
export async function sealOf(reader: Reader, entity: string, month: Month): Promise<string> {
  const [row] = await rowsOf<{ seal: string }>(
    reader,
    sql`
    select encode(sha256(coalesce(string_agg(sha256(convert_to(json_build_array(
        header.fact_key, header.reason, header.source_id, header.accounting_date, line.line_number, line.account_kind, line.segment,
        line.side, line.amount_minor, line.currency, line.contract_id, line.line_id, line.invoice_id
      )::text, 'UTF8')), ''::bytea order by header.seq, line.line_number), ''::bytea)), 'hex') as seal
    from ledger_transaction header join ledger_entry line using (transaction_id)
    where header.entity = ${entity} and header.month = ${month}`,
  )
  return row?.seal as string
}

/** The state of a month, which nobody else can change until the unit ends. */
async function lockedState(unit: Unit, entity: string, month: Month): Promise<MonthState> {
  await unit.tx.execute(
    sql`insert into books_month (entity, month) values (${entity}, ${month}) on conflict do nothing`,
  )
  const [row] = await unit.tx
    .select({ state: booksMonth.state })
    .from(booksMonth)
    .where(isMonth(entity, month))
    .for('update')
  return row?.state as MonthState
}

function isMonth(entity: string, month: Month) {
  return and(eq(booksMonth.entity, entity), eq(booksMonth.month, month))
}
