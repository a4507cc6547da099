import { inArray, and, eq, asc, sql, type SQL } from 'drizzle-orm'
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
  /** Only those received after, or not after, an instant. */
  readonly received?: { readonly after: Date } | { readonly until: Date }
}

/** A stored event of a customer as the driver reads it. */
export type EventRow = {
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
export async function* keptEvents(unit: Unit, wanted: KeptEvents): AsyncGenerator<KeptEvent[]> {
  await unit.tx.execute(sql`
    declare kept_events no scroll cursor for
    select ${eventColumns} from usage_event where ${areWanted(wanted)}
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

/** As `keptEvents`, of one customer and where no unit is at hand; each page is looked up by the end of the one before. */
export async function* eventsOfCustomer(
  reader: Reader,
  wanted: KeptEvents & { readonly customerId: string },
): AsyncGenerator<KeptEvent[]> {
  for (let after = sql`true`; ;) {
    const rows = await rowsOf<EventRow>(
      reader,
      sql`
      select ${eventColumns} from usage_event where ${areWanted(wanted)} and ${after}
      order by occurred_at, event_key limit ${eventsAPage}`,
    )
    if (rows.length > 0) yield rows.map(keptEventOf)
    const last = rows.at(-1)
    if (last === undefined || rows.length < eventsAPage) return
    after = sql`(occurred_at, event_key) > (${last.occurred_at}::timestamptz, ${last.event_key}::uuid)`
  }
}

/** Whether events of these types of a customer that lie in a time were put away. */
export async function isPutAway(
  reader: Reader,
  { customerId, types, from, to }: KeptEvents & { readonly customerId: string },
): Promise<boolean> {
  const rows = await rowsOf(
    reader,
    sql`
    select from usage_archived_sum where customer_id = ${customerId} and meter in ${among(types)}
      and first_at < ${to.toISOString()}::timestamptz and last_at >= ${from.toISOString()}::timestamptz limit 1`,
  )
  return rows.length > 0
}

const eventColumns = sql`event_key, customer_id, source, id, meter, subject, occurred_at, value, properties`

/** Which stored events are read wherever use is counted again from them: none that was corrected, and no retraction. */
function areWanted({ types, from, to, customerId, received }: KeptEvents): SQL {
  const ofCustomer =
    customerId === undefined ? sql`customer_id is not null` : sql`customer_id = ${customerId}`
  return sql`not ${countsNothing(sql`event_key`)} and meter in ${among(types)} and ${ofCustomer} and ${areReceived(received)}
    and occurred_at >= ${from.toISOString()}::timestamptz and occurred_at < ${to.toISOString()}::timestamptz`
}

function areReceived(received: KeptEvents['received']): SQL {
  if (received === undefined) return sql`true`
  return 'after' in received
    ? sql`received_at > ${received.after.toISOString()}::timestamptz`
    : sql`received_at <= ${received.until.toISOString()}::timestamptz`
}

/** The event that a row holds. */
export function keptEventOf(row: EventRow): KeptEvent {
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
