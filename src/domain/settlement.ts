import { Big } from 'big.js'
import { billablesOf } from './billable.ts'
import { billingInstant } from './billing-plan/instant.ts'
import { layoutOf } from './billing-plan/layout.ts'
import { isRatedByUs } from './billing-plan/metered-price.ts'
import type { OwnCharge } from './billing-plan/steps.ts'
import type { CalendarDate, DateRange, TimeZone } from './calendar.ts'
import { addDays, billingPeriods, dateIn } from './calendar.ts'
import { commitmentPeriods, isCommitted, shortfallOf, usedTowards, type CommittedLine } from './commitment.ts'
import { isUsage, type ContractTerms, type ContractVersion, type UsageLine } from './contract.ts'
import { countedWithinMilliseconds } from './late-usage.ts'
import { subtract, sum, toDecimal, type Money } from './money.ts'
import { costOfUse, rateUsageLine } from './rating.ts'
import { useRange, type UseRange } from './use-range.ts'

/** The longest description an invoice shows on one line. */
const longestDescription = 500

/**
 * What we settle ourselves once a period has ended, because no price of the provider's does: the use of a line it cannot price in a billing
 * period, or what is missing to a commitment in a commitment period.
 */
export type Settlement = SettledTime &
  (
    | { readonly kind: 'rated-usage'; readonly line: UsageLine }
    | { readonly kind: 'true-up'; readonly line: CommittedLine }
  )

/** A settlement of what is missing to a commitment. */
type TrueUp = Extract<Settlement, { kind: 'true-up' }>

/** When a settlement is. */
type SettledTime = {
  readonly period: DateRange
  /** The billing periods of the line whose use counts. */
  readonly stretches: readonly UseRange[]
  readonly startsAt: Date
  readonly endsAt: Date
  /** From when on it is settled: use that was on its way when the period ended has come by then. */
  readonly dueAt: Date
}

/**
 * Everything there is to settle of a contract over its term, in order of its lines and of time. Nothing of a period that ended before `settledFrom`:
 * that was somebody else's to invoice.
 */
export function settlementsOf(
  { terms }: ContractVersion,
  zone: TimeZone,
  settledFrom: Date | null,
): Settlement[] {
  const all = terms.lines.filter(isUsage).flatMap((line) => {
    const months = billingPeriods(terms, line.billing.months)
    const rated = isRatedByUs(line, terms.currency) ? months : []
    return [
      ...rated.map((period): Settlement => {
        return { kind: 'rated-usage', line, ...timeOf(line, terms, { period, stretches: [period] }, zone) }
      }),
      ...trueUpsOf(line, terms, months, zone),
    ]
  })
  return all.filter(({ endsAt }) => settledFrom === null || endsAt >= settledFrom)
}

function trueUpsOf(
  line: UsageLine,
  terms: ContractTerms,
  months: readonly DateRange[],
  zone: TimeZone,
): Settlement[] {
  if (!isCommitted(line)) return []
  return commitmentPeriods(terms, line).map((period) => {
    const stretches = months.filter(({ startsOn }) => isIn(period, startsOn))
    return { kind: 'true-up', line, ...timeOf(line, terms, { period, stretches }, zone) }
  })
}

function timeOf(
  line: UsageLine,
  terms: ContractTerms,
  { period, stretches }: { readonly period: DateRange; readonly stretches: readonly DateRange[] },
  zone: TimeZone,
): SettledTime {
  const hoursOf = (days: DateRange) => useRange(line, terms, days, zone)
  // Not before the provider has drawn up the invoice that ends the period.
  const dueAt = new Date(billingInstant(zone, period.endsBefore).getTime() + countedWithinMilliseconds)
  return { period, stretches: stretches.map(hoursOf), ...hoursOf(period), dueAt }
}

function isIn({ startsOn, endsBefore }: DateRange, day: CalendarDate): boolean {
  return startsOn <= day && day < endsBefore
}

/** What a settlement comes to by the terms of its line. `quantities` are what its stretches used, exact decimals. */
export function owedOf(settlement: Settlement, quantities: readonly string[], currency: string): Money {
  const { kind, line, period } = settlement
  if (kind === 'true-up') return shortfallOf(line, period, quantities)
  return sum(
    currency,
    quantities.map((quantity) => costOfUse(line, quantity, currency).amount),
  )
}

