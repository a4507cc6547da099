import type { CalendarDate, DateRange } from './calendar.ts'
import { daysIn, monthsOf, overlap, rangeOfMonth } from './calendar.ts'
import type { Fraction } from './rating/proration.ts'

/**
 * How a price spreads over its service. Access to software is given evenly over time, so time is the measure of progress
 * (ASC 606-10-25-31). `by-day` counts days. `by-month` gives every full month the same and a part of a month its share by days.
 * `even-months` gives every month that is touched the same, however few of its days.
 */
export type Spread = 'by-day' | 'by-month' | 'even-months'

/** Divisible by every number of days a month or a part of one can have, so that weights of months stay whole. */
const monthWeight = 72_201_776_446_800n

/** How far a service has come before a day. A service without days is done on its first. */
export function progressBefore(service: DateRange, before: CalendarDate, spread: Spread): Fraction {
  if (daysIn(service) === 0) return { part: service.startsOn < before ? 1n : 0n, whole: 1n }
  const served = overlap(service, { startsOn: service.startsOn, endsBefore: before })
  if (served === null) return { part: 0n, whole: 1n }
  if (spread === 'by-day') return { part: BigInt(daysIn(served)), whole: BigInt(daysIn(service)) }
  return { part: weightOf(served, service, spread), whole: weightOf(service, service, spread) }
}

/** How far a service has come at an instant, to the millisecond: for books that prorate by the clock instead of the calendar. */
export function progressAt(service: { readonly startsAt: Date; readonly endsAt: Date }, at: Date): Fraction {
  const [startsAt, endsAt] = [service.startsAt.getTime(), service.endsAt.getTime()]
  if (at.getTime() <= startsAt) return { part: 0n, whole: 1n }
  if (at.getTime() >= endsAt) return { part: 1n, whole: 1n }
  return { part: BigInt(at.getTime() - startsAt), whole: BigInt(endsAt - startsAt) }
}

/** The months of a range, each weighted by its days against those it could have had. */
function weightOf(range: DateRange, service: DateRange, spread: 'by-month' | 'even-months'): bigint {
  return monthsOf(range).reduce((total, month) => {
    const days = overlap(range, rangeOfMonth(month))
    const full = spread === 'by-month' ? rangeOfMonth(month) : overlap(service, rangeOfMonth(month))
    return days === null || full === null
      ? total
      : total + (BigInt(daysIn(days)) * monthWeight) / BigInt(daysIn(full))
  }, 0n)
}
