import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import type { Clock } from '../ports/clock.ts'
import type { Doorbell } from '../ports/doorbell.ts'
import { openEach } from '../store/exceptions.ts'
import { CopyRefusedError, type Store, type Unit } from '../store/unit-of-work.ts'
import { acceptEvents, type AcceptedEvent } from '../store/usage.ts'
import type { Sellers } from '../store/usage-due.ts'
import { changedEvent, unmatchedUsage, type UsageIssue } from '../store/usage-issues.ts'
import { laneOf, usageLanes } from '../store/usage-key.ts'
import { askForUsageReport } from '../store/usage-report.ts'
import { coveredUse, type CoveredUse } from './covered-use.ts'
import { joined } from './joined.ts'

export type UsageContext = {
  readonly store: Store
  readonly doorbell: Doorbell<Unit['tx']>
  readonly clock: Clock
  readonly checkpoint: Checkpoint
  /** Where the settings of the books are at hand: they tell where a contract's days begin and end. */
  readonly books?: { readonly entities: Sellers }
}

/** Keeps usage events for good before it answers, in the order given. Throws TooManyWaiting when more wait than may wait. */
export type UsageIntake = (events: readonly UsageEvent[]) => Promise<AcceptedEvent[]>

const hourMilliseconds = 3_600_000

/** How many events a unit of work takes, and how many may wait for the next ones, in each lane. */
const eventsAtOnce = 4_000
const eventsWaiting = 40_000

/**
 * Makes the intake of a process: events of requests that come together share a unit of work in each lane, because a commit costs as much
 * as many events do.
 */
export function usageIntake(context: UsageContext): UsageIntake {
  const covered = coveredUse(context.clock, context.books?.entities)
  const keepLists = (lists: readonly (readonly UsageEvent[])[]) => acceptLists(lists, covered, context)
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
  covered: CoveredUse,
  context: UsageContext,
): Promise<AcceptedEvent[][]> {
  const outcomes = await acceptOnce(lists.flat(), covered, context).catch((error: unknown) => {
    // Two lanes took one key for different subjects in the same moment. Looking again finds which came first.
    if (!(error instanceof CopyRefusedError)) throw error
    return acceptOnce(lists.flat(), covered, context)
  })
  let taken = 0
  return lists.map(({ length }) => outcomes.slice(taken, (taken += length)))
}

/** Keeps events, asks for their report, and opens what a person must decide, all in one unit. */
async function acceptOnce(
  events: readonly UsageEvent[],
  covered: CoveredUse,
  context: UsageContext,
): Promise<AcceptedEvent[]> {
  const { store, clock } = context
  const now = clock.now()
  const outcomes = await store.unitOfWork(async (unit) => {
    const became = await acceptEvents(unit, events, now)
    const accepted = events.filter((_event, index) => became[index] === 'accepted')
    if (accepted.length > 0) await askForUsageReport(unit, earliestReport(accepted), context)
    const issues = [...issuesOf(events, became), ...(await covered(unit, accepted))]
    if (issues.length > 0) await openEach(unit, issues, now)
    return became
  })
  context.checkpoint('usage-after-commit')
  return outcomes
}

/** The end of the first hour that events lie in. */
function earliestReport(events: readonly UsageEvent[]): Date {
  const first = events.reduce(
    (least, { occurredAt }) => Math.min(least, occurredAt.getTime()),
    Number.POSITIVE_INFINITY,
  )
  return new Date((Math.floor(first / hourMilliseconds) + 1) * hourMilliseconds)
}

function issuesOf(events: readonly UsageEvent[], outcomes: readonly AcceptedEvent[]): UsageIssue[] {
  const having = (outcome: AcceptedEvent) => events.filter((_event, index) => outcomes[index] === outcome)
  return [
    ...distinct(having('unmatched'), ({ subject }) => subject).map(unmatchedUsage),
    ...distinct(having('conflict'), ({ source, id }) => JSON.stringify([source, id])).map(changedEvent),
  ]
}

/** One event of each key. */
function distinct(events: readonly UsageEvent[], keyOf: (event: UsageEvent) => string): UsageEvent[] {
  return [...new Map(events.map((event) => [keyOf(event), event])).values()]
}
