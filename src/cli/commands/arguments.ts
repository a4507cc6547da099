import { InvalidArgumentError } from 'commander'
import { isCalendarDate, type CalendarDate, type Month } from '../../domain/calendar.ts'

/** Reads a port from the command line; throws InvalidArgumentError for anything else. */
export function readPort(text: string): number {
  const port = readWhole(text)
  if (port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}

/** Reads a whole number from zero; throws InvalidArgumentError for anything else. */
export function readWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number.parseInt(text, 10)
}

/** Reads an instant such as `2026-01-01T15:00:00Z`; throws InvalidArgumentError for anything else. */
export function readInstant(text: string): Date {
  const instant = new Date(text)
  if (!/^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:\d{2})$/.test(text) || Number.isNaN(instant.getTime())) {
    throw new InvalidArgumentError('Write an instant as 2026-01-01T15:00:00Z.')
  }
  return instant
}

/** Reads a month such as `2026-01`; throws InvalidArgumentError for anything else. */
export function readMonth(text: string): Month {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('Write a month as 2026-01.')
  return text
}

/** Reads a time to wait, in seconds; throws InvalidArgumentError for anything else. */
export function readSeconds(text: string): number {
  const seconds = readWhole(text)
  if (seconds < 1) throw new InvalidArgumentError('Wait at least one second.')
  return seconds
}

/** Reads a day such as `2026-01-31`; throws InvalidArgumentError for anything else. */
export function readDay(text: string): CalendarDate {
  if (!isCalendarDate(text)) throw new InvalidArgumentError('Write a day as 2026-01-31.')
  return text
}
