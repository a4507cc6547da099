import { keepUsageMonth } from './usage.ts'
import { eq, sql } from 'drizzle-orm'
import { firstDayOf, monthOf, type Month } from '../domain/calendar.ts'
import type { KeptUsage } from '../ports/usage-archive.ts'
import { among } from './json.ts'
import { usageArchivedFile } from './schema.ts'
import { cameIn } from './usage-archive.ts'
import { usageHash } from './usage-content.ts'
import { keyedEvent } from './usage-key.ts'
import { usageColumns, usageRows } from './usage-rows.ts'
import { copyRows, databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A file that a month was put away in. */
export type StoredArchiveFile = { readonly fileHash: string; readonly month: Month; readonly name: string }

/** The file of an archive with these bytes; null when no month was put away in it. */
export async function archivedFile(reader: Reader, fileHash: string): Promise<StoredArchiveFile | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(usageArchivedFile)
    .where(eq(usageArchivedFile.fileHash, fileHash))
  return row === undefined ? null : { ...row, month: monthOf(row.month) }
}

/** The names of the files a month was put away in, the last time it was; in order. */
export async function archiveFileNames(reader: Reader, month: Month): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    reader,
    sql`
    select name from usage_archived_file join usage_archived_month using (month, archived_at)
    where month = ${firstDayOf(month)}::date order by name`,
  )
  return rows.map(({ name }) => name)
}

/** Events that are put away, and in which files. */
export type ArchivedUsage = { readonly month: Month; readonly files: readonly string[] }

/** Events of some types and a time, of one customer or of all; `to` is not in it. */
export type EventRange = {
  readonly types: readonly string[]
  readonly from: Date
  readonly to: Date
  readonly customerId?: string
}

/** The months of which events of a range are put away and not back, in order: whoever reads stored events of that range does not see these. */
export async function archivedUsageOf(
  reader: Reader,
  { types, from, to, customerId }: EventRange,
): Promise<ArchivedUsage[]> {
  const ofCustomer = customerId === undefined ? sql`true` : sql`customer_id = ${customerId}`
  const rows = await rowsOf<{ month: string; names: string[] }>(
    reader,
    sql`
    select month, array_to_json(array(
      select name from usage_archived_file file
      where file.month = archived.month and file.archived_at = archived.archived_at order by name
    )) as names
    from usage_archived_month archived where restored_at is null and exists (
      select from usage_archived_sum sum where sum.month = archived.month and meter in ${among(types)} and ${ofCustomer}
        and first_at < ${to.toISOString()}::timestamptz and last_at >= ${from.toISOString()}::timestamptz
    ) order by month`,
  )
  return rows.map(({ month, names }) => ({ month: monthOf(month), files: names }))
}

/** Thrown when the database holds an event of a month otherwise than a file of that month. */
export class RestoredDifferenceError extends Error {
  override readonly name = 'RestoredDifferenceError'

  constructor({ source, id }: KeptUsage) {
    super(`The database has the event ${id} of ${source} otherwise than the file.`)
  }
}

/** Those of a month's events that the database does not have. Throws RestoredDifferenceError for one that it has otherwise. */
export async function missingEvents(
  reader: Reader,
  month: Month,
  usage: readonly KeptUsage[],
): Promise<KeptUsage[]> {
  const keys = usage.map((event) => keyedEvent(event).key)
  const rows = await rowsOf<{ event_key: string; hash: string }>(
    reader,
    sql`
    select encode(uuid_send(event_key), 'hex') as event_key, encode(usage_event_hash(event), 'hex') as hash from usage_event event
    where ${cameIn(month)} and event_key = any(${`{${keys.join()}}`}::uuid[])`,
  )
  const stored = new Map(rows.map((row) => [row.event_key, row.hash]))
  return usage.filter((event, index) => {
    const hash = stored.get(keys[index] ?? '')
    if (hash !== undefined && hash !== usageHash(event)) throw new RestoredDifferenceError(event)
    return hash === undefined
  })
}

/**
 * Brings events of a month that was put away back as they were, and adds nothing to any hour; bulk. Answers how many were not here. Whoever
 * brings back the same month waits until the unit ends. Throws RestoredDifferenceError for one that the database has otherwise.
 */
export async function restoreEvents(unit: Unit, month: Month, usage: readonly KeptUsage[]): Promise<number> {
  await unit.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`usage restored ${month}`}, 0))`)
  await keepUsageMonth(unit, new Date(firstDayOf(month)))
  const missing = await missingEvents(unit, month, usage)
  if (missing.length > 0) await copyRows(unit, 'usage_event', usageColumns, Buffer.concat(missing.map(rowOf)))
  return missing.length
}

function rowOf(usage: KeptUsage): Uint8Array {
  const { customerId, receivedAt, subject } = usage
  const owners = new Map(customerId === null ? [] : [[subject, customerId]])
  return usageRows([keyedEvent(usage)], owners, receivedAt)
}

/** Writes down that all of a month is back, where it is; false where events are missing. Fails where what is back is not what was put away. */
export async function noteRestored(unit: Unit, month: Month, actor: string, at: Date): Promise<boolean> {
  const [row] = await rowsOf<{ is_restored: boolean }>(
    unit,
    sql`
    select note_usage_month_restored(${firstDayOf(month)}::date, ${actor}, ${at.toISOString()}::timestamptz) as is_restored`,
  )
  return row?.is_restored === true
}
