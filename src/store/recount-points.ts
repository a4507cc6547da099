import { sql } from 'drizzle-orm'
import type { PointAggregation } from '../domain/aggregation.ts'
import { hourMilliseconds } from '../domain/calendar.ts'
import type { UsageDelta } from '../domain/entitlement-standing.ts'
import { countedBy, otherGroup, pointAggregationOf, typesOf, type MeterBook } from '../domain/meter-book.ts'
import { aggregationPeriods, setPeriods, type PeriodOfPair } from './contributed-periods.ts'
import { among, inputRows } from './json.ts'
import { shareMeterBook } from './meter-book-memory.ts'
import { eventsOfCustomer, isPutAway } from './meter-events.ts'
import { placedGroups } from './meter-groups.ts'
import { keepPoints, type NewPoint, type PointHour } from './meter-points.ts'
import { addToStandings, lockCounting } from './standings.ts'
import { noteLevels } from './usage-levels.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/**
 * Makes the readings of hours from the stored events anew, and sets what the hours of their billing periods contribute by them; meters that only add
 * up are left alone, and so is the number of events. What an event that no longer counts had told is gone by that. Answers by how much hours
 * changed. Throws RangeError where events of such an hour were put away.
 */
export async function recountPoints(
  unit: Unit,
  hours: readonly PointHour[],
  at: Date,
): Promise<UsageDelta[]> {
  await lockCounting(unit)
  const book = await shareMeterBook(unit)
  const looking = hours.flatMap((hour) => {
    const aggregation = pointAggregationOf(book, hour.meter)
    return aggregation === null ? [] : [{ ...hour, aggregation }]
  })
  if (looking.length === 0) return []
  const placed = await placedGroups(unit, looking)
  const points: NewPoint[] = []
  for (const hour of looking) points.push(...(await pointsOfHour(unit, book, hour, placed)))
  await dropPoints(unit, looking)
  await keepPoints(unit, points)
  const periodOf = await aggregationPeriods(unit, looking)
  const periods = new Map(
    looking.map((hour) => {
      const { customerId, meter, aggregation } = hour
      const period = { customerId, meter, aggregation, ...periodOf(hour) }
      return [`${customerId} ${meter} ${period.from.getTime()}`, period]
    }),
  )
  return setAndStand(unit, [...periods.values()], at)
}

/**
 * Sets what the hours of all billing periods of customers contribute, for meters that look at single readings: their periods may have moved. Belongs
 * in the unit that moves them.
 */
export async function aggregateAnew(
  unit: Unit,
  customerIds: readonly string[],
  at: Date,
): Promise<UsageDelta[]> {
  const rows = await rowsOf<{
    customer_id: string
    meter: string
    aggregation: PointAggregation
    first_at: string
    last_at: string
  }>(
    unit,
    sql`
    select customer_id, meter, aggregation, min(starts_at) as first_at, max(starts_at) as last_at from usage_point
    where customer_id in ${among(customerIds)} group by 1, 2, 3 order by 1, 2`,
  )
  const pairs = rows.map((row) => ({ customerId: row.customer_id, meter: row.meter }))
  const periodOf = await aggregationPeriods(unit, pairs)
  const periods = rows.flatMap(({ customer_id: customerId, meter, aggregation, first_at, last_at }) => {
    const last = new Date(last_at)
    // A level holds on in hours without readings.
    const until = aggregation === 'time-weighted' && last < at ? at : last
    const found: PeriodOfPair[] = []
    for (let startsAt = new Date(first_at); startsAt <= until;) {
      const period = periodOf({ customerId, meter, startsAt })
      found.push({ customerId, meter, aggregation, ...period })
      startsAt = period.to
    }
    return found
  })
  return setAndStand(unit, periods, at)
}

async function setAndStand(unit: Unit, periods: readonly PeriodOfPair[], at: Date): Promise<UsageDelta[]> {
  await noteLevels(unit, periods, at)
  const deltas = await setPeriods(unit, periods, at)
  await addToStandings(unit, deltas, at)
  return deltas
}

type LookingHour = PointHour & { readonly aggregation: PointAggregation }

async function pointsOfHour(
  unit: Unit,
  book: MeterBook,
  { customerId, meter, startsAt }: LookingHour,
  placed: ReadonlySet<string>,
): Promise<NewPoint[]> {
  const to = new Date(startsAt.getTime() + hourMilliseconds)
  const wanted = { customerId, types: typesOf(book, meter), from: startsAt, to }
  if (await isPutAway(unit, wanted))
    throw new RangeError(`Events of ${meter} at ${startsAt.toISOString()} were put away and cannot be read`)
  const points: NewPoint[] = []
  for await (const page of eventsOfCustomer(unit, wanted)) {
    for (const { event, key } of page)
      for (const counted of countedBy(book, event, key)) {
        if (counted.kind !== 'point' || counted.meter !== meter) continue
        const { group } = counted
        const hasPlace = group === '' || placed.has(`${customerId} ${meter} ${group}`)
        points.push({ ...counted, customerId, startsAt, group: hasPlace ? group : otherGroup })
      }
  }
  return points
}

async function dropPoints(unit: Unit, hours: readonly PointHour[]): Promise<void> {
  const rows = hours.map(({ customerId, meter, startsAt }) => {
    return { customer_id: customerId, meter, starts_at: startsAt }
  })
  await unit.tx.execute(sql`
    delete from usage_point held using ${inputRows(rows, 'customer_id text, meter text, starts_at timestamptz')}
    where held.customer_id = input.customer_id and held.meter = input.meter and held.starts_at = input.starts_at`)
}
