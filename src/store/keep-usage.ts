import type { UsageEvent } from '../domain/usage.ts'
import { coveredUse, type CoveredUse } from './covered-use.ts'
import type { Ringing } from './enqueue.ts'
import { openEach } from './exceptions.ts'
import {
  acceptCorrections,
  isCorrection,
  lockForCorrections,
  type UsageOutcome,
} from './accept-corrections.ts'
import { acceptEvents } from './usage.ts'
import type { KeyedEvent } from './usage-key.ts'
import type { Sellers } from './usage-due.ts'
import { unmatchedUsage, type UsageIssue } from './usage-issues.ts'
import type { Unit } from './unit-of-work.ts'

/** What keeping usage needs besides the unit. */
export type UsageKeeping = Ringing & {
  /** Where the settings of the books are at hand: they tell where a contract's days begin and end. */
  readonly books?: { readonly entities: Sellers }
  /** What a process remembers of who covers what; without it nothing is remembered. */
  readonly covered?: CoveredUse
}

/**
 * Keeps usage events for good, corrections after the others, and opens what a person must decide about those that were kept. Answers in the
 * order given; what becomes of a `conflict` or a refused correction is up to the way it came. `areNew` is what `acceptEvents` takes.
 */
export async function keepUsage(
  unit: Unit,
  items: readonly KeyedEvent[],
  at: Date,
  keeping: UsageKeeping,
  beliefs: { readonly areNew?: boolean } = {},
): Promise<UsageOutcome[]> {
  const became = items.some(isCorrection)
    ? await acceptAll(unit, items, at)
    : await acceptEvents(unit, items, at, beliefs)
  // A retraction is no use, so nothing has to cover it.
  const thatBecame = (outcome: UsageOutcome) =>
    items.flatMap(({ event }, index) =>
      became[index] === outcome && event.corrects?.kind !== 'retraction' ? [event] : [],
    )
  const [accepted, unmatched] = [thatBecame('accepted'), thatBecame('unmatched')]
  await openEach(unit, await issuesOf(unit, accepted, unmatched, keeping), at)
  return became
}

/** What is corrected may come in the same call, so corrections are taken last. */
export async function acceptAll(unit: Unit, items: readonly KeyedEvent[], at: Date): Promise<UsageOutcome[]> {
  await lockForCorrections(unit, items, at)
  const places = [...items.keys()]
  const outcomes: UsageOutcome[] = []
  const take = async (
    some: readonly number[],
    accept: (items: readonly KeyedEvent[]) => Promise<readonly UsageOutcome[]>,
  ) => {
    const became = await accept(some.map((place) => items[place] as KeyedEvent))
    some.forEach((place, index) => (outcomes[place] = became[index] as UsageOutcome))
  }
  const corrects = (place: number) => isCorrection(items[place] as KeyedEvent)
  await take(
    places.filter((place) => !corrects(place)),
    (plain) => acceptEvents(unit, plain, at),
  )
  await take(places.filter(corrects), (corrections) => acceptCorrections(unit, corrections, at))
  return outcomes
}

async function issuesOf(
  unit: Unit,
  accepted: readonly UsageEvent[],
  unmatched: readonly UsageEvent[],
  { clock, books, covered = coveredUse(clock, books?.entities) }: UsageKeeping,
): Promise<UsageIssue[]> {
  return [
    ...distinctEvents(unmatched, ({ subject }) => [subject]).map(unmatchedUsage),
    ...(await covered(unit, accepted)),
  ]
}

/** One event of each key. */
export function distinctEvents(
  events: readonly UsageEvent[],
  keyOf: (event: UsageEvent) => readonly string[],
): UsageEvent[] {
  return [...new Map(events.map((event) => [JSON.stringify(keyOf(event)), event])).values()]
}
