import type { Month } from '../domain/calendar.ts'
import type { Clock } from '../ports/clock.ts'
import type { KeptUsage } from '../ports/usage-archive.ts'
import { missingEvents, noteRestored, restoreEvents } from '../store/usage-archive-restore.ts'
import type { Store } from '../store/unit-of-work.ts'

/** What came of bringing a file of an archive back. */
export type RestoredUsage = {
  readonly restoredCount: number
  readonly presentCount: number
  /** Whether every event of the month is here now. */
  readonly isWhole: boolean
}

export type Restoring = {
  readonly store: Store
  readonly clock: Clock
  readonly actor: string
  /** Only says what is missing. */
  readonly isDryRun: boolean
  readonly tell: (events: number) => void
}

const eventsAtOnce = 2_000

/**
 * Brings the events of a file that a month was put away in back as they were, in pages, and adds nothing to any hour. Stopped anywhere, it is
 * called again. Throws RestoredDifferenceError where the database has an event otherwise.
 */
export async function restoreUsage(
  month: Month,
  usage: AsyncIterable<KeptUsage>,
  { store, clock, actor, isDryRun, tell }: Restoring,
): Promise<RestoredUsage> {
  let [restoredCount, read] = [0, 0]
  for await (const page of pagesOf(usage)) {
    restoredCount += isDryRun
      ? (await missingEvents(store.read, month, page)).length
      : await store.unitOfWork((unit) => restoreEvents(unit, month, page))
    tell((read += page.length))
  }
  const isWhole =
    !isDryRun && (await store.unitOfWork((unit) => noteRestored(unit, month, actor, clock.now())))
  return { restoredCount, presentCount: read - restoredCount, isWhole }
}

async function* pagesOf(usage: AsyncIterable<KeptUsage>): AsyncGenerator<KeptUsage[]> {
  let page: KeptUsage[] = []
  for await (const event of usage) {
    page.push(event)
    if (page.length < eventsAtOnce) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
