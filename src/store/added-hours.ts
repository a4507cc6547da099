import { sql } from 'drizzle-orm'
import type { HourlyUse } from '../domain/hourly-use.ts'
import { inputRows } from './json.ts'
import type { Unit } from './unit-of-work.ts'

/**
 * Adds to hours, in the order of their keys as everybody who locks several. An hour whose quantity stays has nothing new to tell, so its revision
 * stays too.
 */
export async function addHours(unit: Unit, hours: readonly HourlyUse[], at: Date): Promise<void> {
  if (hours.length === 0) return
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
      revision = held.revision + (excluded.quantity <> 0)::integer, changed_at = excluded.changed_at`)
}
