import type { CalendarDate, TimeZone } from '../calendar.ts'
import { dateIn } from '../calendar.ts'

/**
 * The instant at which a day of the contract begins for the billing provider, which counts months in UTC. It is chosen so that UTC and
 * the entity's zone call it by the same day in every season: midnight UTC east of Greenwich, noon UTC west of it.
 * With local midnight, a contract that starts in Berlin on 1 March would be anchored on 28 February.
 */
export function billingInstant(zone: TimeZone, date: CalendarDate): Date {
  return new Date(`${date}T${isNeverBehindUtc(zone, date.slice(0, 4)) ? '00' : '12'}:00:00Z`)
}

function isNeverBehindUtc(zone: TimeZone, year: string): boolean {
  return [`${year}-01-15`, `${year}-07-15`].every(
    (date) => dateIn(zone, new Date(`${date}T00:00:00Z`)) === date,
  )
}
