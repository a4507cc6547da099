import { signedDecimalOf, type Levels } from './aggregation.ts'
import { runningAggregate, type RunningAggregate } from './aggregation-running.ts'
import { countedBy, otherGroup, type MeterBook, type Reading } from './meter-book.ts'
import { whyUnreadable } from './meter-issue.ts'
import type { AggregationPeriod } from './meter-period.ts'
import type { UsageEvent } from './usage.ts'

/** An event that could not be read, and why. */
export type UnreadableSample = { readonly source: string; readonly id: string; readonly reason: string }

/** What events of one customer and period come to; quantities are exact decimals. */
export type Tally = {
  readonly seen: number
  readonly counted: number
  readonly filteredOut: number
  readonly unreadable: number
  readonly samples: readonly UnreadableSample[]
  readonly quantity: string
  readonly groupCount: number
  /** The ten largest, the largest first. */
  readonly groups: readonly { readonly group: string; readonly quantity: string }[]
}

/** Takes the events of one customer and period in the order of their times, and keeps no more than the state of its groups. */
export type Tallying = {
  take(event: UsageEvent, key: string): void
  /** What it comes to as far as an instant. */
  at(until: Date): Tally
  /** The levels that hold on after it, of a time-weighted meter. */
  levels(): Levels
}

const mostSamples = 5
const mostGroups = 10

/** Begins a tally of what a book counts for one meter. */
export function tallyOf(
  meter: string,
  book: MeterBook,
  period: AggregationPeriod,
  levelBefore: Levels = new Map(),
): Tallying {
  const groups = new Map<string, RunningAggregate>()
  for (const [group, level] of levelBefore)
    groups.set(group, runningAggregate('time-weighted', period, level))
  const levels = new Map(levelBefore)
  const samples: UnreadableSample[] = []
  let [seen, counted, unreadable] = [0, 0, 0]

  const place = (reading: Reading) => {
    const group = groups.has(reading.group) || groups.size < reading.groupsAtMost ? reading.group : otherGroup
    const aggregation = reading.kind === 'added' ? 'sum' : reading.aggregation
    const running = groups.get(group) ?? runningAggregate(aggregation, period)
    groups.set(group, running)
    if (reading.kind === 'added') running.take(reading.startsAtMilliseconds, reading.quantity)
    else running.take(reading.atMilliseconds, reading.value)
    if (aggregation === 'time-weighted' && reading.kind === 'point') levels.set(group, reading.value)
  }

  return {
    take: (event, key) => {
      seen++
      for (const each of countedBy(book, event, key)) {
        if (each.meter !== meter) continue
        if (each.kind !== 'unreadable') {
          counted++
          place(each)
        } else if (++unreadable <= mostSamples)
          samples.push(sampleOf(event, whyUnreadable(each.definition, each.reason)))
      }
    },
    at: (until) => {
      const filteredOut = seen - counted - unreadable
      return { seen, counted, filteredOut, unreadable, samples, ...sumsOf(groups, until) }
    },
    levels: () => levels,
  }
}

function sampleOf({ source, id }: UsageEvent, reason: string): UnreadableSample {
  return { source, id, reason }
}

function sumsOf(
  groups: ReadonlyMap<string, RunningAggregate>,
  until: Date,
): Pick<Tally, 'quantity' | 'groupCount' | 'groups'> {
  const sums = Array.from(groups, ([group, running]) => ({ group, parts: running.soFar(until.getTime()) }))
  sums.sort((left, right) =>
    left.parts > right.parts || (left.parts === right.parts && left.group < right.group) ? -1 : 1,
  )
  return {
    quantity: signedDecimalOf(sums.reduce((sum, { parts }) => sum + parts, 0n)),
    groupCount: sums.length,
    groups: sums
      .slice(0, mostGroups)
      .map(({ group, parts }) => ({ group, quantity: signedDecimalOf(parts) })),
  }
}
