import type { CalendarDate, DateRange } from './calendar.ts'
import { addMonths, billingPeriods, daysFromTo, daysIn } from './calendar.ts'
import type { Commit, UsageLine } from './contract.ts'
import type { Money } from './money.ts'
import { costOfUse } from './rating.ts'
import { trueUp } from './rating/commit.ts'
import { prorate } from './rating/proration.ts'

/** A usage line of which the contract charges what is missing to a promised amount. */
export type CommittedLine = UsageLine & { readonly commit: Commit }

/** Whether a shortfall of a line is charged. */
export function isCommitted(line: UsageLine): line is CommittedLine {
  return line.commit?.trueUp === 'invoice-shortfall'
}

/** The periods of a commitment, anchored where the contract begins. The last one may be cut short by its end. */
export function commitmentPeriods(term: DateRange, { commit }: CommittedLine): DateRange[] {
  return billingPeriods(term, commit.periodMonths)
}

/**
 * What is missing to a commitment at the end of a period: the promise less what use cost in its billing periods (`quantities`), before the discount
 * on overage. A period that is cut short promises its share by days, as a fee does.
 */
export function shortfallOf(line: CommittedLine, period: DateRange, quantities: readonly string[]): Money {
  return shortfallBefore(line, { period, before: period.endsBefore }, usedTowards(line, quantities))
}

/**
 * What is missing by a day, the promise being kept by the days that have passed: a commitment is a promise for all of its period, as the
 * minimum of a billing period is.
 */
export function shortfallBefore(
  { commit }: CommittedLine,
  { period, before }: { readonly period: DateRange; readonly before: CalendarDate },
  used: readonly Money[],
): Money {
  const until = before < period.endsBefore ? before : period.endsBefore
  const passed = BigInt(daysIn({ startsOn: period.startsOn, endsBefore: until }))
  const whole = BigInt(daysFromTo(period.startsOn, addMonths(period.startsOn, commit.periodMonths)))
  return trueUp({ ...commit, amount: prorate(commit.amount, { part: passed, whole }) }, used)
}

/** What the use of each billing period counts towards a commitment. */
export function usedTowards(line: UsageLine & { readonly commit: Commit }, quantities: readonly string[]) {
  const undiscounted = { ...line, overageDiscountPercent: '0' }
  return quantities.map((quantity) => costOfUse(undiscounted, quantity, line.commit.amount.currency).amount)
}
