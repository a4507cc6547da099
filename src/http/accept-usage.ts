import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import { openEach } from '../store/exceptions.ts'
import { distinctEvents, keepUsage, type UsageKeeping } from '../store/keep-usage.ts'
import type { AcceptedEvent } from '../store/usage.ts'
import { changedEvent } from '../store/usage-issues.ts'
import type { Store } from '../store/unit-of-work.ts'

export type UsageContext = UsageKeeping & {
  readonly store: Store
  readonly checkpoint: Checkpoint
}

/** Keeps usage events for good, and opens what a person must decide, all in one unit. Answers in the order given. */
export async function acceptUsage(
  events: readonly UsageEvent[],
  context: UsageContext,
): Promise<AcceptedEvent[]> {
  const { store, clock } = context
  const now = clock.now()
  const outcomes = await store.unitOfWork(async (unit) => {
    const became = await keepUsage(unit, events, now, context)
    const conflicts = events.filter((_event, index) => became[index] === 'conflict')
    const changed = distinctEvents(conflicts, ({ source, id }) => [source, id]).map(changedEvent)
    await openEach(unit, changed, now)
    return became
  })
  context.checkpoint('usage-after-commit')
  return outcomes
}
