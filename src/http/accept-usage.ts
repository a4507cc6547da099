import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import { coveredUse } from '../store/covered-use.ts'
import { openEach } from '../store/exceptions.ts'
import { distinctEvents, keepUsage, type UsageKeeping } from '../store/keep-usage.ts'
import { sqlState, type Store } from '../store/unit-of-work.ts'
import type { AcceptedEvent } from '../store/usage.ts'
import { changedEvent } from '../store/usage-issues.ts'
import { allLanes, laneOf } from '../store/usage-key.ts'
import { joined } from './joined.ts'

export type UsageContext = UsageKeeping & {
  readonly store: Store
  readonly checkpoint: Checkpoint
}

/** Keeps usage events for good before it answers, in the order given. Throws TooManyWaiting when more wait than may wait. */
export type UsageIntake = (events: readonly UsageEvent[]) => Promise<AcceptedEvent[]>

/** Thrown for events that would have to wait behind more than may wait. None of them was taken. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
}

/** How many bytes of events a unit of work takes in each lane, and how many may wait in all: events of 300 bytes are thousands of them. */
const bytesAtOnce = 2_000_000
const bytesWaiting = 32_000_000

const uniqueViolation = '23505'

/**
 * Makes the intake of a process: events of requests that come together share a unit of work in each lane, because a commit costs as much
 * as many events do.
 */
export function usageIntake(context: UsageContext): UsageIntake {
  const remembering = { ...context, covered: coveredUse(context.clock, context.books?.entities) }
  const keepLists = (lists: readonly (readonly UsageEvent[])[]) => acceptLists(lists, remembering)
  const lanes = allLanes.map(() => joined(keepLists, { atOnce: bytesAtOnce, weightOf: bytesOfAll }))
  const keepInLanes = async (events: readonly UsageEvent[]) => {
    const outcomes: AcceptedEvent[] = []
    const byLane = Map.groupBy(events.keys(), (index) => laneOf(events[index] as UsageEvent))
    const keptIn = async ([lane, places]: [number, readonly number[]]) => {
      const became = await lanes[lane]?.(places.map((index) => events[index] as UsageEvent))
      places.forEach((place, index) => (outcomes[place] = became?.[index] as AcceptedEvent))
    }
    await Promise.all([...byLane].map(keptIn))
    return outcomes
  }
  let waiting = 0
  return async (events) => {
    const bytes = bytesOfAll(events)
    // Whoever is alone is served, however much it is.
    if (waiting > 0 && waiting + bytes > bytesWaiting) throw new TooManyWaiting()
    waiting += bytes
    try {
      return await keepInLanes(events)
    } finally {
      waiting -= bytes
    }
  }
}

/** What the attributes of an event weigh besides its texts. */
const bytesOfTheRest = 200

function bytesOfAll(events: readonly UsageEvent[]): number {
  return events.reduce((sum, event) => sum + bytesOf(event), 0)
}

function bytesOf({ source, id, subject, properties }: UsageEvent): number {
  let bytes = bytesOfTheRest + source.length + id.length + subject.length
  for (const name in properties) bytes += name.length + (properties[name]?.length ?? 0)
  return bytes
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
