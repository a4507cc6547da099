import type { CalendarDate, Month } from './calendar.ts'
import { addDays, firstDayOf, nextMonth } from './calendar.ts'

/** For how many days after it came an event is known by its source and id, at least; the database holds to it too (migrations/0017). */
export const fewestDaysKept = 400

/** A month of usage by the day its events came, in UTC, with all that decides whether it must stay. */
export type UsageMonth = {
  readonly month: Month
  /** Whether it was put away before; then what is here are copies. */
  readonly archived: { readonly isRestored: boolean } | null
  /** The names without a customer that events of it bear, and how many of each, the largest first. */
  readonly unmatched: readonly { readonly subject: string; readonly eventCount: number }[]
  /** Legal sellers whose last closed month was closed before the end of this one. */
  readonly unclosedEntities: readonly string[]
}

/** Why a month stays: a stable code, and a sentence. */
export type RetentionHold = {
  readonly code: 'recent' | 'unmatched' | 'books-behind' | 'restored-in-part'
  readonly reason: string
}

/** The first day on which no event of a month can be asked for any more. */
export function archivableFrom(month: Month, daysKept: number): CalendarDate {
  return addDays(firstDayOf(nextMonth(month)), daysKept)
}

/** Whether a month is past all asking on a day in UTC. */
export function isPastKeeping(month: Month, daysKept: number, today: CalendarDate): boolean {
  return archivableFrom(month, daysKept) <= today
}

const subjectsNamed = 20

/** Why a month that is past all asking must stay all the same; null when it can be put away. */
export function holdOf({ month, archived, unmatched, unclosedEntities }: UsageMonth): RetentionHold | null {
  if (archived !== null && !archived.isRestored)
    return {
      code: 'restored-in-part',
      reason: `Only part of ${month} was brought back. Import the other files of it.`,
    }
  if (unmatched.length > 0)
    return {
      code: 'unmatched',
      reason: `Events wait for a customer under ${namesOf(unmatched)}. Say whose they are.`,
    }
  // What came after the close is revenue of the next month, and only the events say which that is.
  if (unclosedEntities.length > 0)
    return {
      code: 'books-behind',
      reason: `No month of ${unclosedEntities.join(', ')} was closed after it. Close the books first.`,
    }
  return null
}

function namesOf(unmatched: UsageMonth['unmatched']): string {
  const named = unmatched
    .slice(0, subjectsNamed)
    .map(({ subject, eventCount }) => `${subject} (${eventCount})`)
  const further = unmatched.length - named.length
  return further === 0 ? named.join(', ') : `${named.join(', ')} and ${further} other names`
}
