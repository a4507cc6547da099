import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import { coveredUse } from '../store/covered-use.ts'
import { openEach } from '../store/exceptions.ts'
import { distinctEvents, keepUsage, type UsageKeeping } from '../store/keep-usage.ts'
import { sqlState, type Store } from '../store/unit-of-work.ts'
import type { AcceptedEvent } from '../store/usage.ts'
import { changedEvent } from '../store/usage-issues.ts'
import { laneOf, usageLanes } from '../store/usage-key.ts'
import { joined } from './joined.ts'

export type UsageContext = UsageKeeping & {
  readonly store: Store
  readonly checkpoint: Checkpoint
}

/** Keeps usage events for good before it answers, in the order given. Throws TooManyWaiting when more wait than may wait. */
export type UsageIntake = (events: readonly UsageEvent[]) => Promise<AcceptedEvent[]>

/** How many events a unit of work takes, and how many may wait for the next ones, in each lane. */
const eventsAtOnce = 4_000
const eventsWaiting = 40_000

const uniqueViolation = '23505'

/**
 * Makes the intake of a process: events of requests that come together share a unit of work in each lane, because a commit costs as much
 * as many events do.
 */
export function usageIntake(context: UsageContext): UsageIntake {
  const remembering = { ...context, covered: coveredUse(context.clock, context.books?.entities) }
  const keepLists = (lists: readonly (readonly UsageEvent[])[]) => acceptLists(lists, remembering)
  const limits = {
    atOnce: eventsAtOnce,
    waiting: eventsWaiting,
    weightOf: (events: readonly UsageEvent[]) => events.length,
  }
  const lanes = Array.from({ length: usageLanes }, () => joined(keepLists, limits))
  return async (events) => {
    const outcomes: AcceptedEvent[] = []
    const byLane = Map.groupBy(events.keys(), (index) => laneOf(events[index] as UsageEvent))
    const keptIn = async ([lane, places]: [number, readonly number[]]) => {
      const became = await lanes[lane]?.(places.map((index) => events[index] as UsageEvent))
      places.forEach((place, index) => (outcomes[place] = became?.[index] as AcceptedEvent))
    }
    await Promise.all([...byLane].map(keptIn))
    return outcomes
  }
}

async function acceptLists(
  lists: readonly (readonly UsageEvent[])[],
  context: UsageContext,
): Promise<AcceptedEvent[][]> {
  const outcomes = await acceptOnce(lists.flat(), context).catch((error: unknown) => {
    // Two lanes took one key for different subjects in the same moment. Looking again finds which came first.
    if (sqlState(error) !== uniqueViolation) throw error
    return acceptOnce(lists.flat(), context)
  })
  let taken = 0
  return lists.map(({ length }) => outcomes.slice(taken, (taken += length)))
}

/** Keeps events, and opens what a person must decide, all in one unit. Answers in the order given. */
async function acceptOnce(events: readonly UsageEvent[], context: UsageContext): Promise<AcceptedEvent[]> {
  const { store, clock } = context
  const now = clock.now()
  const outcomes = await store.unitOfWork(async (unit) => {
    const became = await keepUsage(unit, events, now, context)
    const conflicts = events.filter((_event, index) => became[index] === 'conflict')
    const changed = distinctEvents(conflicts, ({ source, id }) => [source, id]).map(changedEvent)
    if (changed.length > 0) await openEach(unit, changed, now)
    return became
  })
  context.checkpoint('usage-after-commit')
  return outcomes
}
