import { PlainEvent } from '../domain/plain-event.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import { coveredUse } from '../store/covered-use.ts'
import { openEach } from '../store/exceptions.ts'
import { meterBookMemory } from '../store/meter-book-memory.ts'
import { distinctEvents, keepUsage, type UsageKeeping } from '../store/keep-usage.ts'
import { rememberedOwners } from '../store/owners-memory.ts'
import { sqlState, type Store } from '../store/unit-of-work.ts'
import { inOrderOf, isCorrection, type UsageOutcome } from '../store/accept-corrections.ts'
import { changedEvent } from '../store/usage-issues.ts'
import { allLanes, keyedEvent, laneOf, type KeyedEvent } from '../store/usage-key.ts'
import { joined } from './joined.ts'

export type UsageContext = UsageKeeping & {
  readonly store: Store
  readonly checkpoint: Checkpoint
  readonly settings?: { readonly usageGatherMilliseconds?: number }
  /** Told after each commit, where the process counts what is pending. */
  readonly usageCommitted?: () => void
}

/** Keeps usage events for good before it answers, in the order given, corrections after the others. Throws TooManyWaiting when more wait than may wait. */
export type UsageIntake = (events: readonly UsageEvent[]) => Promise<UsageOutcome[]>

/** Thrown for events that would have to wait behind more than may wait. None of them was taken. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
}

/** How many bytes of events a unit of work takes in each lane, and how many may wait in all: events of 300 bytes are thousands of them. */
const bytesAtOnce = 900_000
const bytesWaiting = 32_000_000

/** A request of no more events goes into one unit of work with all others that small, whatever their lanes. */
const fewEvents = 100

/**
 * Makes the intake of a process: events of requests that come together share a unit of work, because a commit costs as much as many events do.
 * Large requests are written in their lanes side by side, small ones together. Corrections are seldom and wait for themselves alone: what they
 * correct has been kept before.
 */
export function usageIntake(context: UsageContext): UsageIntake {
  const covered = coveredUse(context.clock, context.books?.entities)
  const remembering = {
    ...context,
    covered,
    ownersOf: rememberedOwners(context.clock),
    meters: meterBookMemory(),
  }
  const take = trustingIntake(remembering)
  const keepLists = async (lists: readonly (readonly KeyedEvent[])[]) => {
    const outcomes = await take(lists.flat())
    let taken = 0
    return lists.map(({ length }) => outcomes.slice(taken, (taken += length)))
  }
  const limits = { atOnce: bytesAtOnce, weightOf: bytesOfItems }
  const lanes = allLanes.map(() => joined(keepLists, limits))
  const together = joined(keepLists, { ...limits, gather: gathering(context) })
  const keepInLanes = async (items: readonly KeyedEvent[]) => {
    const outcomes: UsageOutcome[] = []
    const keptIn = async (places: readonly number[], lane: number) => {
      if (places.length === 0) return
      const became = await lanes[lane]?.(places.map((place) => items[place] as KeyedEvent))
      places.forEach((place, index) => (outcomes[place] = became?.[index] as UsageOutcome))
    }
    const places: number[][] = allLanes.map(() => [])
    for (let place = 0; place < items.length; place++) places[laneOf(items[place] as KeyedEvent)]?.push(place)
    // Whoever is told that it failed is told once nothing of it is under way any more.
    const ended = await Promise.allSettled(places.map(keptIn))
    const failed = ended.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    return outcomes
  }
  const keepPlain = (items: readonly KeyedEvent[]) =>
    items.length <= fewEvents ? together(items) : keepInLanes(items)
  const keepAndCorrect = inTurn(keepPlain, joined(keepLists, limits))
  let waiting = 0
  return async (events) => {
    const bytes = bytesOfAll(events)
    // Whoever is alone is served, however much it is.
    if (waiting > 0 && waiting + bytes > bytesWaiting) throw new TooManyWaiting()
    waiting += bytes
    try {
      const items = events.map(keyedEvent)
      return await (items.some(isCorrection) ? keepAndCorrect(items) : keepPlain(items))
    } finally {
      waiting -= bytes
    }
  }
}

