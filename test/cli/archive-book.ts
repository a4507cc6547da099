import type { UsageArchiveOptions } from '../../src/cli/commands/usage-archive.ts'
import { archiveUsage } from '../../src/cli/commands/usage-archive.ts'
import type { Outcome, Session } from '../../src/cli/commands/run-command.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { acceptEvents } from '../../src/store/usage.ts'
import { usageSums } from '../../src/store/usage-sums.ts'
import type { ImportBook } from './import-book.ts'

/** 300 events of two customers and two meters; every one with a property and a decimal of its own. */
export function monthOfUse(month: string, changes: Partial<UsageEvent> = {}): UsageEvent[] {
  return Array.from({ length: 300 }, (_none, index) => ({
    source: 'gateway',
    id: `${month}-${index}`,
    meter: index % 3 === 0 ? 'tokens' : 'calls',
    subject: index % 2 === 0 ? 'acme' : 'beta',
    occurredAt: new Date(`${month}-${String((index % 28) + 1).padStart(2, '0')}T10:15:00.123Z`),
    value: `${index}.${index + 1}`,
    properties: { zone: `Zürich "${index % 4}"`, id: '1' },
    ...changes,
  }))
}

/** Counts events as if they had come on a day. */
export async function countUse({ own }: ImportBook, events: readonly UsageEvent[], receivedOn: string) {
  const at = new Date(`${receivedOn}T12:00:00.456Z`)
  const became = await own.store.unitOfWork((unit) => acceptEvents(unit, events.map(keyedEvent), at))
  await countUsage(own.store, { clock: systemClock, doorbell: silentDoorbell })
  return became
}

/** Runs `tieout usage archive` in this process. */
export function archive(
  book: ImportBook,
  into: string,
  options: Partial<UsageArchiveOptions> = {},
): Promise<Outcome> {
  return archiveUsage(sessionOf(book), { into, ...options })
}

/** What a command works with in a book. */
export function sessionOf({ variables }: ImportBook): Session {
  const silent = () => undefined
  return { variables, progress: { say: silent, end: silent, pause: silent }, warn: silent }
}

/** Every event kept, with all its columns, in the order of their keys. */
export async function eventsKept({ own }: ImportBook): Promise<string[]> {
  const rows = await own.owner`select to_jsonb(event) as event from usage_event event order by event_key`
  return rows.map(({ event }) => JSON.stringify(event))
}

/** What was accepted of each customer and meter, and what is in the hours; both sides of the tie-out. */
export async function acceptedAndHours({ own }: ImportBook): Promise<[accepted: string, inHours: string][]> {
  return (await usageSums(own.store)).map(({ accepted, inWindows }) => [accepted, inWindows])
}
