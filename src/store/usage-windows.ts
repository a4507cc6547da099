import { and, asc, eq, gte, lt, sql, type SQL } from 'drizzle-orm'
import { hourMilliseconds } from '../domain/calendar.ts'
import type { Reading } from '../domain/told-usage.ts'
import type { UsageEvent, UsageWindow } from '../domain/usage.ts'
import { among, inputRows } from './json.ts'
import { usageEvent, usageWindow } from './schema.ts'
import { databaseOf, rowsOf, type Reader } from './unit-of-work.ts'
import { countsNothing, isVoided } from './usage-corrections.ts'
import { pendingOf } from './usage-pending.ts'

/** An hour of use, and how much of it the billing provider has been told. */
export type StoredWindow = UsageWindow & {
  readonly reportedRevision: number
  readonly reportedQuantity: string
  /** Up to which revision the provider refused it. */
  readonly refusedRevision: number
  /** What is being told, from before it is sent until the provider has answered. */
  readonly sendingRevision: number | null
  readonly sendingQuantity: string | null
  readonly sendingValue: string | null
  /** How often use of the hour was found missing at the provider and told anew. */
  readonly retellings: number
  /** The provider's own sum of the hour when we last looked, and when that was; null while there was no reason to look. */
  readonly countedQuantity: string | null
  readonly countedAt: Date | null
  /** What went to an invoice as an amount of ours. */
  readonly chargedQuantity: string
  readonly changedAt: Date
}

/** The provider's sum of an hour when we last looked; null when we did not. */
export function earlierReading({ countedQuantity, countedAt }: StoredWindow): Reading | null {
  return countedQuantity === null || countedAt === null ? null : { quantity: countedQuantity, at: countedAt }
}

export type WindowKey = Pick<UsageWindow, 'customerId' | 'meter' | 'startsAt'>

/** One hour; null when nothing was used in it. */
export async function windowOf(reader: Reader, key: WindowKey): Promise<StoredWindow | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(usageWindow)
    .where(
      and(
        eq(usageWindow.customerId, key.customerId),
        eq(usageWindow.meter, key.meter),
        eq(usageWindow.startsAt, key.startsAt),
      ),
    )
  return row ?? null
}

/** A stretch of time of one customer and meter; `to` is not in it. */
export type UsageRange = {
  readonly customerId: string
  readonly meter: string
  readonly from: Date
  readonly to: Date
}

const rangeColumns =
  'ordinal integer, customer_id text, meter text, range_from timestamptz, range_to timestamptz'

/**
 * What was used in each range, as exact decimals in the order asked; bulk. Whole hours are read from the hourly sums and from what is not counted
 * yet; where a range begins or ends within an hour (a zone such as Asia/Kolkata), that hour's events are added up. Throws RangeError where that
 * would be events of a meter that has a definition.
 */
export async function usageOfRanges(reader: Reader, ranges: readonly UsageRange[]): Promise<string[]> {
  const [customerId, meter] = [sql`input.customer_id`, sql`input.meter`]
  return sumsWithin(
    reader,
    ranges,
    pendingOf({ customerId, meter, from: sql`first_hour`, to: sql`last_hour` }),
  )
}

/** As `usageOfRanges`, without what is not counted yet. */
export async function countedUsageOfRanges(reader: Reader, ranges: readonly UsageRange[]): Promise<string[]> {
  return sumsWithin(reader, ranges, sql`0`)
}

async function sumsWithin(reader: Reader, ranges: readonly UsageRange[], pending: SQL): Promise<string[]> {
  if (ranges.length === 0) return []
  await refusePartHours(reader, ranges)
  const sums = await rowsOf<{ quantity: string }>(
    reader,
    sql`
    with input as materialized (
      select *, date_trunc('hour', range_from + interval '1 hour' - interval '1 microsecond', 'UTC') as first_hour,
        date_trunc('hour', range_to, 'UTC') as last_hour
      from ${inputRows(rangeRows(ranges), rangeColumns)}
    )
    select trim_scale(
      (select coalesce(sum(quantity), 0) from usage_window held
        where held.customer_id = input.customer_id and held.meter = input.meter
          and held.starts_at >= first_hour and held.starts_at < last_hour)
      + ${pending}
      + (select coalesce(sum(value), 0) from usage_event event
        where event.customer_id = input.customer_id and event.meter = input.meter and not ${isVoided(sql`event.event_key`)}
          and ((event.occurred_at >= range_from and event.occurred_at < least(first_hour, range_to))
            or (event.occurred_at >= greatest(last_hour, first_hour) and event.occurred_at < range_to)))
    ) as quantity
    from input order by ordinal`,
  )
  return sums.map((row) => row.quantity)
}

/** What a definition counts of an hour is known for the hour alone. */
async function refusePartHours(reader: Reader, ranges: readonly UsageRange[]): Promise<void> {
  const isPart = (at: Date) => at.getTime() % hourMilliseconds !== 0
  const meters = ranges.filter(({ from, to }) => isPart(from) || isPart(to)).map(({ meter }) => meter)
  if (meters.length === 0) return
  const [defined] = await rowsOf<{ meter: string }>(
    reader,
    sql`
    select asked.meter from ${among(meters)} as asked(meter)
      join meter_version version on asked.meter in (version.meter, version.definition->>'eventType') limit 1`,
  )
  if (defined !== undefined) throw new RangeError(`Use of ${defined.meter} is known by whole hours`)
}

/**
 * What of each range of whole hours was received after an instant, less what was corrected after it, as exact decimals in the order asked, of
 * meters that nobody defined; bulk. Reads only hours that changed since.
 */
