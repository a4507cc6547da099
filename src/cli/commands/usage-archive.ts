import { access, constants, stat } from 'node:fs/promises'
import { folderArchive } from '../../../connectors/files/folder-archive.ts'
import { readOwnSettings } from '../../config.ts'
import type { Month } from '../../domain/calendar.ts'
import type { PutAwayMonth, RetainedMonth } from '../../jobs/archive-usage.ts'
import { archiveMonth, planRetention } from '../../jobs/archive-usage.ts'
import type { Clock } from '../../ports/clock.ts'
import { systemClock } from '../../ports/clock.ts'
import type { UsageArchive } from '../../ports/usage-archive.ts'
import { heldEventCount, UsageKeptError } from '../../store/usage-archive.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { commandActor } from './actor.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import { archiveOutcome } from './usage-archive-outcome.ts'

export type UsageArchiveOptions = CommonOptions & {
  readonly into: string
  readonly before?: Month
  readonly dryRun?: boolean
}

/** What became of a month, or would become of it. */
export type ArchivedOrHeld =
  | { readonly kind: 'archived'; readonly month: Month; readonly putAway: PutAwayMonth }
  | { readonly kind: 'due'; readonly month: Month; readonly eventCount: number }
  | { readonly kind: 'held'; readonly month: Month; readonly code: string; readonly reason: string }

/** `tieout usage archive`. Throws CommandError where the folder is none that can be written to. */
export async function archiveUsage(
  session: Session,
  { into, before, dryRun }: UsageArchiveOptions,
  clock: Clock = systemClock,
): Promise<Outcome> {
  const scope = {
    daysKept: readOwnSettings(session.variables).TIEOUT_USAGE_KEPT_DAYS,
    before: before ?? null,
  }
  await assertFolder(into)
  return withDatabase(session, async ({ store }) => {
    const planned = await planRetention(store, scope, clock.now())
    const became: ArchivedOrHeld[] = []
    for (const month of planned.filter(({ isPast }) => isPast)) {
      became.push(
        await becomeOf(month, {
          session,
          store,
          clock,
          archive: folderArchive(into),
          dryRun: dryRun === true,
        }),
      )
    }
    return archiveOutcome(became, into, dryRun === true)
  })
}

async function assertFolder(folder: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!isFolder || !isWritable)
    throw new CommandError('usage', `${folder} is no folder that can be written to. Nothing was put away.`)
}

type Putting = {
  readonly session: Session
  readonly store: Store
  readonly clock: Clock
  readonly archive: UsageArchive
  readonly dryRun: boolean
}

async function becomeOf(
  held: RetainedMonth,
  { session, store, clock, archive, dryRun }: Putting,
): Promise<ArchivedOrHeld> {
  const { month, hold } = held
  if (hold !== null) return { kind: 'held', month, ...hold }
  if (dryRun) return { kind: 'due', month, eventCount: await heldEventCount(store.read, month) }
  try {
    const tell = tellOf(session, month)
    const archiving = { store, archive, clock, actor: commandActor(), blocksAFile, tell }
    const putAway = await archiveMonth(held, archiving)
    return { kind: 'archived', month, putAway }
  } catch (error) {
    if (!(error instanceof UsageKeptError)) throw error
    return { kind: 'held', month, code: error.isBusy ? 'busy' : 'kept', reason: error.message }
  }
}

/** About a gigabyte of the database, of which a file has about a tenth. */
const blocksAFile = 131_072

const toldEvery = 10_000

function tellOf({ progress }: Session, month: Month) {
  return (step: string, events: number, of: number) => {
    if (events % toldEvery !== 0 && events !== of) return
    progress.say(`${month}: ${events.toLocaleString('en')} of ${of.toLocaleString('en')} events ${step}`)
  }
}
