import { sql } from 'drizzle-orm'
import type { Levels, Point, PointAggregation } from '../domain/aggregation.ts'
import { otherGroup } from '../domain/meter-book.ts'
import { hashOf } from './fingerprint.ts'
import { inputRows } from './json.ts'
import type { UsageRange } from './usage-windows.ts'
import { rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A reading of a customer and meter to be kept; `key` is what its event is known by, a UUID. */
export type NewPoint = Point & {
  readonly customerId: string
  readonly meter: string
  readonly aggregation: PointAggregation
  /** The hour it lies in. */
  readonly startsAt: Date
}

/** An hour of a customer and meter that has readings. */
export type PointHour = Pick<NewPoint, 'customerId' | 'meter' | 'startsAt'>

const pointColumns =
  'customer_id text, meter text, group_key text, starts_at timestamptz, slot uuid, aggregation text, occurred_at timestamptz, ' +
  'event_key uuid, value numeric'

/** Where only one reading of an hour stands. */
const onlySlot = '00000000-0000-0000-0000-000000000000'

/**
 * Keeps of each hour and group the readings it needs: the highest, the latest, the first of each member, or every level. Bulk. The rows are
 * the same in whatever order and how often readings come, so units may do this side by side; each takes rows in the order of their keys.
 * Answers the hours that have other readings than before.
 */
export async function keepPoints(unit: Unit, points: readonly NewPoint[]): Promise<PointHour[]> {
  if (points.length === 0) return []
  const rows = await rowsOf<{ customer_id: string; meter: string; starts_at: string }>(
    unit,
    sql`
    insert into usage_point as held (customer_id, meter, group_key, starts_at, slot, aggregation, occurred_at, event_key, value)
    select distinct on (customer_id, meter, group_key, starts_at, slot)
      customer_id, meter, group_key, starts_at, slot, aggregation, occurred_at, event_key, value
    from ${inputRows(points.map(pointRow), pointColumns)}
    order by customer_id, meter, group_key, starts_at, slot,
      case when aggregation = 'maximum' then value end desc nulls last,
      case when aggregation = 'last' then occurred_at end desc nulls last,
      case when aggregation = 'last' then event_key end desc nulls last,
      occurred_at, event_key
    on conflict (customer_id, meter, group_key, starts_at, slot) do update set
      occurred_at = excluded.occurred_at, event_key = excluded.event_key, value = excluded.value
    where case excluded.aggregation
      when 'maximum' then (excluded.value, held.occurred_at, held.event_key) > (held.value, excluded.occurred_at, excluded.event_key)
      when 'last' then (excluded.occurred_at, excluded.event_key) > (held.occurred_at, held.event_key)
      when 'unique' then (excluded.occurred_at, excluded.event_key) < (held.occurred_at, held.event_key)
      else false end
    returning customer_id, meter, starts_at`,
  )
  const hours = new Map(rows.map((row) => [`${row.customer_id} ${row.meter} ${row.starts_at}`, row]))
  return Array.from(hours.values(), ({ customer_id: customerId, meter, starts_at }) => {
    return { customerId, meter, startsAt: new Date(starts_at) }
  })
}

function pointRow(point: NewPoint) {
  const { customerId, meter, group, startsAt, aggregation, atMilliseconds, key, value } = point
  return {
    customer_id: customerId,
    meter,
    group_key: group,
    starts_at: startsAt,
    slot: slotOf(point),
    aggregation,
    occurred_at: new Date(atMilliseconds),
    event_key: key,
    value: aggregation === 'unique' ? null : value,
  }
}

/** What may stand beside other readings in an hour. Members may be long and may name people, so they are told apart by a hash: the first 16 bytes of SHA-256. */
export function slotOf({ aggregation, key, value }: NewPoint): string {
  if (aggregation === 'unique') return hashOf(value).slice(0, 32)
  return aggregation === 'time-weighted' ? key : onlySlot
}

/** The readings kept of a customer and meter in a range of whole hours, by group and hour, as `contributionsOf` takes them. */
export async function pointsOf(
  reader: Reader,
  { customerId, meter, from, to }: UsageRange,
): Promise<Point[]> {
  const rows = await rowsOf<{ group: string; at: number; key: string; value: string }>(
    reader,
    // Periods may hold many thousands: only what is asked for is read, as the driver gives it.
    sql`
    select group_key as group, (extract(epoch from occurred_at) * 1000)::float8 as at, event_key as key,
      coalesce(value::text, slot::text) as value
    from usage_point
    where customer_id = ${customerId} and meter = ${meter}
      and starts_at >= ${from.toISOString()}::timestamptz and starts_at < ${to.toISOString()}::timestamptz
    order by group_key, starts_at, slot`,
  )
  return rows.map(({ group, at, key, value }) => ({ group, atMilliseconds: at, key, value }))
}

/** The level of each group of a `time-weighted` meter just before an instant on the hour: its last reading of all time before. */
export async function levelsBefore(
  reader: Reader,
  { customerId, meter, from }: Pick<UsageRange, 'customerId' | 'meter' | 'from'>,
): Promise<Levels> {
  const rows = await rowsOf<{ group_key: string; value: string }>(
    reader,
    sql`
    select named.group_key, level.value from (
      select '' as group_key union all select ${otherGroup}
      union all select group_key from usage_group where customer_id = ${customerId} and meter = ${meter}
    ) as named cross join lateral (
      select value from usage_point held
      where customer_id = ${customerId} and meter = ${meter} and held.group_key = named.group_key
        and starts_at < ${from.toISOString()}::timestamptz and aggregation = 'time-weighted'
      order by starts_at desc, occurred_at desc, event_key desc limit 1
    ) as level`,
  )
  return new Map(rows.map((row) => [row.group_key, row.value]))
}
