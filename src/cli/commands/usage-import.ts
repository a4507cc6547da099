import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { FileFormat } from '../../../connectors/files/file-row.ts'
import { UnreadableFileError } from '../../../connectors/files/file-row.ts'
import type { RowReading } from '../../../connectors/files/row-reading.ts'
import type { UsageFile } from '../../../connectors/files/usage-file.ts'
import { openUsageFile } from '../../../connectors/files/usage-file.ts'
import { readOwnSettings } from '../../config.ts'
import type { BooksSettings } from '../../domain/books.ts'
import { silentDoorbell } from '../../jobs/doorbell.ts'
import { systemClock } from '../../ports/clock.ts'
import { HourlyUseSum } from '../../domain/hourly-use.ts'
import { countUsage } from '../../store/count-usage.ts'
import { meterBookMemory } from '../../store/meter-book-memory.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { effectOfUse } from '../../store/usage-effect.ts'
import { CommandError } from '../exit-codes.ts'
import { readBooks } from '../setting-files.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import type { ImportedFile } from './usage-import-file.ts'
import { importUsageFile } from './usage-import-file.ts'
import { importOutcome } from './usage-import-outcome.ts'
import { rehearsal } from './usage-rehearsal.ts'
import type { RestoredFile } from './usage-restore.ts'
import { restoreFile } from './usage-restore.ts'
import { rowKeeper } from './usage-row-keeper.ts'

export type UsageImportOptions = CommonOptions & {
  readonly source?: string
  readonly meter?: string
  readonly format?: FileFormat
  readonly columns?: ReadonlyMap<string, string>
  readonly utc?: boolean
  readonly dryRun?: boolean
}

/**
 * `tieout usage import`. Throws CommandError for a file of which not one row can be read, before anything is counted, and for one that
 * breaks off, with what stands before the break counted.
 */
export async function importUsage(
  session: Session,
  files: readonly string[],
  options: UsageImportOptions,
): Promise<Outcome> {
  const reading = readingOf(options)
  const opened: UsageFile[] = []
  for (const file of files) {
    session.progress.say(`Opening ${basename(file)}`)
    const content = openUsageFile(file, options.format ?? null, reading)
    opened.push(await content.catch((error: unknown) => unreadable(file, error)))
  }
  const books = await readBooks(readOwnSettings(session.variables).TIEOUT_MAPPINGS_DIR)
  return withDatabase(session, async ({ store }) => {
    const use = options.dryRun === true ? new HourlyUseSum() : null
    const done: (ImportedFile | RestoredFile)[] = []
    for (const [index, content] of opened.entries()) {
      const file = files[index] ?? ''
      const taken =
        content.archivedMonth === null
          ? importOne(file, content, { session, store, books, reading, use })
          : restoreFile(
              session,
              store,
              { file, content, month: content.archivedMonth },
              options.dryRun === true,
            )
      done.push(await taken.catch((error: unknown) => brokenOff(file, error)))
    }
    if (use === null) return importOutcome(done, null)
    const context = { reader: store.read, now: systemClock.now(), sellers: books.entities }
    return importOutcome(done, await effectOfUse(use.hours(), context))
  })
}

type Importing = {
  readonly session: Session
  readonly store: Store
  readonly books: BooksSettings
  readonly reading: RowReading
  /** What a rehearsal adds its use to; null for an import. */
  readonly use: HourlyUseSum | null
}

async function importOne(
  file: string,
  content: UsageFile,
  { session, store, books, reading, use }: Importing,
): Promise<ImportedFile> {
  const keeping = { clock: systemClock, doorbell: silentDoorbell, books, meters: meterBookMemory() }
  const place = { source: `file:${reading.source ?? ''}`, partition: partitionOf(content, reading) }
  const keeper = use ? rehearsal(store, systemClock, use) : await rowKeeper(store, place, keeping)
  const imported = await importUsageFile(file, content, keeper, tellOf(session, file))
  await countUsage(store, keeping)
  return imported
}

function readingOf({ source, meter, columns, utc }: UsageImportOptions): RowReading {
  return {
    source: source ?? null,
    meter: meter ?? null,
    columns: columns ?? new Map(),
    isUtc: utc === true,
    now: systemClock.now(),
  }
}

/** The same file read in another way is another stream of rows, with a position of its own. */
function partitionOf({ contentHash, format }: UsageFile, { meter, columns, isUtc }: RowReading): string {
  const way = JSON.stringify([format, meter, [...columns], isUtc])
  return `${contentHash}/${createHash('sha256').update(way).digest('hex').slice(0, 16)}`
}

function tellOf({ progress }: Session, file: string): (rows: number) => void {
  const began = systemClock.now().getTime()
  return (rows) => {
    const seconds = Math.max(0.001, (systemClock.now().getTime() - began) / 1000)
    const speed = Math.round(rows / seconds)
    progress.say(
      `${basename(file)}: ${rows.toLocaleString('en')} rows, ${speed.toLocaleString('en')} a second`,
    )
  }
}

function unreadable(file: string, error: unknown): never {
  if (!(error instanceof UnreadableFileError)) throw error
  throw new CommandError(
    'usage',
    `${file}: ${error.message} Nothing was counted.`,
    'tieout usage import --help',
  )
}

function brokenOff(file: string, error: unknown): never {
  if (!(error instanceof UnreadableFileError)) throw error
  throw new CommandError(
    'failed',
    `${file}: ${error.message} What stands before was counted, and is not counted again when the mended file is imported.`,
  )
}
