/** A stretch of time in unix seconds, end exclusive. */
export type Period = { readonly start: number; readonly end: number }

export type IntervalUnit = 'day' | 'week' | 'month' | 'year'

/** How often a price recurs: every `count` units. */
export type Interval = { readonly unit: IntervalUnit; readonly count: number }

const secondsPerDay = 86_400

/** The instant `steps` intervals from an anchor; the 31st becomes the last day of a shorter month, and returns. */
export function stepFrom(anchor: number, interval: Interval, steps: number): number {
  const count = interval.count * steps
  if (interval.unit === 'day') return anchor + count * secondsPerDay
  if (interval.unit === 'week') return anchor + count * 7 * secondsPerDay
  return addMonths(anchor, interval.unit === 'year' ? count * 12 : count)
}

/** Calendar months later in UTC, at the same time of day. */
export function addMonths(seconds: number, months: number): number {
  const from = new Date(seconds * 1000)
  const month = from.getUTCMonth() + months
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const day = Math.min(from.getUTCDate(), lastDay)
  const midnight = Date.UTC(from.getUTCFullYear(), month, day) / 1000
  return midnight + (((seconds % secondsPerDay) + secondsPerDay) % secondsPerDay)
}

/** The period of a cycle that an instant lies in: it starts on or before the instant and ends after it. */
export function periodAround(anchor: number, interval: Interval, instant: number): Period {
  let step = Math.floor((instant - anchor) / approximateSeconds(interval))
  while (stepFrom(anchor, interval, step) > instant) step--
  while (stepFrom(anchor, interval, step + 1) <= instant) step++
  return { start: stepFrom(anchor, interval, step), end: stepFrom(anchor, interval, step + 1) }
}

/** About how long an interval is, for comparing intervals and for a first guess. */
export function approximateSeconds({ unit, count }: Interval): number {
  const days = { day: 1, week: 7, month: 30.436875, year: 365.2425 } as const
  return days[unit] * count * secondsPerDay
}
