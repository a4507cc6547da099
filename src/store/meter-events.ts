import { inArray, and, eq, asc, sql } from 'drizzle-orm'
import type { PeriodTerms } from '../domain/entitlement-standing.ts'
import type { UsageEvent } from '../domain/usage.ts'
import { among } from './json.ts'
import { usageStanding } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'
import { countsNothing } from './usage-corrections.ts'

/** A stored event of a customer, and what it is known by. */
export type KeptEvent = { readonly customerId: string; readonly key: string; readonly event: UsageEvent }

/** Which events of customers to read; `to` is not in it. */
export type KeptEvents = {
  readonly types: readonly string[]
  readonly from: Date
  readonly to: Date
  readonly customerId?: string
}

type EventRow = {
  event_key: string
  customer_id: string
  source: string
  id: string
  meter: string
  subject: string
  occurred_at: string
  value: string
  properties: Readonly<Record<string, string>>
}

const eventsAPage = 5_000

/**
 * Reads stored events that count page by page, in the order of customers and, within each, of times and keys, as they stand when it begins. The database
 * holds the place, so that neither side has more than a page in memory.
 */
export async function* keptEvents(
  unit: Unit,
  { types, from, to, customerId }: KeptEvents,
): AsyncGenerator<KeptEvent[]> {
  const ofCustomer =
    customerId === undefined ? sql`customer_id is not null` : sql`customer_id = ${customerId}`
  await unit.tx.execute(sql`
    declare kept_events no scroll cursor for
    select event_key, customer_id, source, id, meter, subject, occurred_at, value, properties from usage_event event
    where not ${countsNothing(sql`event.event_key`)} and meter in ${among(types)} and ${ofCustomer}
      and occurred_at >= ${from.toISOString()}::timestamptz and occurred_at < ${to.toISOString()}::timestamptz
    order by customer_id, occurred_at, event_key`)
  for (;;) {
    const rows = await rowsOf<EventRow>(
      unit,
      sql`fetch forward ${sql.raw(String(eventsAPage))} from kept_events`,
    )
    if (rows.length > 0) yield rows.map(keptEventOf)
    if (rows.length < eventsAPage) break
  }
  await unit.tx.execute(sql`close kept_events`)
}

function keptEventOf(row: EventRow): KeptEvent {
  const { source, id, meter, subject, value, properties } = row
  const occurredAt = new Date(row.occurred_at)
  return {
    customerId: row.customer_id,
    key: row.event_key,
    event: { source, id, meter, subject, occurredAt, value, properties },
  }
}

/** When the billing periods are of the lines that sell a meter to each of these customers; bulk. */
export async function sellingTerms(
  reader: Reader,
  meter: string,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, PeriodTerms[]>> {
  const rows = await databaseOf(reader)
    .select({
      customerId: usageStanding.customerId,
      timeZone: usageStanding.timeZone,
      startsOn: usageStanding.startsOn,
      endsBefore: usageStanding.endsBefore,
      periodMonths: usageStanding.periodMonths,
    })
    .from(usageStanding)
    .where(and(eq(usageStanding.meter, meter), inArray(usageStanding.customerId, among(customerIds))))
    .orderBy(asc(usageStanding.customerId), asc(usageStanding.startsOn), asc(usageStanding.lineId))
  return Map.groupBy(rows, ({ customerId }) => customerId)
}
