import { sql, type SQL } from 'drizzle-orm'
import type { BatchUse } from '../domain/batch-use.ts'
import { HourlyUseSum } from '../domain/hourly-use.ts'
import { UsageReadings } from '../domain/usage-readings.ts'
import { openEach } from './exceptions.ts'
import { unreadable } from './meter-groups.ts'
import { rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** What batches of events add: to hours as they are, and besides that to groups and as single readings. */
type PendingUse = { readonly hours: HourlyUseSum; readonly readings: UsageReadings }

/**
 * Writes down what a batch of events adds, to be counted soon, and tells of what no definition could read. Belongs in the unit that keeps the
 * events.
 */
export async function addUse(unit: Unit, use: BatchUse, receivedAt: Date): Promise<void> {
  const { hours, readings, unreadable: unread } = use
  const issues = unread.map(({ definition, reason, event }) => unreadable(definition, reason, event))
  // One for each meter and reason, which tells of the first event.
  const first = new Map(issues.toReversed().map((issue) => [issue.subject.subject, issue]))
  await openEach(unit, [...first.values()], receivedAt)
  if (hours.isEmpty) return
  await unit.tx.execute(sql`
    insert into usage_pending (hours, readings, received_at)
    values (${hours.lines()}, ${readings.text()}, ${receivedAt.toISOString()}::timestamptz)`)
}

/** Takes the oldest use that is pending; it is for the caller to count it in the same unit. Answers the sum, and of how many rows it is. */
export async function takePending(unit: Unit, rowsAtMost: number): Promise<PendingUse & { rows: number }> {
  const taken = await rowsOf<{ hours: string; readings: string | null }>(
    unit,
    sql`
    delete from usage_pending
    where pending_id = any(array(select pending_id from usage_pending order by pending_id limit ${rowsAtMost}))
    returning hours, readings`,
  )
  const [hours, readings] = [new HourlyUseSum(), new UsageReadings()]
  for (const row of taken) {
    hours.addLines(row.hours)
    if (row.readings !== null) readings.addText(row.readings)
  }
  return { hours, readings, rows: taken.length }
}

/** Whether any use is pending. */
export async function isUsePending(reader: Reader): Promise<boolean> {
  const rows = await rowsOf(reader, sql`select from usage_pending order by pending_id limit 1`)
  return rows.length > 0
}

/** What is pending of a customer and meter between two instants on the hour, as an SQL number. What a meter does not add up is not in it. */
export function pendingOf(use: { customerId: SQL; meter: SQL; from: SQL; to: SQL }): SQL {
  return sql`use_pending(${use.customerId}, ${use.meter}, ${use.from}, ${use.to})`
}
