import type { CsvError, Info, Options } from 'csv-parse'
import { parse } from 'csv-parse'
import type { FileRow } from './file-row.ts'
import { UnreadableFileError } from './file-row.ts'
import { textStream } from './text-stream.ts'

/** Longer records come from a quote that is never closed. */
const mostCharactersARecord = 1_048_576

type Recorded = { readonly record: Record<string, string>; readonly info: Info }

/** `endsFile` where what follows cannot be told apart any more. */
type Fault = { readonly line: number; readonly fault: string; readonly endsFile: boolean }

/**
 * Reads the rows of a CSV file as a stream: names in the first line, commas, quotes as in RFC 4180. A record that cannot be read is a fault
 * in its place. After a quote that stands wrong nobody can tell rows from text, so that fault is the last one. Throws UnreadableFileError
 * for a header that names a column twice.
 */
export async function* csvRows(file: string): AsyncGenerator<FileRow> {
  const faults: Fault[] = []
  const records = recordsOf(file, {
    columns: soundHeader,
    info: true,
    max_record_size: mostCharactersARecord,
    skip_records_with_error: true,
    on_skip: (error) => void faults.push(faultOf(error)),
  }) as AsyncGenerator<Recorded>
  let lastLine = 1
  for await (const { record, info } of records) {
    for (const row of faultsBefore(faults, info.lines, lastLine)) {
      yield row
      if (row.endsFile) return
    }
    yield { line: info.lines, fields: record }
    lastLine = info.lines
  }
  yield* faultsBefore(faults, Number.POSITIVE_INFINITY, lastLine)
}

/** Takes the faults that come before a line, up to the one that ends the file; that one is shown where its record begins. */
function* faultsBefore(faults: Fault[], line: number, lastLine: number): Generator<Fault> {
  while (faults[0] !== undefined && faults[0].line < line) {
    const fault = faults.shift() as Fault
    yield fault.endsFile ? { ...fault, line: lastLine + 1 } : fault
    if (fault.endsFile) return
    lastLine = fault.line
  }
}

async function* recordsOf(file: string, options: Options): AsyncGenerator<unknown> {
  const parser = parse({ bom: true, skip_empty_lines: true, ...options })
  const input = textStream(file)
  input.on('error', (error) => parser.destroy(error))
  input.pipe(parser)
  try {
    yield* parser
  } finally {
    input.destroy()
  }
}

/** The names in the first line. Throws UnreadableFileError for a file without one. */
export async function csvColumns(file: string): Promise<string[]> {
  for await (const names of recordsOf(file, { to: 1 })) return soundHeader(names as string[])
  throw new UnreadableFileError('It is empty: the first line must name the columns.')
}

function soundHeader(names: readonly string[]): string[] {
  const trimmed = names.map((name) => name.trim())
  const twice = trimmed.find((name, index) => trimmed.indexOf(name) !== index)
  if (twice === undefined) return trimmed
  throw new UnreadableFileError(`The first line names the column "${twice}" twice.`)
}

/** Why a record was left out, in our words. */
function faultOf(error: CsvError | undefined): Fault {
  const line = Number(error?.['lines'] ?? 0)
  const code = error?.code ?? ''
  if (code === 'CSV_RECORD_INCONSISTENT_COLUMNS')
    return { line, fault: 'It has another number of fields than the first line.', endsFile: false }
  const isOpen = code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE'
  const cause = isOpen ? 'A quote is not closed' : 'A quote stands where none may stand'
  return { line, fault: `${cause}. Nothing from here on was read.`, endsFile: true }
}
