import type { CalendarDate, DateRange } from './calendar.ts'
import { billingPeriods, daysIn, overlap } from './calendar.ts'
import {
  commitmentPeriods,
  isCommitted,
  shortfallBefore,
  usedTowards,
  type CommittedLine,
} from './commitment.ts'
import { isUsage, type ContractVersion, type UsageLine } from './contract.ts'
import { obligationsOf } from './contract-value.ts'
import type { Obligation } from './obligation.ts'
import { costOfUse } from './rating.ts'
import { prorate } from './rating/proration.ts'
import { scheduledBefore } from './revenue.ts'
import type { Spread } from './spread.ts'

/**
 * A stretch of use that is rated as one: a billing period of a usage line, as far as it has come (`range`) and in
 * full (`period`).
 */
export type UsageStretch = {
  readonly line: UsageLine
  readonly lineId: string
  readonly meter: string
  readonly range: DateRange
  readonly period: DateRange
}

/** What a contract line has earned in all. */
export type EarnedLine = {
  readonly contractId: string
  readonly lineId: string
  readonly family: string
  readonly currency: string
  readonly earnedMinor: bigint
}

/** The stretches whose quantities `earnedBefore` needs: every billing period of every usage line that began before the day. */
export function usageStretches(version: ContractVersion, before: CalendarDate): UsageStretch[] {
  const { startsOn, endsBefore, lines } = version.terms
  return lines.filter(isUsage).flatMap((line) =>
    billingPeriods({ startsOn, endsBefore }, line.billing.months).flatMap((period) => {
      const range = overlap(period, { startsOn: period.startsOn, endsBefore: before })
      return range === null ? [] : [{ line, lineId: line.lineId, meter: line.meter, range, period }]
    }),
  )
}

/** Names a stretch, for looking its quantity up. */
export function stretchKey({ meter, range }: Pick<UsageStretch, 'meter' | 'range'>): string {
  return `${meter} ${range.startsOn} ${range.endsBefore}`
}

/**
 * What each line of a contract has earned before a day. Fixed prices are earned over their service, use as it happens (the right to
 * invoice, ASC 606-10-55-18): a billing period earns what its use so far would cost, and a commitment whose shortfall is charged what is missing to it. `taken` holds the negative obligations of
 * voids, credits and refunds; `quantities` maps `stretchKey` to an exact decimal.
 */
export function earnedBefore(
  version: ContractVersion,
  before: CalendarDate,
  spread: Spread,
  taken: readonly Obligation[],
  quantities: ReadonlyMap<string, string>,
): EarnedLine[] {
  const totals = new Map<string, bigint>()
  const addTo = (lineId: string, minor: bigint) => totals.set(lineId, (totals.get(lineId) ?? 0n) + minor)
  for (const obligation of [...obligationsOf(version), ...taken]) {
    addTo(obligation.lineId, scheduledBefore(obligation, before, spread))
  }
  const usageLines = new Map(version.terms.lines.filter(isUsage).map((line) => [line.lineId, line]))
  for (const stretch of usageStretches(version, before)) {
    const line = usageLines.get(stretch.lineId)
    const quantity = quantities.get(stretchKey(stretch)) ?? '0'
    if (line) addTo(line.lineId, earnedByStretch(line, stretch, quantity, version.terms.currency))
  }
  for (const line of [...usageLines.values()].filter(isCommitted))
    addTo(line.lineId, earnedByCommitment(line, version, before, quantities))
  const { contractId, terms } = version
  return terms.lines.map(({ lineId, product }) => ({
    contractId,
    lineId,
    family: product.family,
    currency: terms.currency,
    earnedMinor: totals.get(lineId) ?? 0n,
  }))
}

function earnedByStretch(line: UsageLine, stretch: UsageStretch, quantity: string, currency: string): bigint {
  return costOfUse(withMinimumSoFar(line, stretch), quantity, currency).amount.amountMinor
}

/** A minimum is promised for the whole period, so it is earned by the days that have passed, or by use where that is more. */
function withMinimumSoFar<Line extends UsageLine>(line: Line, { range, period }: UsageStretch): Line {
  if (line.minimum === null) return line
  const share = { part: BigInt(daysIn(range)), whole: BigInt(daysIn(period)) }
  return { ...line, minimum: prorate(line.minimum, share) }
}

/** So is a commitment: what is missing to the days' share of it is earned too, because its shortfall is charged. */
function earnedByCommitment(
  line: CommittedLine,
  version: ContractVersion,
  before: CalendarDate,
  quantities: ReadonlyMap<string, string>,
): bigint {
  const stretches = usageStretches(version, before).filter(({ lineId }) => lineId === line.lineId)
  return commitmentPeriods(version.terms, line)
    .filter(({ startsOn }) => startsOn < before)
    .reduce((earned, period) => {
      const used = stretches
        .filter(({ range }) => period.startsOn <= range.startsOn && range.startsOn < period.endsBefore)
        .flatMap((stretch) =>
          usedTowards(withMinimumSoFar(line, stretch), [quantities.get(stretchKey(stretch)) ?? '0']),
        )
      return earned + shortfallBefore(line, { period, before }, used).amountMinor
    }, 0n)
}
