import type { UsageEvent } from '../../src/domain/usage.ts'
import { countPending } from '../../src/store/count-usage.ts'
import type { Store, Unit } from '../../src/store/unit-of-work.ts'
import { acceptEvents, type AcceptedEvent } from '../../src/store/usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'

/** Counts what is pending, within a unit, at an instant. */
export async function countAt(unit: Unit, at: Date): Promise<void> {
  const clock = { now: () => at, sleep: () => Promise.resolve() }
  await countPending(unit, { clock, doorbell: { ring: () => Promise.resolve() } as never })
}

/** Accepts events and counts them, in one unit. */
export function acceptAndCount(
  store: Store,
  events: readonly UsageEvent[],
  at: Date,
): Promise<AcceptedEvent[]> {
  return store.unitOfWork(async (unit) => {
    const became = await acceptEvents(unit, events.map(keyedEvent), at)
    await countAt(unit, at)
    return became
  })
}
