import { sql, type SQL } from 'drizzle-orm'
import { rowsOf, type Reader } from './unit-of-work.ts'

/** A number with the labels it is told apart by. */
export type Reading = { readonly labels: Readonly<Record<string, string>>; readonly value: string }

type Row = { label: string | null; second?: string | null; value: string | null }

async function readings(reader: Reader, statement: SQL, ...names: string[]): Promise<Reading[]> {
  const rows = await rowsOf<Row>(reader, statement)
  return rows.map(({ label, second, value }) => ({
    labels: Object.fromEntries(
      [label, second].flatMap((text, index) => (text && names[index] ? [[names[index], text]] : [])),
    ),
    value: value ?? '0',
  }))
}

/** How many deals were set up, and the seconds from seeing them to billing them, added up. */
export async function activationTotals(reader: Reader): Promise<{ count: number; seconds: number }> {
  const [row] = await rowsOf<{ count: string; seconds: string }>(
    reader,
    sql`select count(*) as count, coalesce(sum(extract(epoch from activated_at - seen_at)), 0) as seconds
      from deal_case where activated_at is not null`,
  )
  return { count: Number(row?.count), seconds: Number(row?.seconds) }
}

/** Open exceptions by code. */
export function openExceptions(reader: Reader): Promise<Reading[]> {
  return readings(
    reader,
    sql`select code as label, count(*)::text as value from exception where state = 'open' group by 1 order by 1`,
    'code',
  )
}

/** Money that waits for open exceptions, in minor units by currency. A deal with several exceptions counts once. */
export function blockedMoney(reader: Reader): Promise<Reading[]> {
  return readings(
    reader,
    sql`select currency as label, sum(amount)::text as value from (
        select currency, max(amount_minor) as amount from exception
        where state = 'open' and currency is not null group by currency, coalesce(case_id, subject)
      ) as by_deal group by 1 order by 1`,
    'currency',
  )
}

/** Operations at vendors that are not settled, by vendor and state. */
export function unsettledOperations(reader: Reader): Promise<Reading[]> {
  return readings(
    reader,
    sql`select provider as label, state as second, count(*)::text as value from external_op
      where state in ('planned', 'in_flight', 'unknown') group by 1, 2 order by 1, 2`,
    'provider',
    'state',
  )
}

/** Messages nobody has dealt with, by vendor. */
export function waitingMessagesByProvider(reader: Reader): Promise<Reading[]> {
  return readings(
    reader,
    sql`select provider as label, count(*)::text as value from inbox_message where disposition is null group by 1 order by 1`,
    'provider',
  )
}

/** When the oldest message came that nobody has dealt with; null when none waits. */
export async function oldestWaitingMessage(reader: Reader): Promise<Date | null> {
  const [row] = await rowsOf<{ at: string | null }>(
    reader,
    sql`select received_at::text as at from inbox_message where disposition is null order by seq limit 1`,
  )
  return row?.at ? new Date(row.at) : null
}

/** Ledger transactions by the rule that made them. */
export function ledgerTransactions(reader: Reader): Promise<Reading[]> {
  return readings(
    reader,
    sql`select reason as label, count(*)::text as value from ledger_transaction group by 1 order by 1`,
    'rule',
  )
}

/** Months of the books by entity and state. */
export function monthsByState(reader: Reader): Promise<Reading[]> {
  return readings(
    reader,
    sql`select entity as label, state as second, count(*)::text as value from books_month group by 1, 2 order by 1, 2`,
    'entity',
    'state',
  )
}
