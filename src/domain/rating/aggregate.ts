import { Big } from 'big.js'
import { daysFromTo, daysIn, type CalendarDate, type DateRange } from '../calendar.ts'
import { assertNever } from '../result.ts'
import { ratio, type Ratio } from './exact.ts'

/** How the events of a meter become one quantity. `unique` counts different values of the counted property. */
export type Aggregation = 'count' | 'sum' | 'max' | 'unique' | 'latest'

/** One event as a meter sees it, in order of time. */
export type MeteredEvent = { readonly value: string; readonly countedId: string | null }

/** The quantity of a window. No events give zero, whatever the aggregation. */
export function aggregate(events: readonly MeteredEvent[], aggregation: Aggregation): Big {
  const values = events.map(({ value }) => new Big(value))
  switch (aggregation) {
    case 'count':
      return new Big(events.length)
    case 'sum':
      return values.reduce((sum, value) => sum.plus(value), new Big(0))
    case 'max':
      return values.reduce((most, value) => (value.gt(most) ? value : most), values[0] ?? new Big(0))
    case 'unique':
      return new Big(new Set(events.flatMap(({ countedId }) => countedId ?? [])).size)
    case 'latest':
      return values.at(-1) ?? new Big(0)
    default:
      return assertNever(aggregation)
  }
}

/** A change of a level that lasts, such as stored gigabytes. */
export type LevelChange = { readonly on: CalendarDate; readonly change: string }

/**
 * The average level over a range of days, each change counting from its day on. Changes before the range carry over into it;
 * those after it do not count.
 */
export function weightedSum(changes: readonly LevelChange[], range: DateRange): Ratio {
  const weighted = changes
    .filter(({ on }) => on < range.endsBefore)
    .map(({ on, change }) => {
      const from = on > range.startsOn ? on : range.startsOn
      return new Big(change).times(daysFromTo(from, range.endsBefore))
    })
    .reduce((sum, value) => sum.plus(value), new Big(0))
  return ratio(weighted, new Big(daysIn(range)))
}
