import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RowReading } from '../../connectors/files/row-reading.ts'
import type { UsageRow } from '../../connectors/files/row-identity.ts'
import { openUsageFile } from '../../connectors/files/usage-file.ts'

/** A folder for files of one test file. */
export type FileFolder = {
  /** Writes a file and answers where it lies. */
  write(name: string, content: string | Uint8Array): string
  /** Where a file of this name would lie. */
  path(name: string): string
  remove(): void
}

export function fileFolder(): FileFolder {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-files-'))
  const path = (name: string) => join(folder, name)
  return {
    path,
    write: (name, content) => {
      writeFileSync(path(name), content)
      return path(name)
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** Rows of a spreadsheet read under the source `sheet`, unless something else is said. */
export const reading: RowReading = {
  source: 'sheet',
  meter: null,
  columns: new Map(),
  isUtc: false,
  now: new Date('2026-03-15T00:00:00Z'),
}

/** Every row of a file. */
export async function rowsOf(file: string, changes: Partial<RowReading> = {}): Promise<UsageRow[]> {
  const opened = await openUsageFile(file, null, { ...reading, ...changes })
  return gathered(opened.rows())
}

/** Everything a stream gives. */
export async function gathered<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of stream) all.push(each)
  return all
}

/** What was refused, by line and reason. */
export function refusalsOf(rows: readonly UsageRow[]): [line: number, code: string, reason: string][] {
  return rows.flatMap((row) =>
    'refusal' in row ? [[row.line, row.refusal.code, row.refusal.reason] as [number, string, string]] : [],
  )
}

/** The events that would be kept. */
export function eventsOf(rows: readonly UsageRow[]) {
  return rows.flatMap((row) => ('event' in row ? [row.event] : []))
}
