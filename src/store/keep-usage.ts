import type { MeterUse, UsageEvent } from '../domain/usage.ts'
import { coveredUse, type CoveredUse } from './covered-use.ts'
import type { Ringing } from './enqueue.ts'
import { openEach } from './exceptions.ts'
import { acceptUse, type AcceptedEvent } from './usage.ts'
import type { KeyedEvent } from './usage-key.ts'
import type { MeterBookMemory } from './meter-book-memory.ts'
import type { Sellers } from './usage-due.ts'
import { unmatchedUsage, type UsageIssue } from './usage-issues.ts'
import type { Unit } from './unit-of-work.ts'

/** What keeping usage needs besides the unit. */
export type UsageKeeping = Ringing & {
  /** Where the settings of the books are at hand: they tell where a contract's days begin and end. */
  readonly books?: { readonly entities: Sellers }
  /** What a process remembers of who covers what; without it nothing is remembered. */
  readonly covered?: CoveredUse
  /** What a process remembers of the definitions of meters; without it nothing is remembered. */
  readonly meters?: MeterBookMemory
}

/**
 * Keeps usage events for good, and opens what a person must decide about those that were kept. Answers in the order
 * given; what becomes of a `conflict` is up to the way it came. `areNew` is what `acceptUse` takes.
 */
export async function keepUsage(
  unit: Unit,
  items: readonly KeyedEvent[],
  at: Date,
  keeping: UsageKeeping,
  beliefs: { readonly areNew?: boolean } = {},
): Promise<AcceptedEvent[]> {
  const { meters } = keeping
  const { became, uses } = await acceptUse(unit, items, at, { ...beliefs, ...(meters && { meters }) })
  const unmatched = items.flatMap(({ event }, index) => (became[index] === 'unmatched' ? [event] : []))
  await openEach(unit, await issuesOf(unit, uses, unmatched, keeping), at)
  return became
}

async function issuesOf(
  unit: Unit,
  uses: readonly MeterUse[],
  unmatched: readonly UsageEvent[],
  { clock, books, covered = coveredUse(clock, books?.entities) }: UsageKeeping,
): Promise<UsageIssue[]> {
  return [
    ...distinctEvents(unmatched, ({ subject }) => [subject]).map(unmatchedUsage),
    ...(await covered(unit, uses)),
  ]
}

/** One event of each key. */
export function distinctEvents(
  events: readonly UsageEvent[],
  keyOf: (event: UsageEvent) => readonly string[],
): UsageEvent[] {
  return [...new Map(events.map((event) => [JSON.stringify(keyOf(event)), event])).values()]
}
