import { Big } from 'big.js'
import type { CalendarDate, DateRange } from './calendar.ts'
import { billingPeriods } from './calendar.ts'
import { isUsage, type ContractTerms, type UsageLine } from './contract.ts'
import type { Money } from './money.ts'
import { rateUsageLine } from './rating.ts'

/** A feature's value as the contract grants it. */
export type Flag = boolean | number | string

/** The billing period of a usage line that a day lies in; its use must be known to say what is left. */
export type CurrentPeriod = { readonly lineId: string; readonly meter: string; readonly range: DateRange }

/** Where a customer stands on one usage line in its current billing period. Units are exact decimals. */
export type UsageStanding = {
  readonly lineId: string
  readonly meter: string
  readonly product: UsageLine['product']
  readonly period: DateRange
  readonly includedUnits: string
  readonly usedUnits: string
  readonly remainingUnits: string
  /** To one decimal, and above 100 with overage; null where nothing is included. */
  readonly percentUsed: string | null
  readonly overageUnits: string
  /** What the use so far costs, and the formula a person can redo. */
  readonly overage: Money
  readonly explanation: string
}

/** Whether a contract is served on a day. */
export function isInForce({ startsOn, endsBefore }: DateRange, on: CalendarDate): boolean {
  return startsOn <= on && on < endsBefore
}

/** The current billing period of each usage line of a contract; none on a day it is not served. */
export function currentPeriods(terms: ContractTerms, on: CalendarDate): CurrentPeriod[] {
  return terms.lines.filter(isUsage).flatMap(({ lineId, meter, billing }) => {
    const range = billingPeriods(terms, billing.months).find((period) => isInForce(period, on))
    return range === undefined ? [] : [{ lineId, meter, range }]
  })
}

/**
 * Says what each usage line includes, what of it was used in the current billing period, and what use beyond it costs so far. `used` maps
 * line ids to exact decimals; a line without an entry was not used.
 */
export function usageStandings(
  terms: ContractTerms,
  on: CalendarDate,
  used: ReadonlyMap<string, string>,
): UsageStanding[] {
  const lines = new Map(terms.lines.filter(isUsage).map((line) => [line.lineId, line]))
  return currentPeriods(terms, on).flatMap(({ lineId, range }) => {
    const line = lines.get(lineId)
    return line === undefined ? [] : [standingOf(line, range, used.get(lineId) ?? '0', terms.currency)]
  })
}

function standingOf(line: UsageLine, period: DateRange, used: string, currency: string): UsageStanding {
  const { amount, quantity, overageUnits, explanation } = rateUsageLine(line, used, currency)
  const left = new Big(line.includedUnits.toString()).minus(used)
  return {
    lineId: line.lineId,
    meter: line.meter,
    product: line.product,
    period,
    includedUnits: line.includedUnits.toString(),
    usedUnits: quantity,
    remainingUnits: left.lt(0) ? '0' : left.toFixed(),
    percentUsed: percentOf(quantity, line.includedUnits.toString()),
    overageUnits,
    overage: amount,
    explanation,
  }
}

function percentOf(part: string, whole: string): string | null {
  if (new Big(whole).eq(0)) return null
  return new Big(part).times(100).div(whole).round(1, Big.roundHalfUp).toFixed()
}

/**
 * Joins the flags of several contracts, the earliest first. A switch is on when one contract turns it on, of two numbers the larger counts,
 * of two texts the later contract's. Where the kinds differ, the later contract's counts.
 */
export function joinFlags(contracts: readonly Readonly<Record<string, Flag>>[]): Record<string, Flag> {
  const joined = new Map<string, Flag>()
  for (const flags of contracts) {
    for (const [feature, value] of Object.entries(flags)) {
      const held = joined.get(feature)
      joined.set(feature, held === undefined ? value : stronger(held, value))
    }
  }
  return Object.fromEntries(joined)
}

function stronger(held: Flag, value: Flag): Flag {
  if (typeof held === 'boolean' && typeof value === 'boolean') return held || value
  if (typeof held === 'number' && typeof value === 'number') return Math.max(held, value)
  return value
}