/** What was charged of a settlement before: how often, and how much in all. */
export type ChargedBefore = { readonly count: number; readonly amount: Money }

/** What is charged of a settlement now, and how it came about. */
export type SettlingUse = {
  readonly quantities: readonly string[]
  /** The use that came since it was settled last, below zero where it was taken back. */
  readonly further: string
  /** The hour of the first of it; null where there was none. */
  readonly firstAt: Date | null
}

type Charging = { readonly cycleMonths: number; readonly zone: TimeZone; readonly now: Date }

/**
 * The charge that brings what was charged of a settlement to what it comes to: all of it at first, later the difference that late use or a correction
 * makes, which may be a credit. Its service is the period; that of a difference is the day of the use, or the last day of the period.
 */
export function settlingCharge(
  version: ContractVersion,
  settlement: Settlement,
  use: SettlingUse,
  before: ChargedBefore,
  { cycleMonths, zone, now }: Charging,
): OwnCharge {
  const { contractId, generation, terms } = version
  const { kind, line, period } = settlement
  const owed = owedOf(settlement, use.quantities, terms.currency)
  const day = use.firstAt === null ? addDays(period.endsBefore, -1) : dateIn(zone, use.firstAt)
  const place = kind === 'true-up' ? 'true-up' : 'rated'
  return {
    chargeKey: `charge:${contractId}/${generation}/${line.lineId}/${period.startsOn}/${place}-${before.count + 1}`,
    contractId,
    lineId: line.lineId,
    description: descriptionOf(settlement, use, before, terms.currency),
    amount: subtract(owed, before.amount),
    service: before.count === 0 ? period : { startsOn: day, endsBefore: day },
    availableFrom: addDays(dateIn(zone, now), -1),
    settledOn: period.endsBefore,
    reason: kind,
    ...(comesTooLate(terms, period, cycleMonths) ? { ownInvoice: true } : {}),
  }
}

/** How many months there are between invoices of a contract that was set up on a day. */
export function cycleMonthsOf(terms: ContractTerms, setUpOn: CalendarDate): number {
  return layoutOf(terms, billablesOf(terms), setUpOn).cycleMonths
}

/** A subscription that ends has no next invoice, and one of long periods has it only after many months. */
function comesTooLate(
  { renewal, endsBefore }: ContractTerms,
  period: Pick<DateRange, 'endsBefore'>,
  cycleMonths: number,
): boolean {
  return cycleMonths > 1 || (renewal.kind === 'none' && period.endsBefore >= endsBefore)
}

function descriptionOf(
  settlement: Settlement,
  use: SettlingUse,
  before: ChargedBefore,
  currency: string,
): string {
  const { line, period } = settlement
  const name = line.description ?? line.product.name
  const head = `${name}, ${period.startsOn} to ${addDays(period.endsBefore, -1)}`
  const why = settlement.kind === 'true-up' ? whyShort(settlement, use) : whyRated(settlement, use, currency)
  const text = before.count === 0 ? `${head}: ${why}` : `${head}, ${changeOf(use)}: ${why}${less(before)}`
  const characters = [...text]
  return characters.length > longestDescription
    ? `${characters.slice(0, longestDescription - 1).join('')}…`
    : text
}

function whyRated({ line }: Settlement, { quantities }: SettlingUse, currency: string): string {
  return quantities.map((quantity) => rateUsageLine(line, quantity, currency).explanation).join('; ')
}

function whyShort({ line, period }: TrueUp, { quantities }: SettlingUse): string {
  const promised = shortfallOf(line, period, [])
  const used = sum(line.commit.amount.currency, usedTowards(line, quantities))
  const missing = shortfallOf(line, period, quantities)
  const result = missing.amountMinor === 0n ? 'nothing is missing' : `${toDecimal(missing)} missing`
  return `commitment of ${toDecimal(promised)}, ${toDecimal(used)} used, ${result}`
}

function changeOf({ further }: SettlingUse): string {
  const quantity = new Big(further)
  if (quantity.eq(0)) return 'settled anew'
  return quantity.lt(0) ? `${quantity.abs().toFixed()} fewer used` : `${quantity.toFixed()} more used`
}

function less({ amount }: ChargedBefore): string {
  return `; less ${toDecimal(amount)} charged before`
}
