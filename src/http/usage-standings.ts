import { entityOf, type BooksSettings } from '../domain/books.ts'
import type { CalendarDate, TimeZone } from '../domain/calendar.ts'
import { currentPeriods, usageStandings, type UsageStanding } from '../domain/entitlement.ts'
import { billingDay, periodOf } from '../domain/entitlement-standing.ts'
import type { StoredContract } from '../store/contracts.ts'
import type { Reader } from '../store/unit-of-work.ts'
import { usageOfRanges } from '../store/usage-windows.ts'

/** The zone in which a contract's days are counted. */
export function zoneOf({ entity }: StoredContract, books: BooksSettings): TimeZone {
  return entityOf(books, entity)?.timeZone ?? 'UTC'
}

/** The day a contract is billed for at an instant. */
export function billingDayOf(held: StoredContract, books: BooksSettings, at: Date): CalendarDate {
  return billingDay(held.version.terms, zoneOf(held, books), at)
}

/** Where a contract's usage lines stand now, rated from the hours as their invoice will be. */
export async function readStandings(
  reader: Reader,
  held: StoredContract,
  books: BooksSettings,
  at: Date,
): Promise<UsageStanding[]> {
  const { customerId, version } = held
  const [on, zone] = [billingDayOf(held, books, at), zoneOf(held, books)]
  const periods = currentPeriods(version.terms, on)
  const quantities = await usageOfRanges(
    reader,
    periods.map(({ meter, range }) => {
      const { periodFrom: from, periodTo: to } = periodOf(range, zone)
      return { customerId, meter, from, to }
    }),
  )
  const used = new Map(periods.map(({ lineId }, index) => [lineId, quantities[index] ?? '0']))
  return usageStandings(version.terms, on, used)
}
