import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { FileRow } from './file-row.ts'
import { UnreadableFileError } from './file-row.ts'
import type { DecimalScales } from './parquet-values.ts'
import { fieldText, instantParsers, withoutDecimals } from './parquet-values.ts'

/** Read at once where the file tells the places of its pages. */
const rowsAtOnce = 10_000

/** A Parquet file that has been opened: what it says of itself, and its rows. */
export type ParquetFile = {
  readonly columns: readonly string[]
  /** What its writer said besides the data, by name. */
  readonly notes: ReadonlyMap<string, string>
  rows(): AsyncGenerator<FileRow>
}

/**
 * Opens a Parquet file of flat columns. Decimals are read exactly, instants as text in UTC with microseconds; a floating-point number that
 * is not whole is a fault, because its digits are not what was written. Throws UnreadableFileError for a file that is none, or is packed in
 * a way we cannot unpack.
 */
export async function openParquet(file: string): Promise<ParquetFile> {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await readable(() => parquetMetadataAsync(buffer))
  const scales = withoutDecimals(metadata)
  return {
    columns: flatColumns(metadata),
    notes: new Map(metadata.key_value_metadata?.map(({ key, value = '' }) => [key, value])),
    rows: () => rowsOf(buffer, metadata, scales),
  }
}

/** The first element of a schema is the row itself. */
function flatColumns({ schema }: FileMetaData): string[] {
  const columns = schema.slice(1)
  const nested = columns.find(
    ({ num_children: children = 0, repetition_type: repetition }) =>
      children > 0 || repetition === 'REPEATED',
  )
  if (nested !== undefined)
    throw new UnreadableFileError(`The column "${nested.name}" holds more than one value a row.`)
  return columns.map(({ name }) => name)
}

async function* rowsOf(
  file: AsyncBuffer,
  metadata: FileMetaData,
  scales: DecimalScales,
): AsyncGenerator<FileRow> {
  for (const { rowStart, rowEnd } of stretchesOf(metadata)) {
    const range = { rowStart, rowEnd, useOffsetIndex: true }
    const rows = await readable(() =>
      parquetReadObjects({ file, metadata, ...range, utf8: false, parsers: instantParsers }),
    )
    for (const [index, row] of rows.entries()) yield { line: rowStart + index + 1, ...texts(row, scales) }
  }
}

/**
 * What is read at once: a row group, or parts of it where its pages can be found, because without their places each part would cost the
 * whole group.
 */
function* stretchesOf({ row_groups: groups }: FileMetaData) {
  let groupStart = 0
  for (const { num_rows: count, columns } of groups) {
    const groupEnd = groupStart + Number(count)
    const hasPlaces = columns.every(({ offset_index_offset: place }) => place !== undefined)
    const step = hasPlaces ? rowsAtOnce : Number(count)
    for (let rowStart = groupStart; rowStart < groupEnd; rowStart += step)
      yield { rowStart, rowEnd: Math.min(rowStart + step, groupEnd) }
    groupStart = groupEnd
  }
}

function texts(row: Record<string, unknown>, scales: DecimalScales) {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    const text = fieldText(value, scales.get(name))
    if (text === undefined)
      return {
        fault: `The column "${name}" holds a floating-point number that is not whole. Cast it to a decimal or to text.`,
      }
    fields[name] = text
  }
  return { fields }
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw new UnreadableFileError(`It cannot be read as Parquet: ${String((error as Error).message)}.`)
  }
}
