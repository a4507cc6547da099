import type { SchemaElement } from 'hyparquet'
import { parquetWriteRows } from 'hyparquet-writer'
import type { Month } from '../../src/domain/calendar.ts'
import type { KeptUsage } from '../../src/ports/usage-archive.ts'
import type { Fields } from './file-row.ts'
import { UnreadableFileError } from './file-row.ts'
import { createParquetWriter } from './parquet-writer.ts'
import type { ParquetFile } from './parquet-rows.ts'
import { openParquet } from './parquet-rows.ts'

/** Under this name a file says that it holds our usage, and in which version of these columns. */
const note = { key: 'tieout.usage', value: '1' }

/** Under this name a file says of which month it is the archive: its events were counted, and are brought back rather than counted again. */
const monthNote = 'tieout.archived-month'

/** Written and read at once; bounds the memory of both. */
const rowsAGroup = 10_000

const columns = {
  source: text('source'),
  id: text('id'),
  meter: text('meter'),
  subject: text('subject'),
  customer_id: { ...text('customer_id'), repetition_type: 'OPTIONAL' },
  occurred_at: instant('occurred_at'),
  received_at: instant('received_at'),
  value: text('value'),
  properties: text('properties'),
} as const satisfies Readonly<Record<string, SchemaElement>>

function text(name: string) {
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const
}

function instant(name: string) {
  return { name, type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'REQUIRED' } as const
}

/**
 * Writes usage into a Parquet file, in constant memory: decimals as text, instants in microseconds, properties as JSON text. The file bears
 * its name only once all of it is safe on the disk, and takes the place of one that was there. Answers how many events it holds.
 */
export async function writeUsageParquet(
  file: string,
  usage: Iterable<KeptUsage> | AsyncIterable<KeptUsage>,
): Promise<number> {
  return writeUsageFile(`${file}.unfinished`, usage, null, () => Promise.resolve(file))
}

/**
 * Writes usage as `writeUsageParquet` does, marked as the archive of a month where one is said. `nameOf` is asked for the file's name once it
 * is safe under `unfinished`; where it answers null there will be no file.
 */
export async function writeUsageFile(
  unfinished: string,
  usage: Iterable<KeptUsage> | AsyncIterable<KeptUsage>,
  month: Month | null,
  nameOf: (eventCount: number) => Promise<string | null>,
): Promise<number> {
  const elements = Object.values(columns)
  let eventCount = 0
  const writer = await createParquetWriter(unfinished)
  try {
    await parquetWriteRows({
      writer,
      rows: rowsOf(usage, () => eventCount++),
      columns: elements.map(({ name }) => ({ name })),
      schema: [{ name: 'usage', num_children: elements.length }, ...elements],
      rowGroupSize: rowsAGroup,
      kvMetadata: month === null ? [note] : [note, { key: monthNote, value: month }],
      createdBy: 'Tieout',
    })
    await writer.settle()
    const file = await nameOf(eventCount)
    if (file !== null) await writer.keep(file)
    return eventCount
  } finally {
    await writer.close()
  }
}

async function* rowsOf(usage: Iterable<KeptUsage> | AsyncIterable<KeptUsage>, countOne: () => void) {
  for await (const event of usage) {
    countOne()
    yield {
      source: event.source,
      id: event.id,
      meter: event.meter,
      subject: event.subject,
      customer_id: event.customerId,
      occurred_at: microsecondsOf(event.occurredAt),
      received_at: microsecondsOf(event.receivedAt),
      value: event.value,
      properties: JSON.stringify(event.properties),
    }
  }
}

function microsecondsOf(instantOf: Date): bigint {
  return BigInt(instantOf.getTime()) * 1000n
}

/** Whether a Parquet file was written by `writeUsageParquet`. Throws UnreadableFileError for one of a version we do not know. */
export function isOwnFile({ notes }: Pick<ParquetFile, 'notes'>): boolean {
  const version = notes.get(note.key)
  if (version === undefined || version === note.value) return version !== undefined
  throw new UnreadableFileError(`It was written by a later version of Tieout (${note.key} ${version}).`)
}

/** The month that a Parquet file is the archive of; null for one that is none. */
export function archivedMonthOf({ notes }: Pick<ParquetFile, 'notes'>): Month | null {
  return notes.get(monthNote) ?? null
}

/** Reads what `writeUsageParquet` wrote, in its order and constant memory. Throws UnreadableFileError for any other file. */
export async function* readUsageParquet(file: string): AsyncGenerator<KeptUsage> {
  const parquet = await openParquet(file)
  if (!isOwnFile(parquet)) throw new UnreadableFileError('It holds no usage that Tieout has put away.')
  for await (const row of parquet.rows()) {
    if ('fault' in row) throw new UnreadableFileError(`Row ${row.line} cannot be read. ${row.fault}`)
    yield usageOf(row.fields)
  }
}

function usageOf(fields: Fields): KeptUsage {
  const at = (name: keyof typeof columns) => String(fields[name])
  return {
    source: at('source'),
    id: at('id'),
    meter: at('meter'),
    subject: at('subject'),
    customerId: fields['customer_id'] === null ? null : at('customer_id'),
    occurredAt: new Date(at('occurred_at')),
    receivedAt: new Date(at('received_at')),
    value: at('value'),
    properties: JSON.parse(at('properties')) as Record<string, string>,
  }
}

/** A row of our own file as a CloudEvent, to be checked like any other. */
export function ownEvent(fields: Fields): Fields {
  const { source, id, meter, subject, occurredAt, value, properties } = usageOf(fields)
  const data = { value, properties }
  return { specversion: '1.0', source, id, type: meter, subject, time: occurredAt.toISOString(), data }
}