export async function usageReceivedAfter(
  reader: Reader,
  ranges: readonly UsageRange[],
  since: Date,
): Promise<string[]> {
  const at = sql`${since.toISOString()}::timestamptz`
  return sumsOfRanges(
    reader,
    ranges,
    sql`
    select coalesce(sum(value), 0) - (select coalesce(sum(corrected.quantity), 0) from usage_correction corrected
      where corrected.customer_id = input.customer_id and corrected.meter = input.meter and corrected.received_at > ${at}
        and corrected.occurred_at >= range_from and corrected.occurred_at < range_to)
    from usage_window held join usage_event event using (customer_id, meter)
    where held.customer_id = input.customer_id and held.meter = input.meter
      and held.starts_at >= range_from and held.starts_at < range_to and held.changed_at > ${at}
      and event.occurred_at >= held.starts_at and event.occurred_at < held.starts_at + interval '1 hour'
      and event.received_at > ${at}`,
  )
}

/** What the provider's meter was told of each range of whole hours, as exact decimals in the order asked; bulk. */
export async function toldInRanges(reader: Reader, ranges: readonly UsageRange[]): Promise<string[]> {
  return sumsOfRanges(
    reader,
    ranges,
    sql`
    select sum(reported_quantity) from usage_window held
    where held.customer_id = input.customer_id and held.meter = input.meter
      and held.starts_at >= range_from and held.starts_at < range_to`,
  )
}

/**
 * What of each range of whole hours the provider or an invoice has, or should have because the hour has not changed since an instant; as exact
 * decimals in the order asked; bulk.
 */
export async function dueInRanges(
  reader: Reader,
  ranges: readonly UsageRange[],
  changedBy: Date,
): Promise<string[]> {
  return sumsOfRanges(
    reader,
    ranges,
    sql`
    select sum(case when changed_at <= ${changedBy.toISOString()}::timestamptz then quantity else reported_quantity + charged_quantity end)
    from usage_window held
    where held.customer_id = input.customer_id and held.meter = input.meter
      and held.starts_at >= range_from and held.starts_at < range_to`,
  )
}

async function sumsOfRanges(reader: Reader, ranges: readonly UsageRange[], sum: SQL): Promise<string[]> {
  if (ranges.length === 0) return []
  const input = inputRows(rangeRows(ranges), rangeColumns)
  const sums = await rowsOf<{ quantity: string }>(
    reader,
    sql`select trim_scale(coalesce((${sum}), 0)) as quantity from ${input} order by ordinal`,
  )
  return sums.map((row) => row.quantity)
}

function rangeRows(ranges: readonly UsageRange[]) {
  return ranges.map(({ customerId, meter, from, to }, ordinal) => ({
    ordinal,
    customer_id: customerId,
    meter,
    range_from: from,
    range_to: to,
  }))
}

/** What a customer used of a meter from `from` up to but not including `to`, as an exact decimal. */
export async function usageOfMonth(
  reader: Reader,
  customerId: string,
  meter: string,
  from: Date,
  to: Date,
): Promise<string> {
  const [quantity] = await usageOfRanges(reader, [{ customerId, meter, from, to }])
  return quantity as string
}

/** The hours of a customer and meter in a range of time, in order; at most `limit`. */
export async function listWindows(
  reader: Reader,
  { customerId, meter, from, to }: UsageRange,
  limit = 1000,
): Promise<StoredWindow[]> {
  return databaseOf(reader)
    .select()
    .from(usageWindow)
    .where(
      and(
        eq(usageWindow.customerId, customerId),
        eq(usageWindow.meter, meter),
        gte(usageWindow.startsAt, from),
        lt(usageWindow.startsAt, to),
      ),
    )
    .orderBy(asc(usageWindow.startsAt))
    .limit(limit)
}

/** The events of a customer and meter in a range of time, in order; at most `limit`. */
export async function listEvents(
  reader: Reader,
  { customerId, meter, from, to }: UsageRange,
  limit = 1000,
): Promise<(UsageEvent & { receivedAt: Date })[]> {
  return databaseOf(reader)
    .select({
      source: usageEvent.source,
      id: usageEvent.id,
      meter: usageEvent.meter,
      subject: usageEvent.subject,
      occurredAt: usageEvent.occurredAt,
      receivedAt: usageEvent.receivedAt,
      value: usageEvent.value,
      properties: usageEvent.properties,
    })
    .from(usageEvent)
    .where(
      and(
        eq(usageEvent.customerId, customerId),
        eq(usageEvent.meter, meter),
        gte(usageEvent.occurredAt, from),
        lt(usageEvent.occurredAt, to),
      ),
    )
    .orderBy(asc(usageEvent.occurredAt), asc(usageEvent.eventKey))
    .limit(limit)
}

/** The meters a customer has used, in order of their names. */
export async function metersOfCustomer(reader: Reader, customerId: string): Promise<string[]> {
  const rows = await databaseOf(reader)
    .selectDistinct({ meter: usageWindow.meter })
    .from(usageWindow)
    .where(eq(usageWindow.customerId, customerId))
    .orderBy(usageWindow.meter)
  return rows.map((row) => row.meter)
}

/** Subjects that name no customer, with how many events wait and since when, the largest first. */
export async function unmatchedSubjects(
  reader: Reader,
  limit = 100,
): Promise<{ subject: string; count: number; oldestAt: Date }[]> {
  const rows = await rowsOf<{ subject: string; count: string; oldest_at: string }>(
    reader,
    sql`
    select subject, count(*), min(occurred_at) as oldest_at from usage_event event
    where customer_id is null and not ${countsNothing(sql`event.event_key`)}
    group by subject order by count(*) desc, subject limit ${limit}`,
  )
  return rows.map((row) => ({
    subject: row.subject,
    count: Number(row.count),
    oldestAt: new Date(row.oldest_at),
  }))
}
