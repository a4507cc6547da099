import type { CalendarDate, DateRange } from './calendar.ts'

/** Days that may have no first one, no end, or neither; the end day does not count. */
export type OpenDays = { readonly startsOn: CalendarDate | null; readonly endsBefore: CalendarDate | null }

/** All days that lie in none of the ranges, in order: whatever is not said to be covered is left over. */
export function daysBesides(ranges: readonly DateRange[]): OpenDays[] {
  const gaps: OpenDays[] = []
  let startsOn: CalendarDate | null = null
  for (const range of ranges.toSorted((left, right) => (left.startsOn < right.startsOn ? -1 : 1))) {
    if (startsOn === null || range.startsOn > startsOn) gaps.push({ startsOn, endsBefore: range.startsOn })
    if (startsOn === null || range.endsBefore > startsOn) startsOn = range.endsBefore
  }
  return [...gaps, { startsOn, endsBefore: null }]
}
