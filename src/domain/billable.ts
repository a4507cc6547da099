import { Big } from 'big.js'
import type { CalendarDate, DateRange } from './calendar.ts'
import { addMonths, billingPeriods, daysFromTo, daysIn } from './calendar.ts'
import type {
  ContractLine,
  ContractTerms,
  Discount,
  FixedLine,
  OneTimeLine,
  PrepaidCreditsLine,
} from './contract.ts'
import { isFixed } from './contract.ts'
import type { Money } from './money.ts'
import { allocate, divide, money, scale, subtract, sum, times, zero } from './money.ts'

/** A line whose amounts are known when the contract is signed. */
export type PricedLine = FixedLine | OneTimeLine | PrepaidCreditsLine

/** What one discount takes off; `discount` is its place in the contract's list. */
export type Reduction = { readonly discount: number; readonly amount: Money }

/** One amount a contract will bill: a line in one of its billing periods, or a line charged once. */
export type Billable = {
  readonly line: PricedLine
  /** The first day of the billing period, or the day of the one charge. */
  readonly startsOn: CalendarDate
  readonly service: DateRange
  readonly unitPrice: Money
  readonly quantity: bigint
  /** Unit price times quantity; a last period that is cut short has its share by days. */
  readonly gross: Money
  readonly reductions: readonly Reduction[]
  readonly net: Money
}

type Draft = Omit<Billable, 'reductions' | 'net'> & { readonly reductions: Reduction[] }

/**
 * Everything a contract bills over its term except metered use, in order of lines and time. Discounts apply one after the other
 * in the contract's order, each to what the earlier ones left; an amount over several lines is shared among those that bill on one day.
 */
export function billablesOf(terms: ContractTerms): Billable[] {
  const drafts = terms.lines.flatMap((line) => draftsOf(line, terms))
  for (const sameDay of Map.groupBy(drafts, ({ startsOn }) => startsOn).values()) {
    terms.discounts.forEach((discount, index) => reduce(sameDay, discount, index, terms))
  }
  return drafts.map((draft) => ({ ...draft, net: remainingOf(draft) }))
}

/** The price and quantity in force on a day: the base, or the last ramp step that has begun. */
export function stepInForce(line: FixedLine, on: CalendarDate): { unitPrice: Money; quantity: bigint } {
  const { unitPrice, quantity } = line.ramp.findLast(({ startsOn }) => startsOn <= on) ?? line
  return { unitPrice, quantity }
}

/** Whether a discount speaks about a line: one it names, or any fixed line when it names none. */
export function covers(discount: Discount, line: ContractLine): boolean {
  return discount.lineIds === null ? isFixed(line) : discount.lineIds.includes(line.lineId)
}

function draftsOf(line: ContractLine, terms: ContractTerms): Draft[] {
  switch (line.kind) {
    case 'usage':
      return []
    case 'one-time':
      return [
        once(line, { startsOn: line.chargedOn, endsBefore: addMonths(line.chargedOn, line.serviceMonths) }),
      ]
    case 'prepaid-credits': {
      // Unused credits are earned when they end; what is used before then is drawn from them as usage.
      const endsOn = line.expiresOn ?? terms.endsBefore
      return [once(line, { startsOn: endsOn, endsBefore: endsOn })]
    }
    default:
      return billingPeriods(terms, line.billing.months).map((service, index) =>
        periodOf(line, service, addMonths(terms.startsOn, (index + 1) * line.billing.months)),
      )
  }
}

function once(line: OneTimeLine | PrepaidCreditsLine, service: DateRange): Draft {
  const { price, chargedOn: startsOn } = line
  return { line, startsOn, service, unitPrice: price, quantity: 1n, gross: price, reductions: [] }
}

function periodOf(line: FixedLine, service: DateRange, fullEnd: CalendarDate): Draft {
  const { unitPrice, quantity } = stepInForce(line, service.startsOn)
  const whole = times(unitPrice, quantity)
  const fullDays = daysFromTo(service.startsOn, fullEnd)
  const gross =
    service.endsBefore === fullEnd
      ? whole
      : money(whole.currency, divide(whole.amountMinor * BigInt(daysIn(service)), BigInt(fullDays)))
  return { line, startsOn: service.startsOn, service, unitPrice, quantity, gross, reductions: [] }
}

function reduce(sameDay: readonly Draft[], discount: Discount, index: number, terms: ContractTerms): void {
  const met = sameDay.filter((draft) => covers(discount, draft.line) && isActive(discount, draft, terms))
  const reductions = reductionsOf(discount, met.map(remainingOf), terms.currency)
  met.forEach((draft, place) => {
    const amount = reductions[place]
    if (amount !== undefined && amount.amountMinor > 0n) draft.reductions.push({ discount: index, amount })
  })
}

function reductionsOf(discount: Discount, remaining: readonly Money[], currency: string): Money[] {
  if (discount.percent !== null) {
    const share = new Big(discount.percent).times('0.01')
    return remaining.map((amount) => scale(amount, share))
  }
  const total = sum(currency, remaining)
  if (discount.amount === null || total.amountMinor <= 0n) return remaining.map(() => zero(currency))
  const taken = discount.amount.amountMinor < total.amountMinor ? discount.amount : total
  return allocate(
    taken,
    remaining.map(({ amountMinor }) => amountMinor),
  )
}

function isActive({ duration }: Discount, draft: Draft, terms: ContractTerms): boolean {
  switch (duration.kind) {
    case 'forever':
      return true
    case 'once':
      return !isFixed(draft.line) || draft.startsOn === terms.startsOn
    default:
      return draft.startsOn < addMonths(terms.startsOn, duration.months)
  }
}

function remainingOf({ gross, reductions }: Draft): Money {
  return reductions.reduce((left, { amount }) => subtract(left, amount), gross)
}
