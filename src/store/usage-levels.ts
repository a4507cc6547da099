import { sql } from 'drizzle-orm'
import type { Ringing } from './enqueue.ts'
import { aggregationPeriods, hourAfter, setPeriods, type PeriodOfPair } from './contributed-periods.ts'
import { inputRows } from './json.ts'
import { addToStandings, lockCounting } from './standings.ts'
import type { UsagePair } from './usage-due.ts'
import { askForReportOf } from './usage-report.ts'
import { rowsOf, type Reader, type Store, type Unit } from './unit-of-work.ts'

/** Customers and meters counted in one unit of work, so that counting of events goes on between. */
const levelsAtOnce = 50

/** A level that holds on, and as far as which hour it was counted. */
type HeldLevel = UsagePair & { readonly countedUntil: Date }

/**
 * Remembers that levels hold on after these periods, which were counted as far as the hour under way: periods after them, which begin with another
 * level now, are to be counted again.
 */
export async function noteLevels(unit: Unit, periods: readonly PeriodOfPair[], at: Date): Promise<void> {
  const levels = periods.filter(({ aggregation }) => aggregation === 'time-weighted')
  if (levels.length === 0) return
  const next = hourAfter(at)
  const rows = levels.map(({ customerId, meter, to }) => {
    return { customer_id: customerId, meter, counted_until: to < next ? to : next }
  })
  await unit.tx.execute(sql`
    insert into usage_level as held (customer_id, meter, counted_until)
    select customer_id, meter, min(counted_until) from ${inputRows(rows, 'customer_id text, meter text, counted_until timestamptz')}
    group by 1, 2 order by 1, 2
    on conflict (customer_id, meter) do update set counted_until = excluded.counted_until
    where held.counted_until > excluded.counted_until`)
}

/** Counts levels as far as the hour under way, because they hold without events. Answers how many customers and meters it were. */
export async function countLevels(store: Store, ringing: Ringing): Promise<number> {
  const now = ringing.clock.now()
  for (let total = 0; ;) {
    if ((await levelsDue(store.read, now, 1)).length === 0) return total
    total += await store.unitOfWork((unit) => countSomeLevels(unit, now, ringing))
  }
}

async function levelsDue(reader: Reader, now: Date, limit: number): Promise<HeldLevel[]> {
  const rows = await rowsOf<{ customer_id: string; meter: string; counted_until: string }>(
    reader,
    sql`
    select customer_id, meter, counted_until from usage_level where counted_until <= ${now.toISOString()}::timestamptz
    order by counted_until limit ${limit}`,
  )
  return rows.map(({ customer_id: customerId, meter, counted_until }) => {
    return { customerId, meter, countedUntil: new Date(counted_until) }
  })
}

async function countSomeLevels(unit: Unit, now: Date, ringing: Ringing): Promise<number> {
  await lockCounting(unit)
  const due = await levelsDue(unit, now, levelsAtOnce)
  const deltas = await setPeriods(unit, await periodsSince(unit, due, now), now)
  await addToStandings(unit, deltas, now)
  const rows = due.map(({ customerId, meter }) => ({ customer_id: customerId, meter }))
  await unit.tx.execute(sql`
    update usage_level held set counted_until = ${hourAfter(now).toISOString()}::timestamptz
    from ${inputRows(rows, 'customer_id text, meter text')}
    where held.customer_id = input.customer_id and held.meter = input.meter`)
  await askForReportOf(unit, deltas, ringing)
  return due.length
}

/** Every period from the last hour that was counted up to the one under way. */
async function periodsSince(
  reader: Reader,
  levels: readonly HeldLevel[],
  now: Date,
): Promise<PeriodOfPair[]> {
  const periodOf = await aggregationPeriods(reader, levels)
  const periods: PeriodOfPair[] = []
  for (const { customerId, meter, countedUntil } of levels) {
    for (let startsAt = countedUntil; startsAt <= now;) {
      const { from, to } = periodOf({ customerId, meter, startsAt })
      periods.push({ customerId, meter, from, to, aggregation: 'time-weighted' })
      startsAt = to
    }
  }
  return periods
}
