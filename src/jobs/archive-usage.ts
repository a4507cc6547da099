import { dateIn, type CalendarDate, type Month } from '../domain/calendar.ts'
import { archivableFrom, holdOf, isPastKeeping, type RetentionHold } from '../domain/usage-retention.ts'
import type { Clock } from '../ports/clock.ts'
import type { ArchivedFile, UsageArchive } from '../ports/usage-archive.ts'
import {
  archivedUsageMonths,
  dropUsageMonth,
  entitiesClosedBefore,
  heldEventCount,
  heldUsageMonths,
  sealUsageMonth,
  unmatchedInMonth,
  UsageKeptError,
  usageOfBlocks,
  type ArchivedMonth,
  type HeldMonth,
} from '../store/usage-archive.ts'
import { ContentSum, type UsageContent } from '../store/usage-content.ts'
import type { Store } from '../store/unit-of-work.ts'

/** Which months are looked at: those past all asking, of them those before `before`. */
export type RetentionScope = { readonly daysKept: number; readonly before: Month | null }

/** A month whose events are in the database, and what should become of it. */
export type RetainedMonth = HeldMonth & {
  readonly archivableFrom: CalendarDate
  readonly isPast: boolean
  /** Null also for a month that is not past all asking. */
  readonly hold: RetentionHold | null
  /** How it was put away before, where it was. */
  readonly archived: ArchivedMonth | null
}

/** Says of every month whose events are in the database whether it can be put away, and what holds it back; in order. */
export async function planRetention(
  store: Store,
  { daysKept, before }: RetentionScope,
  now: Date,
): Promise<RetainedMonth[]> {
  const today = dateIn('UTC', now)
  const archived = new Map((await archivedUsageMonths(store.read)).map((held) => [held.month, held]))
  const planned: RetainedMonth[] = []
  for (const held of await heldUsageMonths(store.read)) {
    const { month } = held
    const isPast = isPastKeeping(month, daysKept, today) && (before === null || month < before)
    const earlier = archived.get(month) ?? null
    const hold = isPast ? await findHold(store, month, earlier) : null
    planned.push({
      ...held,
      archivableFrom: archivableFrom(month, daysKept),
      isPast,
      hold,
      archived: earlier,
    })
  }
  return planned
}

async function findHold(
  store: Store,
  month: Month,
  earlier: ArchivedMonth | null,
): Promise<RetentionHold | null> {
  const [unmatched, unclosedEntities] = await Promise.all([
    unmatchedInMonth(store.read, month),
    entitiesClosedBefore(store.read, month),
  ])
  const archived = earlier === null ? null : { isRestored: earlier.restoredAt !== null }
  return holdOf({ month, archived, unmatched, unclosedEntities })
}

/** A month that was put away. */
export type PutAwayMonth = { readonly content: UsageContent; readonly files: readonly ArchivedFile[] }

export type Archiving = {
  readonly store: Store
  readonly archive: UsageArchive
  readonly clock: Clock
  readonly actor: string
  /** Blocks of the database whose events go into one file. */
  readonly blocksAFile: number
  /** Told how many of how many events were written, and then how many were read back. */
  readonly tell: (step: 'written' | 'read back', events: number, of: number) => void
}

/**
 * Puts a month away: writes its events to files, reads them back, and has the database let go of it if both are the same to the last digit.
 * Stopped anywhere, the month is whole in the database or in files that were read back; asked again, it begins anew. Throws UsageKeptError
 * where the month must stay.
 */
export async function archiveMonth({ month }: HeldMonth, archiving: Archiving): Promise<PutAwayMonth> {
  const { store, clock, actor } = archiving
  await sealWhenFree(month, archiving)
  // Counted under the seal: nothing comes any more, and every block is known.
  const blockCount = (await heldUsageMonths(store.read)).find((held) => held.month === month)?.blockCount ?? 0
  const eventCount = await heldEventCount(store.read, month)
  const files = await writeFiles(month, { blockCount, eventCount }, archiving)
  const content = await contentOf(files, eventCount, archiving)
  const putAway = { content, files, actor, at: clock.now() }
  await store.unitOfWork((unit) => dropUsageMonth(unit, month, putAway))
  return { content, files }
}

const sealAttempts = 60

/** The seal waits briefly for its lock, because whoever writes usage waits behind it. */
async function sealWhenFree(month: Month, { store, clock }: Archiving): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.unitOfWork((unit) => sealUsageMonth(unit, month))
    } catch (error) {
      if (!(error instanceof UsageKeptError && error.isBusy) || attempt === sealAttempts) throw error
      await clock.sleep(500)
    }
  }
}

async function writeFiles(
  month: Month,
  { blockCount, eventCount }: { readonly blockCount: number; readonly eventCount: number },
  { store, archive, blocksAFile, tell }: Archiving,
): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = []
  let written = 0
  for (let startBlock = 0; startBlock < blockCount; startBlock += blocksAFile) {
    const range = { startBlock, endBlock: Math.min(startBlock + blocksAFile, blockCount) }
    const usage = counted(usageOfBlocks(store.read, month, range), () =>
      tell('written', ++written, eventCount),
    )
    const file = await archive.write({ month, part: files.length + 1 }, usage)
    if (file.eventCount > 0) files.push(file)
  }
  return files
}

async function* counted<T>(all: AsyncIterable<T>, countOne: () => void): AsyncGenerator<T> {
  for await (const each of all) {
    countOne()
    yield each
  }
}

/** What the files hold, read from where they lie. */
async function contentOf(
  files: readonly ArchivedFile[],
  eventCount: number,
  { archive, tell }: Archiving,
): Promise<UsageContent> {
  const sum = new ContentSum()
  let read = 0
  for (const { name } of files) {
    for await (const usage of archive.read(name)) {
      sum.add(usage)
      tell('read back', ++read, eventCount)
    }
  }
  return sum.content()
}
