import { sql } from 'drizzle-orm'
import { CountedSum } from '../domain/counted-sum.ts'
import {
  countedBy,
  metersIn,
  otherGroup,
  pointAggregationOf,
  typesOf,
  type MeterBook,
  type Reading,
} from '../domain/meter-book.ts'
import { aggregationPeriods, hourAfter } from './contributed-periods.ts'
import { among, inputRows } from './json.ts'
import { keptEvents, type KeptEvent } from './meter-events.ts'
import { placedGroups } from './meter-groups.ts'
import { levelsBefore } from './meter-points.ts'
import { readMeterBook } from './meters.ts'
import type { UsagePair } from './usage-due.ts'
import { rowsOf, type Reader, type Unit } from './unit-of-work.ts'

const dayMilliseconds = 86_400_000

/** What a customer used of a meter by the stored events, and by the hours; exact decimals. */
type UseFromBothSides = UsagePair & { readonly accepted: string; readonly inWindows: string }

/** Use of all meters that definitions have a word of. */
export type DefinedUse = {
  readonly meters: ReadonlySet<string>
  readonly uses: readonly UseFromBothSides[]
}

/**
 * Adds up the stored events of customers once more, as definitions count them, beside the hours. What was put away cannot be read any more, so hours
 * it may lie in are left out on both sides. Reads one state of the database: the unit must not have read before.
 */
export async function definedUse(unit: Unit, now: Date): Promise<DefinedUse> {
  await unit.tx.execute(sql`set transaction isolation level repeatable read`)
  const { book } = await readMeterBook(unit)
  const meters = new Set(metersIn(book))
  if (meters.size === 0) return { meters, uses: [] }
  const starts = await startsAfterArchive(unit, book)
  const levels = await levelsCountedUntil(unit)
  const sums = new Map<string, CountedSum>()
  // Senders' clocks may be ahead.
  const all = { types: [...meters], from: new Date(0), to: new Date(now.getTime() + dayMilliseconds) }
  for await (const page of keptEvents(unit, all)) {
    const readings = readingsOf(book, page).filter(({ pair, reading }) => {
      const startsAt = new Date(reading.startsAtMilliseconds)
      const [start, end] = [starts.get(pair), levels.get(pair)]
      return (start === undefined || startsAt >= start) && (end === undefined || startsAt < end)
    })
    await openSums(unit, { book, starts, sums }, readings)
    for (const { pair, reading } of readings) sums.get(pair)?.take(reading)
  }
  const accepted = new Map(
    Array.from(sums, ([pair, sum]) => [pair, sum.quantityAt(levels.get(pair) ?? hourAfter(now))]),
  )
  const inWindows = await sumsOfWindows(unit, meters, starts)
  const uses = [...new Set([...accepted.keys(), ...inWindows.keys()])].map((pair) => {
    const [customerId = '', meter = ''] = pair.split(' ')
    return { customerId, meter, accepted: accepted.get(pair) ?? '0', inWindows: inWindows.get(pair) ?? '0' }
  })
  return { meters, uses }
}

type PairReading = UsagePair & { readonly pair: string; readonly reading: Reading }

function readingsOf(book: MeterBook, events: readonly KeptEvent[]): PairReading[] {
  return events.flatMap(({ customerId, event, key }) =>
    countedBy(book, event, key).flatMap((reading) => {
      const { meter } = reading
      return reading.kind === 'unreadable'
        ? []
        : [{ customerId, meter, pair: pairOf(customerId, meter), reading }]
    }),
  )
}

function pairOf(customerId: string, meter: string): string {
  return `${customerId} ${meter}`
}

type Summing = {
  readonly book: MeterBook
  readonly starts: ReadonlyMap<string, Date>
  readonly sums: Map<string, CountedSum>
}

/** Begins the sums of customers and meters that were not met before. */
async function openSums(
  unit: Unit,
  { book, starts, sums }: Summing,
  readings: readonly PairReading[],
): Promise<void> {
  const fresh = [
    ...new Map(readings.filter(({ pair }) => !sums.has(pair)).map((one) => [one.pair, one])).values(),
  ]
  const periodOf = await aggregationPeriods(unit, fresh)
  const placed = await placedGroups(unit, fresh)
  for (const { customerId, meter, pair } of fresh) {
    const start = starts.get(pair)
    const isLevel = pointAggregationOf(book, meter) === 'time-weighted'
    const place = { customerId, meter }
    const sum = new CountedSum({
      periodOf: (startsAt) => periodOf({ ...place, startsAt }),
      groupOf: (group) => (group === '' || placed.has(`${pair} ${group}`) ? group : otherGroup),
      levels:
        isLevel && start !== undefined ? await levelsBefore(unit, { ...place, from: start }) : new Map(),
    })
    if (start !== undefined) sum.beginAt(start)
    sums.set(pair, sum)
  }
}

/** From which hour on no event that may count for a customer and meter was put away; a period of single readings is left out whole. */
async function startsAfterArchive(unit: Unit, book: MeterBook): Promise<Map<string, Date>> {
  const rows = await rowsOf<{ customer_id: string; meter: string; last_at: string }>(
    unit,
    sql`
    select customer_id, meter, max(last_at) as last_at from usage_archived_sum
    where meter in ${among(metersIn(book))} group by 1, 2`,
  )
  const pairs = metersIn(book).flatMap((meter) =>
    rows
      .filter((row) => typesOf(book, meter).includes(row.meter))
      .map((row) => ({ customerId: row.customer_id, meter, startsAt: new Date(row.last_at) })),
  )
  const periodOf = await aggregationPeriods(unit, pairs)
  const starts = new Map<string, Date>()
  for (const hour of pairs) {
    const isPoint = pointAggregationOf(book, hour.meter) !== null
    const start = isPoint ? periodOf(hour).to : hourAfter(hour.startsAt)
    const pair = pairOf(hour.customerId, hour.meter)
    if (start > (starts.get(pair) ?? new Date(0))) starts.set(pair, start)
  }
  return starts
}

async function levelsCountedUntil(reader: Reader): Promise<Map<string, Date>> {
  const rows = await rowsOf<{ customer_id: string; meter: string; counted_until: string }>(
    reader,
    sql`select customer_id, meter, counted_until from usage_level`,
  )
  return new Map(rows.map((row) => [pairOf(row.customer_id, row.meter), new Date(row.counted_until)]))
}

async function sumsOfWindows(
  reader: Reader,
  meters: ReadonlySet<string>,
  starts: ReadonlyMap<string, Date>,
): Promise<Map<string, string>> {
  const input = Array.from(starts, ([pair, from]) => ({ pair, starts_from: from }))
  const rows = await rowsOf<{ pair: string; quantity: string }>(
    reader,
    sql`
    select pair, trim_scale(sum(quantity))::text as quantity
    from (select customer_id || ' ' || meter as pair, starts_at, quantity from usage_window where meter in ${among([...meters])}) as held
      left join ${inputRows(input, 'pair text, starts_from timestamptz')} using (pair)
    where starts_from is null or starts_at >= starts_from
    group by pair`,
  )
  return new Map(rows.map(({ pair, quantity }) => [pair, quantity]))
}
