import { billingInstant } from './billing-plan/instant.ts'
import { firstDayOf, monthOf, nextMonth } from './calendar.ts'
import { periodAt, type PeriodTerms } from './entitlement-standing.ts'

/** A stretch of whole hours; `to` is not in it. */
export type AggregationPeriod = { readonly from: Date; readonly to: Date }

/**
 * In what a customer's use of a meter is aggregated at an instant: the billing period of the line that sells it; where none does, the month in
 * UTC as far as none does.
 */
export function aggregationPeriod(selling: readonly PeriodTerms[], at: Date): AggregationPeriod {
  for (const terms of selling) {
    const found = periodAt(terms, at)
    if (found !== null && found.periodFrom <= at) return { from: found.periodFrom, to: found.periodTo }
  }
  const month = monthOf(at.toISOString())
  const begins = selling.map(({ timeZone, startsOn }) => billingInstant(timeZone, startsOn))
  const ends = selling.map(({ timeZone, endsBefore }) => billingInstant(timeZone, endsBefore))
  return {
    from: latest([midnightOf(firstDayOf(month)), ...ends.filter((end) => end <= at)]),
    to: earliest([midnightOf(firstDayOf(nextMonth(month))), ...begins.filter((begin) => begin > at)]),
  }
}

function latest(instants: readonly Date[]): Date {
  return new Date(Math.max(...instants.map((instant) => instant.getTime())))
}

function earliest(instants: readonly Date[]): Date {
  return new Date(Math.min(...instants.map((instant) => instant.getTime())))
}

function midnightOf(day: string): Date {
  return new Date(`${day}T00:00:00Z`)
}
