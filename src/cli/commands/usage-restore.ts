import { basename } from 'node:path'
import type { UsageFile } from '../../../connectors/files/usage-file.ts'
import type { Month } from '../../domain/calendar.ts'
import type { RestoredUsage } from '../../jobs/restore-usage.ts'
import { restoreUsage } from '../../jobs/restore-usage.ts'
import { systemClock } from '../../ports/clock.ts'
import type { StoredArchiveFile } from '../../store/usage-archive-restore.ts'
import { archivedFile, RestoredDifferenceError } from '../../store/usage-archive-restore.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { commandActor } from './actor.ts'
import type { Session } from './run-command.ts'
import { pairs } from './table.ts'

/** A file of an archive, and what came of bringing it back. */
export type RestoredFile = RestoredUsage & {
  readonly file: string
  readonly content: Pick<UsageFile, 'format' | 'contentHash'>
  readonly month: Month
}

/** A file of an archive, opened. */
export type ArchiveFile = {
  readonly file: string
  readonly content: UsageFile
  readonly month: Month
}

/**
 * Brings a file that a month was put away in back. Throws CommandError for a file that this database put nothing away in, because only those
 * are known to be counted, and for one that says something else than the database.
 */
export async function restoreFile(
  { progress }: Session,
  store: Store,
  { file, content, month }: ArchiveFile,
  isDryRun: boolean,
): Promise<RestoredFile> {
  const known = await archivedFile(store.read, content.contentHash)
  if (known === null || known.month !== month) throw foreign(file, month)
  const tell = (events: number) =>
    progress.say(`${basename(file)}: ${events.toLocaleString('en')} events of ${month}`)
  const restoring = { store, clock: systemClock, actor: commandActor(), isDryRun, tell }
  const restored = await restoreUsage(month, content.kept(), restoring).catch((error: unknown) => {
    if (error instanceof RestoredDifferenceError)
      throw new CommandError('conflict', `${file}: ${error.message}`)
    throw error
  })
  const { format, contentHash } = content
  return { ...restored, file, content: { format, contentHash }, month }
}

function foreign(file: string, month: StoredArchiveFile['month']): CommandError {
  return new CommandError(
    'usage',
    `${file}: It is an archive of ${month}, and this database has not put ${month} away in it, or it was changed since. Nothing was counted.`,
    'tieout usage months',
  )
}

/** A restored file as the data of an outcome. */
export function restoredOut({ file, content, month, restoredCount, presentCount, isWhole }: RestoredFile) {
  return {
    file,
    format: content.format,
    content_hash: content.contentHash,
    archived_month: month,
    restored: restoredCount,
    present: presentCount,
    month_is_whole: isWhole,
  }
}

/** A restored file as text for a person. */
export function restoredText(restored: RestoredFile, isDryRun: boolean): string {
  const { file, month, restoredCount, presentCount, isWhole } = restored
  const lines: [string, string][] = [
    ['  restored', `${restoredCount}${restoredCount > 0 ? ': counted when they came, and not again' : ''}`],
    ['  present', String(presentCount)],
  ]
  if (!isDryRun) lines.push(['  month', isWhole ? 'whole' : 'further events of it are in other files'])
  return `${basename(file)}, an archive of ${month}${isDryRun ? ', only looked at' : ''}\n${pairs(lines)}`
}
