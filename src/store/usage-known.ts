import { sql } from 'drizzle-orm'
import { Big } from 'big.js'
import { CountedSum } from '../domain/counted-sum.ts'
import {
  countedBy,
  metersIn,
  otherGroup,
  pointAggregationOf,
  typesOf,
  type MeterBook,
} from '../domain/meter-book.ts'
import { aggregationPeriods } from './contributed-periods.ts'
import { eventsOfCustomer, isPutAway, type KeptEvents } from './meter-events.ts'
import { placedGroups } from './meter-groups.ts'
import { levelsBefore } from './meter-points.ts'
import { readMeterBook } from './meters.ts'
import { rowsOf, type Reader } from './unit-of-work.ts'
import { countedUsageOfRanges, usageReceivedAfter, type UsageRange } from './usage-windows.ts'

/**
 * By how much each range of whole hours would be less without what was received after an instant, as exact decimals in the order asked. Of a meter
 * that looks at single readings a range begins with a billing period; where events of the range were put away, all of it came before.
 */
export async function usageSince(
  reader: Reader,
  ranges: readonly UsageRange[],
  since: Date,
): Promise<string[]> {
  const { book } = await readMeterBook(reader)
  const defined = new Set(metersIn(book))
  const sums = await usageReceivedAfter(
    reader,
    ranges.filter(({ meter }) => !defined.has(meter)),
    since,
  )
  const plain = sums.values()
  const quantities: string[] = []
  for (const range of ranges)
    quantities.push(
      defined.has(range.meter) ? await definedSince(reader, book, range, since) : (plain.next().value ?? '0'),
    )
  return quantities
}

async function definedSince(
  reader: Reader,
  book: MeterBook,
  range: UsageRange,
  since: Date,
): Promise<string> {
  if (!(await hasChanged(reader, range, since))) return '0'
  const wanted = { ...range, types: typesOf(book, range.meter) }
  if (pointAggregationOf(book, range.meter) === null)
    return sumOf(reader, book, { ...wanted, received: { after: since } })
  if (await isPutAway(reader, wanted)) return '0'
  const [now] = await countedUsageOfRanges(reader, [range])
  const known = await sumOf(reader, book, { ...wanted, received: { until: since } })
  return new Big(now ?? 0).minus(known).toFixed()
}

async function hasChanged(
  reader: Reader,
  { customerId, meter, from, to }: UsageRange,
  since: Date,
): Promise<boolean> {
  const rows = await rowsOf(
    reader,
    sql`
    select from usage_window where customer_id = ${customerId} and meter = ${meter}
      and starts_at >= ${from.toISOString()}::timestamptz and starts_at < ${to.toISOString()}::timestamptz
      and changed_at > ${since.toISOString()}::timestamptz limit 1`,
  )
  return rows.length > 0
}

type Wanted = KeptEvents & UsageRange

async function sumOf(reader: Reader, book: MeterBook, wanted: Wanted): Promise<string> {
  const { customerId, meter, from, to } = wanted
  const periodOf = await aggregationPeriods(reader, [wanted])
  const placed = await placedGroups(reader, [wanted])
  const isLevel = pointAggregationOf(book, meter) === 'time-weighted'
  const sum = new CountedSum({
    periodOf: (startsAt) => periodOf({ customerId, meter, startsAt }),
    groupOf: (group) => (group === '' || placed.has(`${customerId} ${meter} ${group}`) ? group : otherGroup),
    levels: isLevel ? await levelsBefore(reader, wanted) : new Map(),
  })
  if (isLevel) sum.beginAt(from)
  for await (const page of eventsOfCustomer(reader, wanted)) {
    for (const { event, key } of page)
      for (const counted of countedBy(book, event, key))
        if (counted.kind !== 'unreadable' && counted.meter === meter) sum.take(counted)
  }
  return sum.quantityAt(to)
}
