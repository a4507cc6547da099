import { Temporal } from 'temporal-polyfill'

/** A day of the calendar, `YYYY-MM-DD`, in the entity's time zone. */
export type CalendarDate = string

/** A month of the books, `YYYY-MM`. */
export type Month = string

/** An IANA time zone, such as `America/New_York`. */
export type TimeZone = string

/** Days of service: the start day counts, the end day does not. */
export type DateRange = { readonly startsOn: CalendarDate; readonly endsBefore: CalendarDate }

/** Whether a text is a real day of the calendar in the form `YYYY-MM-DD`. */
export function isCalendarDate(text: string): text is CalendarDate {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const [year, month, day] = partsOf(text)
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

/** How many days a month of the Gregorian calendar has. `month` counts from 1. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** The month a day lies in. */
export function monthOf(date: CalendarDate): Month {
  return date.slice(0, 7)
}

/** The day of an instant in a time zone: 01:00 UTC on 1 March is still February in New York. */
export function dateIn(zone: TimeZone, instant: Date): CalendarDate {
  if (zone === 'UTC') return instant.toISOString().slice(0, 10)
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime())
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .toString()
}

/** The first instant of a day in a time zone. */
export function startOfDay(zone: TimeZone, date: CalendarDate): Date {
  return new Date(Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds)
}

/** The day `days` later (or earlier, when negative). */
export function addDays(date: CalendarDate, days: number): CalendarDate {
  return new Date(midnightUtc(date) + days * dayMilliseconds).toISOString().slice(0, 10)
}

/** The day `months` later (or earlier); the 31st becomes the last day of a shorter month. */
export function addMonths(date: CalendarDate, months: number): CalendarDate {
  const [year, month, day] = partsOf(date)
  const count = year * 12 + month - 1 + months
  const [laterYear, laterMonth] = [Math.floor(count / 12), (count % 12) + 1]
  return written(laterYear, laterMonth, Math.min(day, daysInMonth(laterYear, laterMonth)))
}

/** The month after. */
export function nextMonth(month: Month): Month {
  return monthOf(addMonths(firstDayOf(month), 1))
}

/** The first day of a month. */
export function firstDayOf(month: Month): CalendarDate {
  return `${month}-01`
}

/** The last day of a month. */
export function lastDayOf(month: Month): CalendarDate {
  return addDays(firstDayOf(nextMonth(month)), -1)
}

/** A whole month as a range of days. */
export function rangeOfMonth(month: Month): DateRange {
  return { startsOn: firstDayOf(month), endsBefore: firstDayOf(nextMonth(month)) }
}

/** Every month from `first` to `last`, both counted; empty when `last` is earlier. */
export function monthsBetween(first: Month, last: Month): Month[] {
  const months: Month[] = []
  for (let month = first; month <= last; month = nextMonth(month)) months.push(month)
  return months
}

/** Every month a range touches; an empty range touches none. */
export function monthsOf(range: DateRange): Month[] {
  if (range.startsOn >= range.endsBefore) return []
  return monthsBetween(monthOf(range.startsOn), monthOf(addDays(range.endsBefore, -1)))
}

/** How many days lie in a range; zero when it is empty. */
export function daysIn(range: DateRange): number {
  return Math.max(0, daysFromTo(range.startsOn, range.endsBefore))
}

/** Days from one day to another, negative when `to` is earlier. */
export function daysFromTo(from: CalendarDate, to: CalendarDate): number {
  return (midnightUtc(to) - midnightUtc(from)) / dayMilliseconds
}

/** The days two ranges share, or null when they share none. */
export function overlap(left: DateRange, right: DateRange): DateRange | null {
  const startsOn = left.startsOn > right.startsOn ? left.startsOn : right.startsOn
  const endsBefore = left.endsBefore < right.endsBefore ? left.endsBefore : right.endsBefore
  return startsOn < endsBefore ? { startsOn, endsBefore } : null
}

/** Cuts a range into billing periods of `months` each, anchored on its first day; the last may be short. */
export function billingPeriods(range: DateRange, months: number): DateRange[] {
  const periods: DateRange[] = []
  for (let index = 0; ; index++) {
    const startsOn = addMonths(range.startsOn, index * months)
    if (startsOn >= range.endsBefore) return periods
    const next = addMonths(range.startsOn, (index + 1) * months)
    periods.push({ startsOn, endsBefore: next < range.endsBefore ? next : range.endsBefore })
  }
}

const dayMilliseconds = 86_400_000

/** An hour's milliseconds. */
export const hourMilliseconds = 3_600_000

/** Days are counted where every day has 24 hours. */
function midnightUtc(date: CalendarDate): number {
  return Date.parse(`${date}T00:00:00Z`)
}

function partsOf(date: CalendarDate): [year: number, month: number, day: number] {
  const [year = 0, month = 0, day = 0] = date.split('-').map((digits) => Number.parseInt(digits, 10))
  return [year, month, day]
}

function written(year: number, month: number, day: number): CalendarDate {
  const [yearDigits, monthDigits] = [year.toString().padStart(4, '0'), month.toString().padStart(2, '0')]
  return `${yearDigits}-${monthDigits}-${day.toString().padStart(2, '0')}`
}
