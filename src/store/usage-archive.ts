import { asc, sql, type SQL } from 'drizzle-orm'
import { firstDayOf, monthOf, nextMonth, type Month } from '../domain/calendar.ts'
import type { ArchivedFile, KeptUsage } from '../ports/usage-archive.ts'
import { toJson } from './json.ts'
import { usageArchivedMonth } from './schema.ts'
import type { UsageContent } from './usage-content.ts'
import { databaseOf, rowsOf, sqlState, type Reader, type Unit } from './unit-of-work.ts'

/** A month of usage that lies in the database, and how many blocks it has there. */
export type HeldMonth = { readonly month: Month; readonly blockCount: number; readonly byteCount: number }

/** The months whose events are in the database, in order. */
export async function heldUsageMonths(reader: Reader): Promise<HeldMonth[]> {
  const rows = await rowsOf<{ month: Month; blocks: string; bytes: string }>(
    reader,
    sql`
    select to_char(to_date(relname, '"event_"YYYY_MM'), 'YYYY-MM') as month, pg_total_relation_size(oid) as bytes,
      pg_relation_size(oid) / current_setting('block_size')::integer as blocks
    from pg_inherits join pg_class on oid = inhrelid where inhparent = 'usage_event'::regclass order by 1`,
  )
  return rows.map(({ month, blocks, bytes }) => ({
    month,
    blockCount: Number(blocks),
    byteCount: Number(bytes),
  }))
}

/** A month that was put away. */
export type ArchivedMonth = {
  readonly month: Month
  readonly eventCount: number
  readonly contentHash: string
  readonly archivedAt: Date
  /** When all of it was brought back; null when it was not. */
  readonly restoredAt: Date | null
}

/** The months that were put away, in order. */
export async function archivedUsageMonths(reader: Reader): Promise<ArchivedMonth[]> {
  const rows = await databaseOf(reader)
    .select()
    .from(usageArchivedMonth)
    .orderBy(asc(usageArchivedMonth.month))
  return rows.map((row) => ({ ...row, month: monthOf(row.month) }))
}

/** The condition that an event came in a month. */
export function cameIn(month: Month): SQL {
  return sql`received_on >= ${firstDayOf(month)}::date and received_on < ${firstDayOf(nextMonth(month))}::date`
}

/** How many events of a month the database holds. */
export async function heldEventCount(reader: Reader, month: Month): Promise<number> {
  const [row] = await rowsOf<{ count: string }>(
    reader,
    sql`select count(*) from usage_event where ${cameIn(month)}`,
  )
  return Number(row?.count)
}

/** The names without a customer that events of a month bear, the largest first. */
export async function unmatchedInMonth(
  reader: Reader,
  month: Month,
): Promise<{ subject: string; eventCount: number }[]> {
  const rows = await rowsOf<{ subject: string; count: string }>(
    reader,
    sql`
    select subject, count(*) from usage_event where customer_id is null and ${cameIn(month)}
    group by subject order by count(*) desc, subject`,
  )
  return rows.map(({ subject, count }) => ({ subject, eventCount: Number(count) }))
}

/** Legal sellers that closed months, but none of them after the end of this one. */
export async function entitiesClosedBefore(reader: Reader, month: Month): Promise<string[]> {
  const ends = `${firstDayOf(nextMonth(month))}T00:00:00Z`
  const rows = await rowsOf<{ entity: string }>(
    reader,
    sql`
    select entity from books_month where state = 'closed' group by entity
    having (array_agg(closed_at order by month desc))[1] < ${ends}::timestamptz order by entity`,
  )
  return rows.map(({ entity }) => entity)
}

/** Read at once: about a thousand events. */
const blocksAPage = 32

type EventRow = {
  source: string
  id: string
  meter: string
  subject: string
  customer_id: string | null
  occurred_at: string
  received_at: string
  value: string
  properties: string
}

/** The events in a range of a month's blocks as they lie there, page by page; `endBlock` is not in it. Holds nothing while it waits. */
export async function* usageOfBlocks(
  reader: Reader,
  month: Month,
  { startBlock, endBlock }: { readonly startBlock: number; readonly endBlock: number },
): AsyncGenerator<KeptUsage> {
  for (let block = startBlock; block < endBlock; block += blocksAPage) {
    const [from, to] = [block, Math.min(block + blocksAPage, endBlock)].map((at) => `(${at},0)`)
    const rows = await rowsOf<EventRow>(
      reader,
      sql`
      select source, id, meter, subject, customer_id, (extract(epoch from occurred_at) * 1000)::bigint as occurred_at,
        (extract(epoch from received_at) * 1000)::bigint as received_at, value::text, properties::text
      from usage_event where ${cameIn(month)} and ctid >= ${from}::tid and ctid < ${to}::tid`,
    )
    yield* rows.map(keptUsageOf)
  }
}

function keptUsageOf({ customer_id: customerId, occurred_at, received_at, ...row }: EventRow): KeptUsage {
  return {
    ...row,
    customerId,
    occurredAt: new Date(Number(occurred_at)),
    receivedAt: new Date(Number(received_at)),
    properties: JSON.parse(row.properties) as Record<string, string>,
  }
}

/** Thrown when the database keeps a month; `isBusy` when it only could not get hold of it now. */
export class UsageKeptError extends Error {
  override readonly name = 'UsageKeptError'
  readonly isBusy: boolean

  constructor(cause: Error, isBusy: boolean) {
    super(
      isBusy ? 'Something reads or writes usage all the time: a backup, or a long report.' : cause.message,
      { cause },
    )
    this.isBusy = isBusy
  }
}

/** Lets nobody write into a month any more. Throws UsageKeptError where it must stay, or cannot be had now. */
export async function sealUsageMonth(unit: Unit, month: Month): Promise<void> {
  await guarded(unit.tx.execute(sql`select seal_usage_month(${firstDayOf(month)}::date)`))
}

/** What is written down of a month that is put away. */
export type PutAway = {
  readonly content: UsageContent
  readonly files: readonly ArchivedFile[]
  readonly actor: string
  readonly at: Date
}

/**
 * Lets go of a sealed month whose events were read back from files, and writes down files and sums. The database compares what was read
 * with what it holds: it throws UsageKeptError where they differ.
 */
export async function dropUsageMonth(
  unit: Unit,
  month: Month,
  { content, files, actor, at }: PutAway,
): Promise<void> {
  await guarded(
    unit.tx.execute(sql`
    select drop_usage_month(${firstDayOf(month)}::date, ${toJson(content)}::jsonb, ${toJson(files)}::jsonb, ${actor},
      ${at.toISOString()}::timestamptz)`),
  )
}

async function guarded(act: Promise<unknown>): Promise<void> {
  try {
    await act
  } catch (error) {
    const state = sqlState(error) ?? ''
    if (!['TO004', 'TO005', '55P03'].includes(state)) throw error
    throw new UsageKeptError((error as Error).cause as Error, state === '55P03')
  }
}
