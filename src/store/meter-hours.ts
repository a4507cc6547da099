import { sql } from 'drizzle-orm'
import { contributionsOf, signedDecimalOf, type PointAggregation } from '../domain/aggregation.ts'
import { finestParts } from '../domain/exact-sum.ts'
import type { AggregationPeriod } from '../domain/meter-period.ts'
import type { GroupHour } from './meter-groups.ts'
import { inputRows } from './json.ts'
import { levelsBefore, pointsOf, slotOf, type NewPoint } from './meter-points.ts'
import type { UsageRange } from './usage-windows.ts'
import { rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A billing period of a customer and a meter that looks at single readings. */
export type ContributedPeriod = UsageRange & {
  readonly aggregation: PointAggregation
  /** Hours that begin then or later are left out; of a time-weighted meter they are yet to come. */
  readonly until?: Date
}

/** What the hours of a period contribute to it, together and group by group; exact decimals that may be negative. */
export type ContributedHours = {
  readonly totals: readonly { readonly startsAt: Date; readonly quantity: string }[]
  /** With no events of their own: whoever adds events knows their number. */
  readonly groups: readonly GroupHour[]
}

/**
 * What each hour of a period contributes by the readings kept so far, in time order. It is the whole truth of the period: an hour it does not
 * tell contributes nothing, and one that is told may contribute less than it did before.
 */
export async function contributedHours(
  reader: Reader,
  { aggregation, until, ...range }: ContributedPeriod,
): Promise<ContributedHours> {
  const { customerId, meter, from, to } = range
  const points = await pointsOf(reader, range)
  const levels =
    aggregation === 'time-weighted' ? await levelsBefore(reader, range) : new Map<string, string>()
  const period = { from, to, ...(until === undefined ? {} : { until }) }
  const contributions = contributionsOf(aggregation, points, period, levels)
  const sums = new Map<number, bigint>()
  for (const { startsAt, quantity } of contributions)
    sums.set(startsAt.getTime(), (sums.get(startsAt.getTime()) ?? 0n) + finestParts(quantity))
  return {
    totals: [...sums]
      .sort(([left], [right]) => left - right)
      .map(([at, parts]) => ({ startsAt: new Date(at), quantity: signedDecimalOf(parts) })),
    groups: contributions.map((contribution) => ({ ...contribution, customerId, meter, eventCount: 0 })),
  }
}

/** A member that a reading not kept yet tells of, and the period in which it counts once. */
export type NewMember = NewPoint & { readonly period: AggregationPeriod }

/**
 * By how much readings of `unique` meters change what hours contribute: a member counts in the first hour of its period in which it was seen,
 * and no more in a later one. Bulk; asked in the unit that keeps the readings, before it does, by one unit at a time. It costs one look for each
 * member, where `contributedHours` reads the whole period; both come to the same.
 */
export async function memberChanges(unit: Unit, members: readonly NewMember[]): Promise<GroupHour[]> {
  if (members.length === 0) return []
  const rows = await rowsOf<ChangeRow>(
    unit,
    sql`
    with asked as materialized (
      select customer_id, meter, group_key, slot, period_from, period_to, min(starts_at) as starts_at
      from ${inputRows(members.map(memberRow), memberColumns)} group by 1, 2, 3, 4, 5, 6
    ), found as materialized (
      select asked.*, (select min(held.starts_at) from usage_point held
        where held.customer_id = asked.customer_id and held.meter = asked.meter and held.group_key = asked.group_key
          and held.slot = asked.slot and held.aggregation = 'unique'
          and held.starts_at >= asked.period_from and held.starts_at < asked.period_to) as held_at
      from asked
    ), moved as (
      select customer_id, meter, group_key, starts_at, 1 as change from found where held_at is null or starts_at < held_at
      union all
      select customer_id, meter, group_key, held_at, -1 from found where starts_at < held_at
    )
    select customer_id, meter, group_key, starts_at, sum(change) as quantity from moved
    group by 1, 2, 3, 4 having sum(change) <> 0 order by 1, 2, 3, 4`,
  )
  return rows.map((row) => ({
    customerId: row.customer_id,
    meter: row.meter,
    group: row.group_key,
    startsAt: new Date(row.starts_at),
    quantity: row.quantity,
    eventCount: 0,
  }))
}

type ChangeRow = {
  customer_id: string
  meter: string
  group_key: string
  starts_at: string
  quantity: string
}

const memberColumns =
  'customer_id text, meter text, group_key text, slot uuid, starts_at timestamptz, period_from timestamptz, period_to timestamptz'

function memberRow(member: NewMember) {
  const { customerId, meter, group, startsAt, period } = member
  return {
    customer_id: customerId,
    meter,
    group_key: group,
    slot: slotOf(member),
    starts_at: startsAt,
    period_from: period.from,
    period_to: period.to,
  }
}
