import { sql } from 'drizzle-orm'
import { dateIn, type CalendarDate, type DateRange } from '../domain/calendar.ts'
import { rowsOf, sqlState, type Reader, type Store, type Unit } from './unit-of-work.ts'

/** How long after its end a day is added up: most of what was under way at midnight is there, and the rest is noted when it comes. */
const settlingMilliseconds = 3_600_000

/** How long nobody tries again to watch a month that somebody wrote into: each try has all who write usage wait for it. */
const pauseMilliseconds = 300_000

/** How the days that are over are proven. */
export type Proving = {
  /** Whether all of it is added up again, as if nothing had been before. */
  readonly anew?: boolean
}

/**
 * Adds up the events of days that are over, month by month, where that was not done before, or an event of them changed since. A month that cannot
 * be had now is left as it is, and `usageSums` reads its events.
 */
export async function proveDaysOver(store: Store, now: Date, { anew = false }: Proving = {}): Promise<void> {
  const before = dateIn('UTC', new Date(now.getTime() - settlingMilliseconds))
  for (const { month, canWatch } of await monthsToProve(store.read, before, now, anew)) {
    if (canWatch) await watch(store, month, before, now)
    await store.unitOfWork((unit) => prove(unit, month, anew))
  }
}

/** `canWatch` says that some of its days are not watched, and nobody was in the way just now, also by a clock that differs. */
type MonthToProve = { readonly month: CalendarDate; readonly canWatch: boolean }

async function monthsToProve(
  reader: Reader,
  before: CalendarDate,
  now: Date,
  anew: boolean,
): Promise<MonthToProve[]> {
  const [from, to] = [-pauseMilliseconds, pauseMilliseconds].map((pause) =>
    new Date(now.getTime() + pause).toISOString(),
  )
  const rows = await rowsOf<{ month: CalendarDate; can_watch: boolean }>(
    reader,
    sql`
    select starts::text as month, not (coalesce(watched_before >= ends, false) and is_usage_month_watched(starts))
      and coalesce(kept_off_at <= ${from}::timestamptz or kept_off_at >= ${to}::timestamptz, true) as can_watch
    from (
      select starts, least(${before}::date, usage_watch_ends(starts)) as ends
      from pg_inherits join pg_class on oid = inhrelid, to_date(relname, '"event_"YYYY_MM') as starts
      where inhparent = 'usage_event'::regclass
    ) as held left join usage_proven_month on month = starts
    where starts < ends and starts not in (select month from usage_archived_month)
      and (${anew} or coalesce(proven_before < ends, true) or not is_usage_month_watched(starts)
        or exists (select from usage_proven_change change where change.month = starts))
    order by starts`,
  )
  return rows.map((row) => ({ month: row.month, canWatch: row.can_watch }))
}

/** Has the database note whatever changes from now on. Somebody who writes for long, or puts the month away, keeps it from that. */
async function watch(store: Store, month: CalendarDate, before: CalendarDate, now: Date): Promise<void> {
  try {
    await store.unitOfWork((unit) =>
      unit.tx.execute(
        sql`select watch_usage_month(${month}::date, ${before}::date, ${now.toISOString()}::timestamptz)`,
      ),
    )
  } catch (error) {
    // Another process watches it at this moment, or its table is gone.
    if (!['55P03', '42P01'].includes(sqlState(error) ?? '')) throw error
  }
}

/**
 * Adds up the days of a month that are watched. What changed about them and is seen here is in the sums, so its notes go; what is not seen yet
 * brings a note of its own.
 */
async function prove(unit: Unit, month: CalendarDate, anew: boolean): Promise<void> {
  await unit.tx.execute(sql`set transaction isolation level repeatable read`)
  // One at a time. It is no query, so the state that is read is the one after the wait.
  await unit.tx.execute(sql`lock table usage_proven_sum in share row exclusive mode`)
  const held = await provenSoFar(unit, month)
  if (held === null) return
  const { watchedBefore, provenBefore, isChanged } = held
  const from = anew || isChanged ? month : provenBefore
  if (from === watchedBefore) return
  if (from === month) {
    await unit.tx.execute(sql`delete from usage_proven_change where month = ${month}::date`)
    await unit.tx.execute(sql`delete from usage_proven_sum where month = ${month}::date`)
  }
  await unit.tx.execute(sql`
    insert into usage_proven_sum as held (month, customer_id, meter, quantity)
    select ${month}::date, customer_id, meter, sum(value) from usage_event
    where customer_id is not null and received_on >= ${from}::date and received_on < ${watchedBefore}::date group by 2, 3
    on conflict (month, customer_id, meter) do update set quantity = held.quantity + excluded.quantity`)
  await unit.tx.execute(
    sql`update usage_proven_month set proven_before = watched_before where month = ${month}::date`,
  )
}

async function provenSoFar(unit: Unit, month: CalendarDate) {
  const [row] = await rowsOf<{
    watched_before: CalendarDate
    proven_before: CalendarDate
    is_changed: boolean
  }>(
    unit,
    sql`
    select watched_before::text, proven_before::text,
      exists (select from usage_proven_change change where change.month = held.month) as is_changed
    from usage_proven_month held where month = ${month}::date`,
  )
  if (row === undefined) return null
  const { watched_before: watchedBefore, proven_before: provenBefore, is_changed: isChanged } = row
  return { watchedBefore, provenBefore, isChanged }
}

/** The days of each month whose sums hold in the state that is read: the database watched them, and saw no change since they were added up. */
export async function provenDays(reader: Reader): Promise<DateRange[]> {
  const rows = await rowsOf<{ month: CalendarDate; proven_before: CalendarDate }>(
    reader,
    sql`
    select month::text, proven_before::text from usage_proven_month held
    where month < proven_before and month not in (select month from usage_archived_month) and is_usage_month_watched(month)
      and not exists (select from usage_proven_change change where change.month = held.month)
    order by month`,
  )
  return rows.map((row) => ({ startsOn: row.month, endsBefore: row.proven_before }))
}
