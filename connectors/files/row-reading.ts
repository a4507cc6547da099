import type { EventFault } from '../../src/domain/event-reading.ts'
import { readEvent } from '../../src/domain/event-reading.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'
import type { RowEvent, UsageColumns } from '../../src/domain/usage-row.ts'
import { eventOfRow, findUsageColumns } from '../../src/domain/usage-row.ts'
import type { Fields, FileRow } from './file-row.ts'
import { UnreadableFileError } from './file-row.ts'

/** How rows of a table become usage. */
export type RowReading = {
  /** Under which source rows count that name none; null where every row must name its own. */
  readonly source: string | null
  readonly meter: string | null
  /** Where what is, as far as it was said. */
  readonly columns: ReadonlyMap<string, string>
  /** Whether a time without a zone is one in UTC. */
  readonly isUtc: boolean
  /** Tells what lies ahead. */
  readonly now: Date
}

/** Why a row cannot be kept: a stable code, and a sentence. */
export type RowRefusal = { readonly code: string; readonly reason: string }

/** A row that was checked; an event without an id bears an empty one. */
export type CheckedRow =
  | { readonly line: number; readonly event: UsageEvent; readonly hasId: boolean }
  | { readonly line: number; readonly refusal: RowRefusal }

/**
 * Reads rows of a table with these columns; of NDJSON, which has a table's columns in each row, with null. A row of NDJSON that bears
 * `specversion` is a CloudEvent and is taken as it is. Throws UnreadableFileError where a column is missing.
 */
export function rowReaderOf(
  reading: RowReading,
  columns: readonly string[] | null,
): (row: FileRow) => CheckedRow {
  const { now } = reading
  const whole = columns === null ? null : columnsOfTable(reading, columns)
  return (row) => {
    const { line } = row
    if ('fault' in row) return refuse(line, 'unreadable', row.fault)
    if (whole !== null) return readRow(line, row.fields, whole, reading)
    if ('specversion' in row.fields) return checked(line, row.fields, now)
    if (reading.source === null) return refuse(line, 'no-source', `It is no CloudEvent. ${saySource}`)
    const found = findUsageColumns(reading.columns, namesOfRow(row.fields, reading), reading.meter)
    return found.ok ? readRow(line, row.fields, found.value, reading) : refuse(line, 'missing', found.error)
  }
}

/** Reads rows each of which is a whole event, once `eventOf` has put it together. */
export function eventReaderOf(now: Date, eventOf: (fields: Fields) => Fields): (row: FileRow) => CheckedRow {
  return (row) =>
    'fault' in row ? refuse(row.line, 'unreadable', row.fault) : checked(row.line, eventOf(row.fields), now)
}

const saySource = 'Say under which source rows count: --source.'

function columnsOfTable(
  { source, columns: named, meter }: RowReading,
  columns: readonly string[],
): UsageColumns {
  if (source === null) throw new UnreadableFileError(saySource)
  const found = findUsageColumns(named, columns, meter)
  if (!found.ok) throw new UnreadableFileError(found.error)
  return found.value
}

/** A row of NDJSON leaves out what it does not have; what was said by name is looked for all the same. */
function namesOfRow(fields: Fields, { columns }: RowReading): string[] {
  return [...Object.keys(fields), ...columns.values()]
}

function readRow(line: number, fields: Fields, columns: UsageColumns, reading: RowReading): CheckedRow {
  const attributes = eventOfRow(fields, columns, { ...reading, source: reading.source ?? '' })
  const missing = missingPart(attributes)
  if (missing !== null) return refuse(line, 'missing', `It has no ${missing}.`)
  if (attributes.id !== null) return checked(line, attributes, reading.now)
  if (columns.id !== null) return refuse(line, 'missing', 'It has no id, though there is a column of ids.')
  const row = checked(line, { ...attributes, id: unnamed }, reading.now)
  return 'event' in row ? { ...row, hasId: false } : row
}

/** Stands for the id until it is made, because no event is without one. */
const unnamed = 'unnamed'

function missingPart({ subject, data, time, type }: RowEvent): string | null {
  if (subject === null) return 'customer'
  if (data?.value === null) return 'value'
  if (time === null) return 'time'
  return type === null ? 'meter' : null
}

function checked(line: number, document: unknown, now: Date): CheckedRow {
  const reading = readEvent(document, now)
  if (reading.kind === 'sound') return { line, event: reading.event, hasId: true }
  return refuse(line, reading.faults[0]?.code ?? 'invalid', reading.faults.map(sentenceOf).join(' '))
}

/** What the parts of an event are called in a table. */
const partNames: Readonly<Record<string, string>> = {
  '/subject': 'customer',
  '/data/value': 'value',
  '/type': 'meter',
}

function sentenceOf({ pointer, message }: EventFault): string {
  const part = partNames[pointer] ?? pointer.replace('/data/properties/', 'property ').replace(/^\//, '')
  return part === '' ? message : `The ${part} ${message}`
}

function refuse(line: number, code: string, reason: string): CheckedRow {
  return { line, refusal: { code, reason } }
}
