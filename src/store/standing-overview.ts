import { sql } from 'drizzle-orm'
import { pendingOf } from './usage-pending.ts'
import { rowsOf, type Reader } from './unit-of-work.ts'

/** How far a customer's use of a meter has come in the billing period under way. */
export type StandingHead = {
  readonly customerName: string
  readonly contractId: string
  readonly lineId: string
  readonly usedUnits: string
}

/** The standings of the period under way that used most of what they include, those without anything included last. */
export async function mostUsedStandings(reader: Reader, now: Date, limit: number): Promise<StandingHead[]> {
  const rows = await rowsOf<{ name: string; contract_id: string; line_id: string; used_units: string }>(
    reader,
    sql`
    select customer.name, held.contract_id, held.line_id,
      held.used_units + ${pendingOf({ customerId: sql`held.customer_id`, meter: sql`held.meter`, from: sql`held.period_from`, to: sql`held.period_to` })} as used_units
    from (
      select * from usage_standing where period_to > ${now.toISOString()}::timestamptz
      order by used_units / nullif(included_units, 0) desc nulls last, contract_id, line_id limit ${limit}
    ) as held join customer using (customer_id)
    order by held.used_units / nullif(held.included_units, 0) desc nulls last, held.contract_id, held.line_id`,
  )
  return rows.map((row) => ({
    customerName: row.name,
    contractId: row.contract_id,
    lineId: row.line_id,
    usedUnits: row.used_units,
  }))
}
