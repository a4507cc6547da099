import { Big } from 'big.js'
import { billingInstant } from './billing-plan/instant.ts'
import type { CalendarDate, DateRange, TimeZone } from './calendar.ts'
import { addDays, billingPeriods, dateIn, startOfDay } from './calendar.ts'
import { isUsage, type ContractTerms } from './contract.ts'

/** A billing period between two instants, both on the hour; `periodTo` is not in it. */
export type Period = { readonly periodFrom: Date; readonly periodTo: Date }

/** When the billing periods of a usage line are. */
export type PeriodTerms = DateRange & { readonly timeZone: TimeZone; readonly periodMonths: number }

/** What a usage line allows, and when its billing periods are. Units are exact decimals. */
export type StandingTerms = PeriodTerms & {
  readonly meter: string
  readonly lineId: string
  readonly includedUnits: string
  /** No more than this may be used in a period; null where overage is sold. */
  readonly limitUnits: string | null
  /** Percentages of the included units whose crossing is told. */
  readonly thresholds: readonly string[]
}

/** Where a usage line stands in the billing period its row was last brought to; no period before the first. */
export type Standing = StandingTerms & {
  readonly customerId: string
  readonly contractId: string
  readonly periodFrom: Date | null
  readonly periodTo: Date | null
  readonly usedUnits: string
  /** The highest threshold crossed in the period so far; zero for none. */
  readonly crossedPercent: string
  /** From this instant the period is another; null once the contract is over. */
  readonly rollsAt: Date | null
}

/** Use that an hour gained, or lost where it is below zero. */
export type UsageDelta = {
  readonly customerId: string
  readonly meter: string
  readonly startsAt: Date
  readonly quantity: string
}

/** A threshold that use has reached. */
export type Crossing = Period & {
  readonly percent: string
  readonly thresholdUnits: string
  readonly usedUnits: string
}

/** A standing after a change, and the thresholds that the change crossed. */
export type Moved = { readonly standing: Standing; readonly crossings: readonly Crossing[] }

/** Shares of what is included whose crossing is told unless the settings name others. */
export const usualThresholds: readonly string[] = ['50', '80', '100']

/**
 * What each usage line of a contract allows. An entitlement that bears the meter's name is a hard limit on it for each period: a number of
 * units, or `false` for none.
 */
export function standingTermsOf(
  terms: ContractTerms,
  timeZone: TimeZone,
  thresholds: readonly string[],
): StandingTerms[] {
  const { startsOn, endsBefore, entitlements } = terms
  return terms.lines.filter(isUsage).map(({ meter, lineId, includedUnits, billing }) => ({
    meter,
    lineId,
    timeZone,
    startsOn,
    endsBefore,
    periodMonths: billing.months,
    includedUnits: includedUnits.toString(),
    limitUnits: limitOf(entitlements[meter]),
    thresholds,
  }))
}

function limitOf(flag: boolean | number | string | undefined): string | null {
  if (flag === false) return '0'
  if (typeof flag !== 'number') return null
  const limit = new Big(flag)
  return limit.lt(0) ? '0' : limit.toFixed()
}

/**
 * The day by which an instant is billed, which begins when the provider's does and so on the hour in every zone (`billingInstant`). A
 * contract's first day is its first from the seller's midnight on.
 */
export function billingDay(range: DateRange, zone: TimeZone, at: Date): CalendarDate {
  const day = dateIn(zone, at)
  if (day === range.startsOn || at >= billingInstant(zone, day)) return day
  return addDays(day, -1)
}

/** The billing period a standing should be in at an instant; null while its contract is not served. */
export function periodAt(terms: PeriodTerms, at: Date): Period | null {
  const day = billingDay(terms, terms.timeZone, at)
  const range = billingPeriods(terms, terms.periodMonths).find(
    ({ startsOn, endsBefore }) => startsOn <= day && day < endsBefore,
  )
  return range === undefined ? null : periodOf(range, terms.timeZone)
}

/** A billing period of the contract as the provider counts it. */
export function periodOf({ startsOn, endsBefore }: DateRange, zone: TimeZone): Period {
  return { periodFrom: billingInstant(zone, startsOn), periodTo: billingInstant(zone, endsBefore) }
}

/**
 * The billing periods whose use a standing has to be given to stand right at an instant, in time order: those that went by since it was
 * last rolled, for their thresholds, and the one under way.
 */
export function periodsToSum(standing: Standing, at: Date): Period[] {
  const current = periodAt(standing, at)
  return [...periodsPassed(standing, at), ...(current === null ? [] : [current])]
}

function periodsPassed(standing: Standing, at: Date): Period[] {
  const { periodTo: after, periodMonths, timeZone } = standing
  if (after === null) return []
  return billingPeriods(standing, periodMonths)
    .map((range) => periodOf(range, timeZone))
    .filter(({ periodFrom, periodTo }) => after <= periodFrom && periodTo <= at)
}

/** Brings a standing to an instant. `used` are the quantities of `periodsToSum`, in their order. */
export function roll(standing: Standing, at: Date, used: readonly string[]): Moved {
  const emptied = { ...standing, periodFrom: null, periodTo: null, usedUnits: '0', crossedPercent: '0' }
  const moves = periodsToSum(standing, at).map((period, index) =>
    moveTo({ ...emptied, ...period }, new Big(used[index] ?? '0')),
  )
  const current = periodAt(standing, at)
  const last = moves.at(-1)?.standing ?? emptied
  const reached = current === null ? emptied : last
  return {
    standing: { ...reached, rollsAt: nextRoll(standing, current, at) },
    crossings: moves.flatMap(({ crossings }) => crossings),
  }
}

function nextRoll({ timeZone, startsOn }: Standing, current: Period | null, at: Date): Date | null {
  if (current !== null) return current.periodTo
  const begins = startOfDay(timeZone, startsOn)
  return at < begins ? begins : null
}

/** Adds use to a standing; hours outside its period are another's, or are found when it is rolled. */
export function addUse(standing: Standing, deltas: readonly UsageDelta[]): Moved {
  const added = deltas
    .filter((delta) => isInPeriod(standing, delta))
    .reduce((sum, { quantity }) => sum.plus(quantity), new Big(0))
  return moveTo(standing, new Big(standing.usedUnits).plus(added))
}

function isInPeriod(standing: Standing, { customerId, meter, startsAt }: UsageDelta): boolean {
  const { periodFrom, periodTo } = standing
  if (periodFrom === null || periodTo === null) return false
  if (customerId !== standing.customerId || meter !== standing.meter) return false
  return periodFrom <= startsAt && startsAt < periodTo
}

function moveTo(standing: Standing, used: Big): Moved {
  const usedUnits = used.toFixed()
  const { periodFrom, periodTo, includedUnits } = standing
  if (periodFrom === null || periodTo === null) return { standing: { ...standing, usedUnits }, crossings: [] }
  const reached = standing.thresholds
    .map((percent) => ({ percent, threshold: new Big(includedUnits).times(percent).times('0.01') }))
    // Where nothing is included there is nothing to run out of.
    .filter(({ percent, threshold }) => threshold.gt(0) && new Big(percent).gt(standing.crossedPercent))
    .filter(({ threshold }) => used.gte(threshold))
    .sort((left, right) => left.threshold.cmp(right.threshold))
  const crossedPercent = reached.at(-1)?.percent ?? standing.crossedPercent
  return {
    standing: { ...standing, usedUnits, crossedPercent },
    crossings: reached.map(({ percent, threshold }) => ({
      periodFrom,
      periodTo,
      percent,
      thresholdUnits: threshold.toFixed(),
      usedUnits,
    })),
  }
}
