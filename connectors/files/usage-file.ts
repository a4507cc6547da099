import { access } from 'node:fs/promises'
import type { Month } from '../../src/domain/calendar.ts'
import type { KeptUsage } from '../../src/ports/usage-archive.ts'
import { contentHashOf } from './content-hash.ts'
import { csvColumns, csvRows } from './csv-rows.ts'
import type { FileFormat, FileRow } from './file-row.ts'
import { UnreadableFileError } from './file-row.ts'
import { ndjsonRows } from './ndjson-rows.ts'
import { openParquet } from './parquet-rows.ts'
import { RepeatedKeys } from './repeated-keys.ts'
import type { UsageRow } from './row-identity.ts'
import { identified, keyOf, keyOfId } from './row-identity.ts'
import type { CheckedRow, RowReading } from './row-reading.ts'
import { eventReaderOf, rowReaderOf } from './row-reading.ts'
import { archivedMonthOf, isOwnFile, ownEvent, readUsageParquet } from './usage-parquet.ts'

/** A file of usage that was found readable. */
export type UsageFile = {
  readonly format: FileFormat
  /** SHA-256 of its bytes. */
  readonly contentHash: string
  /** The month that the file is the archive of: its usage was counted, and is brought back rather than counted again. Null for any other. */
  readonly archivedMonth: Month | null
  rows(): AsyncGenerator<UsageRow>
  /** What an archive holds. Throws UnreadableFileError for a file that Tieout has not written. */
  kept(): AsyncIterable<KeptUsage>
}

/**
 * Opens a file of usage: CSV, NDJSON or Parquet, by its name unless a format is said. Reading its rows takes two passes and constant
 * memory, except for rows that repeat. Throws UnreadableFileError where not one row can be read, among others where a column is missing.
 */
export async function openUsageFile(
  file: string,
  format: FileFormat | null,
  reading: RowReading,
): Promise<UsageFile> {
  await access(file).catch(() => {
    throw new UnreadableFileError('There is no such file, or it may not be read.')
  })
  const known = format ?? formatOf(file)
  const checked = await checkedRowsOf(file, known, reading)
  return {
    format: known,
    contentHash: await contentHashOf(file),
    archivedMonth: known === 'parquet' ? archivedMonthOf(await openParquet(file)) : null,
    rows: () => withIdentity(checked),
    kept: () => readUsageParquet(file),
  }
}

function formatOf(file: string): FileFormat {
  const name = file.toLowerCase().replace(/\.gz$/, '')
  if (/\.(csv|txt)$/.test(name)) return 'csv'
  if (/\.(ndjson|jsonl|json)$/.test(name)) return 'ndjson'
  if (/\.(parquet|parq)$/.test(name)) return 'parquet'
  throw new UnreadableFileError('Its name does not tell the format: say --format csv, ndjson or parquet.')
}

type Rows = () => AsyncGenerator<CheckedRow>

async function checkedRowsOf(file: string, format: FileFormat, reading: RowReading): Promise<Rows> {
  if (format === 'ndjson') return checkedBy(() => ndjsonRows(file), rowReaderOf(reading, null))
  if (format === 'csv') {
    const columns = await csvColumns(file)
    return checkedBy(() => csvRows(file), rowReaderOf(reading, columns))
  }
  const parquet = await openParquet(file)
  const read = isOwnFile(parquet)
    ? eventReaderOf(reading.now, ownEvent)
    : rowReaderOf(reading, parquet.columns)
  return checkedBy(parquet.rows, read)
}

function checkedBy(rows: () => AsyncGenerator<FileRow>, read: (row: FileRow) => CheckedRow): Rows {
  return async function* checked() {
    try {
      for await (const row of rows()) yield read(row)
    } catch (error) {
      throw isUnpacking(error)
        ? new UnreadableFileError('It is packed, and breaks off or is damaged.')
        : error
    }
  }
}

/** The codes of zlib begin with Z_. */
function isUnpacking(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith('Z_')
}

async function* withIdentity(rows: Rows): AsyncGenerator<UsageRow> {
  const repeated = new RepeatedKeys()
  for await (const row of rows()) {
    if (!('event' in row)) continue
    repeated.show(keyOf(row))
    const { source, corrects } = row.event
    if (corrects !== undefined) repeated.show(keyOfId(source, corrects.id))
  }
  const identify = identified(repeated)
  for await (const row of rows()) yield identify(row)
}
