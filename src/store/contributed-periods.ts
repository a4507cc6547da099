import { sql } from 'drizzle-orm'
import type { PointAggregation } from '../domain/aggregation.ts'
import { hourMilliseconds } from '../domain/calendar.ts'
import type { UsageDelta } from '../domain/entitlement-standing.ts'
import { aggregationPeriod, type AggregationPeriod } from '../domain/meter-period.ts'
import { inputRows } from './json.ts'
import { sellingTerms } from './meter-events.ts'
import { setGroupHours } from './meter-groups.ts'
import { contributedHours } from './meter-hours.ts'
import type { PointHour } from './meter-points.ts'
import type { UsagePair } from './usage-due.ts'
import { rowsOf, type Reader, type Unit } from './unit-of-work.ts'
import type { UsageRange } from './usage-windows.ts'

/** A billing period of a customer and a meter that looks at single readings. */
export type PeriodOfPair = UsageRange & { readonly aggregation: PointAggregation }

/** Makes ready to tell in which period hours of these customers and meters are aggregated; one look for each meter. */
export async function aggregationPeriods(
  reader: Reader,
  pairs: readonly UsagePair[],
): Promise<(hour: PointHour) => AggregationPeriod> {
  const selling = new Map<string, Awaited<ReturnType<typeof sellingTerms>>>()
  for (const [meter, ofMeter] of Map.groupBy(pairs, (pair) => pair.meter))
    selling.set(
      meter,
      await sellingTerms(reader, meter, [...new Set(ofMeter.map(({ customerId }) => customerId))]),
    )
  const known = new Map<string, AggregationPeriod[]>()
  return ({ customerId, meter, startsAt }) => {
    const key = `${customerId} ${meter}`
    const periods = known.get(key) ?? []
    const found = periods.find(({ from, to }) => from <= startsAt && startsAt < to)
    if (found !== undefined) return found
    const period = aggregationPeriod(selling.get(meter)?.get(customerId) ?? [], startsAt)
    known.set(key, [...periods, period])
    return period
  }
}

/**
 * Sets what every hour of these periods contributes by the readings that are kept, in total and by group. Levels are told as far as the hour under
 * way. Belongs under `lockCounting`. Answers by how much hours changed.
 */
export async function setPeriods(
  unit: Unit,
  periods: readonly PeriodOfPair[],
  at: Date,
): Promise<UsageDelta[]> {
  const deltas: UsageDelta[] = []
  for (const period of periods) deltas.push(...(await setPeriod(unit, period, at)))
  return deltas
}

async function setPeriod(unit: Unit, period: PeriodOfPair, at: Date): Promise<UsageDelta[]> {
  const { customerId, meter, from, to, aggregation } = period
  const until = aggregation === 'time-weighted' ? { until: hourAfter(at) } : {}
  const { totals, groups } = await contributedHours(unit, {
    customerId,
    meter,
    from,
    to,
    aggregation,
    ...until,
  })
  if (groups.every(({ group }) => group !== '')) {
    await setGroupHours(unit, groups)
    await emptyOtherGroups(unit, period, groups)
  }
  return setHours(unit, period, totals, at)
}

/** The first hour that has not begun. */
export function hourAfter(at: Date): Date {
  return new Date((Math.floor(at.getTime() / hourMilliseconds) + 1) * hourMilliseconds)
}

type Hour = { readonly startsAt: Date; readonly quantity: string }

/** Sets the hours of a period, in the order of their keys; those that are not told contribute nothing. */
async function setHours(
  unit: Unit,
  { customerId, meter, from, to }: UsageRange,
  hours: readonly Hour[],
  at: Date,
): Promise<UsageDelta[]> {
  const told = hours.map(({ startsAt, quantity }) => ({ starts_at: startsAt, quantity }))
  const changed = await rowsOf<{ starts_at: string; change: string }>(
    unit,
    sql`
    with told as materialized (select * from ${inputRows(told, 'starts_at timestamptz, quantity numeric')}),
    held as materialized (
      select starts_at, quantity from usage_window where customer_id = ${customerId} and meter = ${meter}
        and starts_at >= ${from.toISOString()}::timestamptz and starts_at < ${to.toISOString()}::timestamptz
    ), changed as materialized (
      select starts_at, coalesce(told.quantity, 0) as quantity, coalesce(told.quantity, 0) - coalesce(held.quantity, 0) as change
      from told full join held using (starts_at)
      where coalesce(told.quantity, 0) <> coalesce(held.quantity, 0)
    ), saved as (
      insert into usage_window as old (customer_id, meter, starts_at, quantity, event_count, revision, changed_at)
      select ${customerId}, ${meter}, starts_at, quantity, 0, 1, ${at.toISOString()}::timestamptz from changed order by starts_at
      on conflict (customer_id, meter, starts_at) do update set
        quantity = excluded.quantity, revision = old.revision + 1, changed_at = excluded.changed_at
    )
    select starts_at, trim_scale(change)::text as change from changed order by starts_at`,
  )
  return changed.map(({ starts_at, change }) => {
    return { customerId, meter, startsAt: new Date(starts_at), quantity: change }
  })
}

/** What a group had of hours that no reading of it tells any more. */
async function emptyOtherGroups(
  unit: Unit,
  { customerId, meter, from, to }: UsageRange,
  told: readonly { readonly group: string; readonly startsAt: Date }[],
): Promise<void> {
  const rows = told.map(({ group, startsAt }) => ({ group_key: group, starts_at: startsAt }))
  await unit.tx.execute(sql`
    update usage_group_window set quantity = 0
    where customer_id = ${customerId} and meter = ${meter} and quantity <> 0
      and starts_at >= ${from.toISOString()}::timestamptz and starts_at < ${to.toISOString()}::timestamptz
      and (group_key, starts_at) not in (select group_key, starts_at from ${inputRows(rows, 'group_key text, starts_at timestamptz')})`)
}
