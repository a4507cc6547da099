import type { CalendarDate, DateRange, TimeZone } from './calendar.ts'
import { billingPeriods } from './calendar.ts'
import { isUsage, type ContractTerms, type UsageLine } from './contract.ts'
import { billingDay, periodOf } from './entitlement-standing.ts'
import { ok, refused, type Result } from './result.ts'

/** Whose use an invoice line is made of: its meter, its billing period, and the instants that bound it; `to` is not in it. */
export type UsageEvidence = {
  readonly line: UsageLine
  readonly period: DateRange
  readonly from: Date
  readonly to: Date
}

/** Which line and period are meant; the only line, and the period at hand, where they are left out. */
export type EvidenceWanted = { readonly lineId?: string; readonly startsOn?: CalendarDate }

/** Finds the use behind a line of a contract and one of its billing periods. Refuses, in a sentence, what the contract does not have. */
export function evidenceOf(
  terms: ContractTerms,
  zone: TimeZone,
  { lineId, startsOn }: EvidenceWanted,
  now: Date,
): Result<UsageEvidence, string> {
  const lines = terms.lines.filter(isUsage)
  const names = lines.map((line) => line.lineId).join(', ')
  if (lines.length === 0) return refused('The contract has no line that is priced by use.')
  if (lineId === undefined && lines.length > 1) return refused(`Name one of the usage lines: ${names}.`)
  const line = lines.find((each) => lineId === undefined || each.lineId === lineId)
  if (line === undefined) return refused(`The contract has no usage line ${lineId}; it has ${names}.`)
  const period = periodFor(terms, line, startsOn ?? null, billingDay(terms, zone, now))
  if (period === null)
    return refused(
      `No billing period of the line begins on ${startsOn}. The first begins on ${terms.startsOn}.`,
    )
  const { periodFrom: from, periodTo: to } = periodOf(period, zone)
  return ok({ line, period, from, to })
}

/** The period that begins on a day; else the one a day lies in, the last one before it, or the first. */
function periodFor(
  terms: ContractTerms,
  { billing }: UsageLine,
  startsOn: CalendarDate | null,
  today: CalendarDate,
): DateRange | null {
  const periods = billingPeriods(terms, billing.months)
  if (startsOn !== null) return periods.find((period) => period.startsOn === startsOn) ?? null
  return periods.findLast((period) => period.startsOn <= today) ?? periods[0] ?? null
}
