import { sql } from 'drizzle-orm'
import { hourMilliseconds } from '../domain/calendar.ts'
import type { HourlyUse } from '../domain/hourly-use.ts'
import type { Ringing } from './enqueue.ts'
import { inputRows } from './json.ts'
import { addToStandings, lockCounting } from './standings.ts'
import { isUsePending, takePending } from './usage-pending.ts'
import { askForUsageReport } from './usage-report.ts'
import type { Store, Unit } from './unit-of-work.ts'

/** Batches counted in one unit of work, which bounds its memory. */
const batchesAtOnce = 32

/**
 * Counts all use that is pending: adds it to its hours and standings, and asks for its report. Whoever decides about money by the hours calls
 * this first. Answers how many batches were counted.
 */
export async function countUsage(store: Store, ringing: Ringing): Promise<number> {
  if (!(await isUsePending(store.read))) return 0
  for (let total = 0; ;) {
    const counted = await store.unitOfWork((unit) => countPending(unit, ringing))
    total += counted
    if (counted < batchesAtOnce) return total
  }
}

/** Counts the oldest of what is pending, within a unit; one unit at a time does so. Answers how many batches it were. */
export async function countPending(unit: Unit, ringing: Ringing): Promise<number> {
  await lockCounting(unit)
  const { use, rows } = await takePending(unit, batchesAtOnce)
  const hours = use.hours()
  if (hours.length === 0) return rows
  const at = ringing.clock.now()
  await addHours(unit, hours, at)
  await addToStandings(unit, hours, at)
  await askForUsageReport(unit, firstEndOf(hours), ringing)
  return rows
}

/** Adds to hours, in the order of their keys as everybody who locks several. */
async function addHours(unit: Unit, hours: readonly HourlyUse[], at: Date): Promise<void> {
  const rows = hours.map(({ customerId, meter, startsAt, quantity, events }) => {
    return { customer_id: customerId, meter, starts_at: startsAt, quantity, events }
  })
  const columns = 'customer_id text, meter text, starts_at timestamptz, quantity numeric, events bigint'
  await unit.tx.execute(sql`
    insert into usage_window as held (customer_id, meter, starts_at, quantity, event_count, revision, changed_at)
    select customer_id, meter, starts_at, quantity, events, 1, ${at.toISOString()}::timestamptz from ${inputRows(rows, columns)}
    order by customer_id, meter, starts_at
    on conflict (customer_id, meter, starts_at) do update set
      quantity = held.quantity + excluded.quantity, event_count = held.event_count + excluded.event_count,
      revision = held.revision + 1, changed_at = excluded.changed_at`)
}

/** When the first of these hours has ended. */
function firstEndOf(hours: readonly HourlyUse[]): Date {
  const first = hours.reduce(
    (least, { startsAt }) => Math.min(least, startsAt.getTime()),
    Number.POSITIVE_INFINITY,
  )
  return new Date(first + hourMilliseconds)
}
