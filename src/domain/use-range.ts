import { billingInstant } from './billing-plan/instant.ts'
import { isRatedByUs } from './billing-plan/metered-price.ts'
import type { CalendarDate, DateRange, TimeZone } from './calendar.ts'
import { hourMilliseconds, startOfDay } from './calendar.ts'
import type { ContractTerms, UsageLine } from './contract.ts'

/** A stretch of time, in whole hours; `endsAt` is not in it. */
export type UseRange = { readonly startsAt: Date; readonly endsAt: Date }

/**
 * The hours whose use of a line belongs to days of its contract. Days begin when the provider's do. Only the first and the last day of a line that
 * we rate are the seller's own: the provider counts nothing of it, so the hours it would leave out, or take in beyond the end, follow the contract.
 */
export function useRange(
  line: UsageLine,
  terms: Pick<ContractTerms, 'currency' | 'startsOn' | 'endsBefore'>,
  days: DateRange,
  zone: TimeZone,
): UseRange {
  const isRated = isRatedByUs(line, terms.currency)
  const at = (day: CalendarDate, edge: CalendarDate) =>
    isRated && day === edge ? firstHourOf(day, zone) : billingInstant(zone, day)
  return { startsAt: at(days.startsOn, terms.startsOn), endsAt: at(days.endsBefore, terms.endsBefore) }
}

/** Use is held by the hour. Where a day begins within one (Asia/Kolkata), all of that hour is the new day's, so that no hour has two. */
function firstHourOf(day: CalendarDate, zone: TimeZone): Date {
  const begins = startOfDay(zone, day).getTime()
  return new Date(begins - (begins % hourMilliseconds))
}