type Keeping = (items: readonly KeyedEvent[]) => Promise<readonly UsageOutcome[]>

/** Keeps what corrects nothing first, and then what does. */
function inTurn(
  keepPlain: Keeping,
  keepCorrections: Keeping,
): (items: readonly KeyedEvent[]) => Promise<UsageOutcome[]> {
  return async (items) => {
    const plain = items.filter((item) => !isCorrection(item))
    const kept = plain.length === 0 ? [] : await keepPlain(plain)
    return inOrderOf(items, kept, await keepCorrections(items.filter(isCorrection)))
  }
}

/**
 * Holds requests back where others came a moment ago, until a millisecond brings no more, for as long as the settings allow at most. Who comes
 * alone waits for nobody.
 */
function gathering({ clock, settings }: UsageContext): (waiting: () => number) => Promise<void> {
  const most = settings?.usageGatherMilliseconds ?? 0
  let lastAt = Number.NEGATIVE_INFINITY
  return async (waiting) => {
    const began = clock.now().getTime()
    let [now, grows] = [began, began - lastAt < most]
    while (grows && now - began < most) {
      const before = waiting()
      await clock.sleep(1)
      now = clock.now().getTime()
      grows = waiting() > before
    }
    lastAt = now
  }
}

/** What the attributes of an event weigh besides its texts. */
const bytesOfTheRest = 200
/** What a plain event weighs besides its share of the body it stays in. */
const bytesOfAPlace = 60

function bytesOfAll(events: readonly UsageEvent[]): number {
  return events.reduce((sum, event) => sum + bytesOf(event), 0)
}

function bytesOfItems(items: readonly KeyedEvent[]): number {
  return items.reduce((sum, { event }) => sum + bytesOf(event), 0)
}

function bytesOf(event: UsageEvent): number {
  if (event instanceof PlainEvent) return bytesOfAPlace + event.batch.bytesAnEvent
  const { source, id, subject, properties } = event
  let bytes = bytesOfTheRest + source.length + id.length + subject.length
  for (const name in properties) bytes += name.length + (properties[name]?.length ?? 0)
  return bytes
}

const uniqueViolation = '23505'
/** So many units of work are wary after one that held what had come before: a sender that sends again seldom does so once. */
const waryUnits = 32

/** Keeps events without looking whether they came this month already, while they never have: their key's index says so when one did. */
function trustingIntake(context: UsageContext): (items: readonly KeyedEvent[]) => Promise<UsageOutcome[]> {
  let waryFor = 0
  return async (items) => {
    const areNew = waryFor === 0
    const outcomes = await accept(items, areNew, context).catch((error: unknown) => {
      if (!areNew || sqlState(error) !== uniqueViolation) throw error
      return accept(items, false, context)
    })
    waryFor = outcomes.some((outcome) => outcome === 'duplicate' || outcome === 'conflict')
      ? waryUnits
      : Math.max(0, waryFor - 1)
    return outcomes
  }
}

/** Keeps events, and opens what a person must decide, all in one unit. Answers in the order given. */
async function accept(
  items: readonly KeyedEvent[],
  areNew: boolean,
  context: UsageContext,
): Promise<UsageOutcome[]> {
  const { store, clock } = context
  const now = clock.now()
  const outcomes = await store.unitOfWork(async (unit) => {
    const became = await keepUsage(unit, items, now, context, { areNew })
    const conflicts = items.flatMap(({ event }, index) => (became[index] === 'conflict' ? [event] : []))
    const changed = distinctEvents(conflicts, ({ source, id }) => [source, id]).map(changedEvent)
    if (changed.length > 0) await openEach(unit, changed, now)
    return became
  })
  context.checkpoint('usage-after-commit')
  context.usageCommitted?.()
  return outcomes
}
