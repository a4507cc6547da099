import { sql, type SQL } from 'drizzle-orm'
import { HourlyUseSum } from '../domain/hourly-use.ts'
import { rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** Writes down what a batch of events adds to hours, to be counted soon. Belongs in the unit that writes the events. */
export async function addPending(unit: Unit, use: HourlyUseSum, receivedAt: Date): Promise<void> {
  if (use.isEmpty) return
  await unit.tx.execute(sql`
    insert into usage_pending (hours, received_at) values (${use.lines()}, ${receivedAt.toISOString()}::timestamptz)`)
}

/** Takes the oldest use that is pending; it is for the caller to count it in the same unit. Answers the sum, and of how many rows it is. */
export async function takePending(
  unit: Unit,
  rowsAtMost: number,
): Promise<{ use: HourlyUseSum; rows: number }> {
  const taken = await rowsOf<{ hours: string }>(
    unit,
    sql`
    delete from usage_pending
    where pending_id = any(array(select pending_id from usage_pending order by pending_id limit ${rowsAtMost}))
    returning hours`,
  )
  const use = new HourlyUseSum()
  for (const { hours } of taken) use.addLines(hours)
  return { use, rows: taken.length }
}

/** Whether any use is pending. */
export async function isUsePending(reader: Reader): Promise<boolean> {
  const rows = await rowsOf(reader, sql`select from usage_pending order by pending_id limit 1`)
  return rows.length > 0
}

/** What is pending of a customer and meter between two instants on the hour, as an SQL number. */
export function pendingOf(use: { customerId: SQL; meter: SQL; from: SQL; to: SQL }): SQL {
  return sql`use_pending(${use.customerId}, ${use.meter}, ${use.from}, ${use.to})`
}
