import { Big } from 'big.js'
import type { TimeZone } from './calendar.ts'
import type { ContractTerms } from './contract.ts'
import type { UsageStanding } from './entitlement.ts'
import { periodOf, type Period } from './entitlement-standing.ts'
import type { Money } from './money.ts'
import { costOfUse } from './rating.ts'

/** What a billing period comes to when use goes on as it was so far. Units are exact decimals. */
export type Forecast = { readonly units: string; readonly overageUnits: string; readonly amount: Money }

/** Earlier than this after the period began there is nothing to go by. */
const leastMilliseconds = 3_600_000

/**
 * What will have been used by the end of a period at the rate so far: use × length of the period ÷ time passed, to a thousandth of a unit.
 * Null in the first hour; once the period is over, what was used.
 */
export function forecastUse(usedUnits: string, { periodFrom, periodTo }: Period, at: Date): string | null {
  const length = periodTo.getTime() - periodFrom.getTime()
  const passed = at.getTime() - periodFrom.getTime()
  if (passed < leastMilliseconds) return null
  if (passed >= length) return usedUnits
  return new Big(usedUnits).times(length).div(passed).round(3, Big.roundHalfUp).toFixed()
}

/** Forecasts a usage line, and rates it as the invoice would; null in the first hour of its billing period. */
export function forecastLine(
  { lines, currency }: ContractTerms,
  { lineId, period, usedUnits }: UsageStanding,
  zone: TimeZone,
  at: Date,
): Forecast | null {
  const units = forecastUse(usedUnits, periodOf(period, zone), at)
  const line = lines.find((one) => one.lineId === lineId)
  if (units === null || line?.kind !== 'usage') return null
  const { overageUnits, amount } = costOfUse(line, units, currency)
  return { units, overageUnits, amount }
}
