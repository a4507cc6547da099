import { sql, type SQL } from 'drizzle-orm'
import { rangeOfMonth, type DateRange } from '../domain/calendar.ts'
import { daysBesides, type OpenDays } from '../domain/days-besides.ts'
import { provenDays } from './proven-usage.ts'
import { archivedUsageMonths } from './usage-archive.ts'
import { rowsOf, type Store, type Unit } from './unit-of-work.ts'

/**
 * What a customer used of a meter: accepted events, what of them was corrected and counts no longer, what is pending, hours added up, what of them
 * was sent, and what of them was charged, as the hours and as the charges have it. Exact decimals.
 */
export type UsageSums = {
  readonly customerId: string
  readonly meter: string
  readonly accepted: string
  readonly voided: string
  /** What came, or was corrected, since hours were counted last. */
  readonly pending: string
  readonly inWindows: string
  readonly reported: string
  readonly charged: string
  readonly inCharges: string
  readonly firstAt: Date
  readonly lastAt: Date
}

/**
 * Usage of every customer and meter from both sides, in one state of the database. Events are added up here, but for days whose sums are proven and
 * hold, and for months that were put away, also while their events are here as copies.
 */
export function usageSums(store: Pick<Store, 'unitOfWork'>): Promise<UsageSums[]> {
  return store.unitOfWork(async (unit) => {
    await unit.tx.execute(sql`set transaction isolation level repeatable read`)
    const proven = await provenDays(unit)
    const archived = await archivedUsageMonths(unit)
    return sumsBeside(unit, proven, [...proven, ...archived.map(({ month }) => rangeOfMonth(month))])
  })
}

type SumsRow = {
  customer_id: string
  meter: string
  accepted: string
  voided: string
  pending: string
  in_windows: string
  reported: string
  charged: string
  in_charges: string
  first_at: string
  last_at: string
}

async function sumsBeside(
  unit: Unit,
  proven: readonly DateRange[],
  covered: readonly DateRange[],
): Promise<UsageSums[]> {
  const rows = await rowsOf<SumsRow>(
    unit,
    sql`
    with events as (
      select customer_id, meter, sum(value) as accepted from (${useAccepted(proven, covered)}) as added_up(customer_id, meter, value)
      group by 1, 2
    ), corrections as (
      select customer_id, meter, sum(quantity) as voided from usage_correction where customer_id is not null group by 1, 2
    ), waiting as (
      select split_part(line, e'\\t', 1) as customer_id, split_part(line, e'\\t', 2) as meter, sum(split_part(line, e'\\t', 4)::numeric) as pending
      from usage_pending, string_to_table(hours, e'\\n') as line group by 1, 2
    ), windows as (
      select customer_id, meter, sum(quantity) as in_windows, sum(reported_quantity) as reported,
        sum(charged_quantity) as charged, min(starts_at) as first_at, max(starts_at) as last_at
      from usage_window group by 1, 2
    ), charges as (
      select customer_id, meter, sum(further_quantity) as in_charges from usage_charge group by 1, 2
    )
    select customer_id, meter, trim_scale(coalesce(accepted, 0))::text as accepted,
      trim_scale(coalesce(voided, 0))::text as voided, trim_scale(coalesce(pending, 0))::text as pending,
      trim_scale(coalesce(in_windows, 0))::text as in_windows, trim_scale(coalesce(reported, 0))::text as reported,
      trim_scale(coalesce(charged, 0))::text as charged, trim_scale(coalesce(in_charges, 0))::text as in_charges,
      first_at::text as first_at, last_at::text as last_at
    from events full join windows using (customer_id, meter) left join charges using (customer_id, meter)
      left join corrections using (customer_id, meter) left join waiting using (customer_id, meter)
    order by 1, 2`,
  )
  return rows.map(sumsOf)
}

function useAccepted(proven: readonly DateRange[], covered: readonly DateRange[]): SQL {
  const months = `{${proven.map(({ startsOn }) => startsOn).join()}}`
  return sql`
    select customer_id, meter, sum(value) from usage_event where customer_id is not null and ${cameOn(daysBesides(covered))} group by 1, 2
    union all
    select customer_id, meter, quantity from usage_proven_sum where month = any(${months}::date[])
    union all
    select customer_id, meter, quantity from usage_archived_sum`
}

function cameOn(days: readonly OpenDays[]): SQL {
  const conditions = days.map(({ startsOn, endsBefore }) => {
    const from = startsOn === null ? sql`true` : sql`received_on >= ${startsOn}::date`
    const to = endsBefore === null ? sql`true` : sql`received_on < ${endsBefore}::date`
    return sql`(${from} and ${to})`
  })
  return sql`(${sql.join(conditions, sql` or `)})`
}

function sumsOf({ customer_id, in_windows, in_charges, first_at, last_at, ...same }: SumsRow): UsageSums {
  return {
    ...same,
    customerId: customer_id,
    inWindows: in_windows,
    inCharges: in_charges,
    firstAt: new Date(first_at),
    lastAt: new Date(last_at),
  }
}
