import type { CalendarDate, Month } from './calendar.ts'
import {
  daysIn,
  daysInMonth,
  firstDayOf,
  monthOf,
  monthsOf,
  nextMonth,
  overlap,
  rangeOfMonth,
} from './calendar.ts'
import type { LedgerTransaction } from './ledger.ts'
import { credit, debit } from './ledger.ts'
import { divide, money } from './money.ts'
import type { Obligation } from './obligation.ts'
import type { Positions } from './position.ts'

/**
 * How an obligation's price spreads over its service. Access to software is given evenly over time, so time is the measure of progress
 * (ASC 606-10-25-31): `by-day` counts days, `by-month` gives every full month the same and part months their share.
 */
export type Spread = 'by-day' | 'by-month'

/** What of an obligation falls into a month. */
export type ScheduleLine = { readonly month: Month; readonly amountMinor: bigint }

/**
 * Least common multiple of 28, 29, 30 and 31: months of every length divide it, so the weights of part months
 * stay whole numbers.
 */
const monthWeight = 377_580n

/**
 * Spreads an obligation over the months it is served. The running total is rounded and the differences are posted, so the
 * lines always add up to the price and no month is more than one unit off.
 */
export function scheduleRevenue(obligation: Obligation, spread: Spread): ScheduleLine[] {
  let before = 0n
  return monthsOf(obligation.service).map((month) => {
    const through = scheduledBefore(obligation, firstDayOf(nextMonth(month)), spread)
    const amountMinor = through - before
    before = through
    return { month, amountMinor }
  })
}

/** What of an obligation's price is earned before a day, in minor units. Service without days is earned on its first day. */
export function scheduledBefore(obligation: Obligation, before: CalendarDate, spread: Spread): bigint {
  const { service, price } = obligation
  if (daysIn(service) === 0) return service.startsOn < before ? price.amountMinor : 0n
  const served = overlap(service, { startsOn: service.startsOn, endsBefore: before })
  if (served === null) return 0n
  if (spread === 'by-day') {
    return divide(price.amountMinor * BigInt(daysIn(served)), BigInt(daysIn(service)))
  }
  return divide(price.amountMinor * weightOf(served), weightOf(service))
}

function weightOf(range: Obligation['service']): bigint {
  return monthsOf(range).reduce((total, month) => {
    const part = overlap(range, rangeOfMonth(month))
    const [year = 0, number = 1] = month.split('-').map((digits) => Number.parseInt(digits, 10))
    return (
      total + (BigInt(part === null ? 0 : daysIn(part)) * monthWeight) / BigInt(daysInMonth(year, number))
    )
  }, 0n)
}

/** What is due on one contract line at a month end, and the account it belongs to. */
export type DueLine = {
  readonly contractId: string
  readonly lineId: string
  readonly family: string
  readonly currency: string
  readonly amountMinor: bigint
}

/** The earned total of one contract line so far, and of that what the ledger already has. */
export type LineProgress = {
  readonly contractId: string
  readonly lineId: string
  readonly family: string
  readonly currency: string
  readonly earnedMinor: bigint
  readonly recognizedMinor: bigint
}

/**
 * Schedules are derived, not stored: what is due is what is earned so far less what was recognized so far. Asking again after
 * booking it answers nothing.
 */
export function revenueDue(lines: readonly LineProgress[]): DueLine[] {
  return lines.flatMap(({ earnedMinor, recognizedMinor, ...line }) =>
    earnedMinor === recognizedMinor ? [] : [{ ...line, amountMinor: earnedMinor - recognizedMinor }],
  )
}

/**
 * Recognizes the lines due of one contract at a month end: out of the contract liability as far as it reaches, otherwise
 * against the unbilled receivable. One transaction for each contract and month; `run` tells a second run of a month apart.
 */
export function revenueRecognized(
  lines: readonly DueLine[],
  on: {
    readonly entity: string
    readonly month: Month
    readonly accountingDate: CalendarDate
    readonly occurredAt: Date
  },
  positions: Positions,
  run = 1,
): LedgerTransaction {
  const contractId = lines[0]?.contractId ?? ''
  const entries = lines.flatMap((line) => [
    ...positions.earn(line.contractId, line.lineId, line.currency, line.amountMinor),
    revenueEntry(line),
  ])
  return {
    factKey: `revenue:${contractId}:${on.month}:${run}`,
    reason: 'revenue-recognized',
    sourceId: contractId,
    entity: on.entity,
    occurredAt: on.occurredAt,
    accountingDate: on.accountingDate,
    memo: `Revenue of ${on.month}`,
    entries,
  }
}

function revenueEntry({ contractId, lineId, family, currency, amountMinor }: DueLine) {
  const where = { contractId, lineId }
  return amountMinor > 0n
    ? credit('revenue', money(currency, amountMinor), where, family)
    : debit('revenue', money(currency, -amountMinor), where, family)
}

/** The last month an obligation is served in, for knowing when a book can come to rest. */
export function lastMonthOf(obligation: Obligation): Month {
  return monthsOf(obligation.service).at(-1) ?? monthOf(obligation.service.startsOn)
}
