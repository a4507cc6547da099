import type { Billable } from '../billable.ts'
import { covers } from '../billable.ts'
import type { CalendarDate } from '../calendar.ts'
import { addMonths } from '../calendar.ts'
import type { BillingInterval, ContractLine, ContractTerms, FixedLine, UsageLine } from '../contract.ts'
import { isFixed } from '../contract.ts'
import { isRatedByUs } from './metered-price.ts'

export type Months = BillingInterval['months']

/** Which lines the provider bills by itself, from when and in which rhythm. The rest are charges of ours. */
export type Layout = {
  readonly started: boolean
  readonly kind: 'subscription' | 'schedule'
  /** Lines with an item of the subscription: fixed ones in advance, and metered ones. */
  readonly nativeFixed: readonly FixedLine[]
  readonly metered: readonly UsageLine[]
  /** Months from one invoice of the subscription to the next. */
  readonly cycleMonths: Months
  /** Set when a zero-priced item must keep the rhythm, because no other item would. */
  readonly keeperMonths: Months | null
  /** The first day the subscription bills; what was due before is ours to charge. */
  readonly nativeFrom: CalendarDate
  readonly anchorOn: CalendarDate | null
  /** Days after `nativeFrom` on which a price, quantity or discount changes. */
  readonly changesOn: readonly CalendarDate[]
  /** Whether the first invoice covers several billing periods at once. */
  readonly catchesUp: boolean
}

type Rhythm = Pick<Layout, 'nativeFixed' | 'metered' | 'cycleMonths' | 'keeperMonths'>

/**
 * Decides how a contract is laid out. Before its start everything can be an item, whatever its interval. A subscription that has begun has
 * one anchor, so only one interval can be an item: that of metered use, or else the shortest.
 */
export function layoutOf(terms: ContractTerms, billables: readonly Billable[], asOf: CalendarDate): Layout {
  const started = terms.startsOn <= asOf
  const rhythm = started ? rhythmOfStarted(terms) : rhythmOfFuture(terms)
  const changes = changesOf(rhythm.nativeFixed, billables)
  const periodStart = started ? periodStartOf(terms.startsOn, rhythm.cycleMonths, asOf) : terms.startsOn
  const changesLater = changes.filter((date) => date > periodStart)
  const kind = started && changesLater.length === 0 ? 'subscription' : 'schedule'
  const isLate = periodStart > terms.startsOn
  const splits = kind === 'schedule' || changes.length > 0 || needsExactPeriods(terms, rhythm)
  return {
    ...rhythm,
    started,
    kind,
    nativeFrom: isLate && !splits ? terms.startsOn : periodStart,
    anchorOn: started ? nextAnniversary(terms.startsOn, rhythm.cycleMonths, asOf) : null,
    changesOn: changesLater,
    catchesUp: isLate && !splits,
  }
}

/** Whether the provider meters a line; otherwise we rate it and charge the amount. */
export function isMetered(line: ContractLine, currency: string): line is UsageLine {
  return line.kind === 'usage' && !isRatedByUs(line, currency)
}

/** Whether a line is billed by charges of ours alone, whenever its contract began. Its name may still be on the free item that keeps the rhythm. */
export function isChargedByUs(line: ContractLine, currency: string): boolean {
  if (isFixed(line)) return line.billing.timing === 'arrears'
  return line.kind !== 'usage' || !isMetered(line, currency)
}

function rhythmOfStarted(terms: ContractTerms): Rhythm {
  const metered = terms.lines.filter((line) => isMetered(line, terms.currency))
  const cycleMonths = metered[0]?.billing.months ?? shortest(recurring(terms)) ?? 12
  const nativeFixed = inAdvance(terms).filter(({ billing }) => billing.months === cycleMonths)
  const isEmpty = metered.length + nativeFixed.length === 0
  return { nativeFixed, metered, cycleMonths, keeperMonths: isEmpty ? cycleMonths : null }
}

function rhythmOfFuture(terms: ContractTerms): Rhythm {
  const metered = terms.lines.filter((line) => isMetered(line, terms.currency))
  const nativeFixed = inAdvance(terms)
  const ofItems = shortest([...metered, ...nativeFixed])
  const cycleMonths = shortest(recurring(terms)) ?? 12
  const keeperMonths = ofItems === cycleMonths ? null : cycleMonths
  return { nativeFixed, metered, cycleMonths, keeperMonths }
}

function recurring(terms: ContractTerms): (FixedLine | UsageLine)[] {
  return terms.lines.filter((line) => isFixed(line) || line.kind === 'usage')
}

function inAdvance(terms: ContractTerms): FixedLine[] {
  return terms.lines.filter(isFixed).filter(({ billing }) => billing.timing === 'advance')
}

function shortest(lines: readonly (FixedLine | UsageLine)[]): Months | undefined {
  return lines.map(({ billing }) => billing.months).sort((left, right) => left - right)[0]
}

/** An amount off, a discount for a time and metered tiers count billing periods, so one long first period would be priced wrongly. */
function needsExactPeriods(terms: ContractTerms, { metered, nativeFixed }: Rhythm): boolean {
  const discounted = terms.discounts.some((discount) => nativeFixed.some((line) => covers(discount, line)))
  return metered.length > 0 || discounted
}

function changesOf(lines: readonly FixedLine[], billables: readonly Billable[]): CalendarDate[] {
  const changes = lines.flatMap((line) => {
    const periods = billables.filter((billable) => billable.line === line)
    return periods.filter((period, index) => index > 0 && shapeOf(period) !== shapeOf(periods[index - 1]))
  })
  return [...new Set(changes.map(({ startsOn }) => startsOn))].sort()
}

function shapeOf(period: Billable | undefined): string {
  const taken = period?.reductions.map(({ discount, amount }) => `${discount}:${amount.amountMinor}`)
  return `${period?.unitPrice.amountMinor} ${period?.quantity} ${taken?.join(' ')}`
}

function periodStartOf(startsOn: CalendarDate, months: Months, asOf: CalendarDate): CalendarDate {
  let index = 0
  while (addMonths(startsOn, (index + 1) * months) <= asOf) index++
  return addMonths(startsOn, index * months)
}

function nextAnniversary(startsOn: CalendarDate, months: Months, asOf: CalendarDate): CalendarDate {
  let index = 1
  while (addMonths(startsOn, index * months) <= asOf) index++
  return addMonths(startsOn, index * months)
}
