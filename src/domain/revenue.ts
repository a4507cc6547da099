import type { CalendarDate, DateRange, Month, TimeZone } from './calendar.ts'
import {
  daysIn,
  dateIn,
  firstDayOf,
  monthOf,
  monthsBetween,
  monthsOf,
  nextMonth,
  startOfDay,
} from './calendar.ts'
import type { LedgerTransaction } from './ledger.ts'
import { signedCredit, sound } from './ledger.ts'
import type { Money } from './money.ts'
import { money } from './money.ts'
import type { Obligation } from './obligation.ts'
import type { Positions } from './position.ts'
import { prorate } from './rating/proration.ts'
import type { Spread } from './spread.ts'
import { progressAt, progressBefore } from './spread.ts'

export type { Spread } from './spread.ts'

/** What of an obligation falls into a month. */
export type ScheduleLine = { readonly month: Month; readonly amountMinor: bigint }

/**
 * Spreads an obligation over the months it is served. The running total is rounded and the differences are posted, so the
 * lines always add up to the price and no month is more than one unit off.
 */
export function scheduleRevenue(
  obligation: Pick<Obligation, 'price' | 'service'>,
  spread: Spread,
): ScheduleLine[] {
  return differences(monthsServed(obligation.service), (before) =>
    scheduledBefore(obligation, before, spread),
  )
}

/** What of an obligation's price is earned before a day, in minor units. Service without days is earned on its first day. */
export function scheduledBefore(
  { price, service }: Pick<Obligation, 'price' | 'service'>,
  before: CalendarDate,
  spread: Spread,
): bigint {
  return prorate(price, progressBefore(service, before, spread)).amountMinor
}

/** Spreads a price from one instant to another over the months of a time zone. Rounded as `scheduleRevenue` does. */
export function scheduleByInstant(
  price: Money,
  service: { readonly startsAt: Date; readonly endsAt: Date },
  zone: TimeZone,
): ScheduleLine[] {
  const lastInstant = new Date(Math.max(service.startsAt.getTime(), service.endsAt.getTime() - 1))
  const months = monthsBetween(monthOf(dateIn(zone, service.startsAt)), monthOf(dateIn(zone, lastInstant)))
  return differences(
    months,
    (before) => prorate(price, progressAt(service, startOfDay(zone, before))).amountMinor,
  )
}

/** The months of a service; one without days falls into the month of its day. */
function monthsServed(service: DateRange): Month[] {
  return daysIn(service) === 0 ? [monthOf(service.startsOn)] : monthsOf(service)
}

function differences(months: readonly Month[], earnedBefore: (day: CalendarDate) => bigint): ScheduleLine[] {
  let before = 0n
  return months.map((month) => {
    const through = earnedBefore(firstDayOf(nextMonth(month)))
    const amountMinor = through - before
    before = through
    return { month, amountMinor }
  })
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
 * booking it answers nothing. Less than nothing is due where more was taken back than was earned since.
 */
export function revenueDue(lines: readonly LineProgress[]): DueLine[] {
  return lines.flatMap(({ earnedMinor, recognizedMinor, ...line }) =>
    earnedMinor === recognizedMinor ? [] : [{ ...line, amountMinor: earnedMinor - recognizedMinor }],
  )
}

/**
 * Recognizes the lines due of one contract at a month end: out of the contract liability as far as it reaches, otherwise
 * against the unbilled receivable. One transaction for each contract and month; `run` tells a second run of a month apart.
 * Throws when nothing is due, or lines of several contracts come together.
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
  const contracts = new Set(lines.map((line) => line.contractId))
  const [contractId] = contracts
  if (contractId === undefined || contracts.size > 1)
    throw new RangeError(`Revenue is recognized for one contract at a time, not for ${contracts.size}`)
  return sound({
    factKey: `revenue:${contractId}:${on.month}:${run}`,
    reason: 'revenue-recognized',
    sourceId: contractId,
    entity: on.entity,
    occurredAt: on.occurredAt,
    accountingDate: on.accountingDate,
    memo: `Revenue of ${on.month}`,
    entries: lines.flatMap(({ lineId, family, currency, amountMinor }) => {
      const amount = money(currency, amountMinor)
      return [
        ...positions.earn(contractId, lineId, amount),
        ...signedCredit('revenue', amount, { contractId, lineId }, family),
      ]
    }),
  })
}
