import { hourMilliseconds } from './calendar.ts'
import { runningAggregate, type RunningAggregate } from './aggregation-running.ts'
import { decimalOf } from './exact-sum.ts'

/** How the readings of events become one quantity. */
export const aggregations = ['sum', 'count', 'maximum', 'last', 'unique', 'time-weighted'] as const

export type Aggregation = (typeof aggregations)[number]

/** Aggregations that look at single readings: what one of them adds depends on the others of its billing period. */
export type PointAggregation = Exclude<Aggregation, 'sum' | 'count'>

/** Whether quantities of an aggregation can be added to an hour without looking at any other use. */
export function isAdditive(aggregation: Aggregation): aggregation is 'sum' | 'count' {
  return aggregation === 'sum' || aggregation === 'count'
}

/** One reading of a customer and meter. */
export type Point = {
  /** The values it is grouped by, as canonical text. */
  readonly group: string
  readonly atMilliseconds: number
  /** Decides between readings of one instant: the key of the event. */
  readonly key: string
  /** An exact decimal of zero or more; of `unique` the member that counts once. */
  readonly value: string
}

/** What an hour adds to its billing period, as an exact decimal that may be negative. */
export type Contribution = { readonly group: string; readonly startsAt: Date; readonly quantity: string }

/** A stretch of whole hours; `to` is not in it. With `until`, hours that begin then or later are left out. */
type AggregatedPeriod = { readonly from: Date; readonly to: Date; readonly until?: Date }

/** The level of each group just before a period; only `time-weighted` looks at it. */
export type Levels = ReadonlyMap<string, string>

/**
 * What each hour contributes to its billing period: by how much the aggregate of the period as far as the hour's end differs from that as
 * far as its beginning. So the hours add up to the aggregate exactly, in whatever order the events came. The aggregate of a meter with
 * groups is the sum over its groups. An hour with points is told also where it contributes zero, as it may have contributed more before.
 */
export function contributionsOf(
  aggregation: PointAggregation,
  points: readonly Point[],
  period: AggregatedPeriod,
  levelBefore: Levels = new Map(),
): Contribution[] {
  const [from, to] = [period.from.getTime(), period.to.getTime()]
  const inPeriod = points.filter(({ atMilliseconds: at }) => from <= at && at < to)
  const byGroup = Map.groupBy(inPeriod, ({ group }) => group)
  const levels = aggregation === 'time-weighted' ? levelBefore : new Map<string, string>()
  return [...new Set([...byGroup.keys(), ...levels.keys()])].sort().flatMap((group) => {
    const byHour = Map.groupBy((byGroup.get(group) ?? []).sort(inOrder), hourOf)
    const hours =
      aggregation === 'time-weighted'
        ? hoursFrom(levels.has(group) ? from : Math.min(...byHour.keys()), to)
        : byHour.keys()
    const running = runningAggregate(aggregation, period, levels.get(group))
    return changesByHour(running, byHour, hours, group).filter(
      ({ startsAt }) => period.until === undefined || startsAt < period.until,
    )
  })
}

function inOrder(left: Point, right: Point): number {
  if (left.atMilliseconds !== right.atMilliseconds) return left.atMilliseconds - right.atMilliseconds
  return left.key < right.key ? -1 : 1
}

function hourOf({ atMilliseconds }: Point): number {
  return Math.floor(atMilliseconds / hourMilliseconds) * hourMilliseconds
}

/** A level holds in hours without a reading too. */
function* hoursFrom(first: number, to: number): Generator<number> {
  for (let hour = first; hour < to; hour += hourMilliseconds) yield hour
}

function changesByHour(
  running: RunningAggregate,
  byHour: ReadonlyMap<number, readonly Point[]>,
  hours: Iterable<number>,
  group: string,
): Contribution[] {
  let before = 0n
  return Array.from(hours, (hour) => {
    for (const { atMilliseconds, value } of byHour.get(hour) ?? []) running.take(atMilliseconds, value)
    const soFar = running.soFar(hour + hourMilliseconds)
    const quantity = signedDecimalOf(soFar - before)
    before = soFar
    return { group, startsAt: new Date(hour), quantity }
  })
}

/** The decimal that a count of finest parts is, which may be below zero. */
export function signedDecimalOf(parts: bigint): string {
  return parts < 0n ? `-${decimalOf(-parts)}` : decimalOf(parts)
}
