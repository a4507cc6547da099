import {
  addDays,
  addMonths,
  daysFromTo,
  daysIn,
  daysInMonth,
  type CalendarDate,
  type DateRange,
} from '../calendar.ts'
import { Big } from 'big.js'
import { add, divide, money, negate, type Currency, type Money } from '../money.ts'

/** A share of a whole, such as 17 of 31 days. */
export type Fraction = { readonly part: bigint; readonly whole: bigint }

/** The share of an amount for a part of its period, rounded once: daily rates are never rounded. */
export function prorate<C extends Currency>(amount: Money<C>, { part, whole }: Fraction): Money<C> {
  return money(amount.currency, divide(amount.amountMinor * part, whole))
}

/** What is left of a period at an instant, to the second, as Stripe counts it. */
export function secondsLeft(period: { startsAt: Date; endsAt: Date }, at: Date): Fraction {
  return { part: seconds(at, period.endsAt), whole: seconds(period.startsAt, period.endsAt) }
}

/** What is left of a period from a day on, that day included: the day of a change belongs to the new price. */
export function daysLeft(period: DateRange, from: CalendarDate): Fraction {
  return { part: BigInt(daysFromTo(from, period.endsBefore)), whole: BigInt(daysIn(period)) }
}

/** The lines of a change of price within a period: what is given back, what is charged, and both together. */
export type ChangeLines<C extends Currency> = {
  readonly credit: Money<C>
  readonly charge: Money<C>
  readonly net: Money<C>
}

/** Prorates a change from one price to another. Each line is rounded and then added, so that the invoice adds up. */
export function prorateChange<C extends Currency>(
  from: Money<C>,
  to: Money<NoInfer<C>>,
  left: Fraction,
): ChangeLines<C> {
  const credit = negate(prorate(from, left))
  const charge = prorate(to as Money<C>, left)
  return { credit, charge, net: add(credit, charge) }
}

/** What may still be credited of a payment: never below nothing, never more than was paid less what was credited before. */
export function capCredit<C extends Currency>(
  wanted: Money<C>,
  paid: Money<NoInfer<C>>,
  credited: Money<NoInfer<C>>,
): Money<C> {
  const open = paid.amountMinor - credited.amountMinor
  const capped = wanted.amountMinor < open ? wanted.amountMinor : open
  return money(wanted.currency, capped > 0n ? capped : 0n)
}

/**
 * How days of a month become a share of its price: by the month's own length, over thirty days always, or over
 * thirty days with every month's end counted as the thirtieth.
 */
export type DayCount = 'actual' | 'over-30' | 'strict-30'

/** The share of a month's price for a range of days within that month. */
export function shareOfMonth(range: DateRange, convention: DayCount): Fraction {
  const { year, month, day: firstDay } = datePartsOf(range.startsOn)
  const { day: lastDay } = datePartsOf(addDays(range.endsBefore, -1))
  const length = daysInMonth(year, month)
  if (convention === 'actual') return { part: BigInt(daysIn(range)), whole: BigInt(length) }
  if (convention === 'over-30') return { part: BigInt(daysIn(range)), whole: 30n }
  const closingDay = lastDay === length ? 30 : Math.min(lastDay, 30)
  return { part: BigInt(closingDay - firstDay + 1), whole: 30n }
}

/** Whole months and a started one as a multiplier of the monthly price, cut to so many decimals as CPQ systems do. */
export function monthsMultiplier(months: number, startedMonth: Fraction, decimals: number): Big {
  const started = new Big(startedMonth.part.toString()).div(startedMonth.whole.toString())
  return started.round(decimals, Big.roundHalfUp).plus(months)
}

/** How long from one invoice to the next. */
export type BillingCycle = { readonly months: number } | { readonly weeks: number }

/**
 * The first billing date after a day, on the grid through the anchor. A contract that starts before its anchor gets a short first period
 * that ends on it; an anchor on the 31st returns to the 31st after a short month.
 */
export function nextBillingDate(
  after: CalendarDate,
  anchor: CalendarDate,
  cycle: BillingCycle,
): CalendarDate {
  const gridPoint = (index: number) =>
    'months' in cycle ? addMonths(anchor, index * cycle.months) : addDays(anchor, index * cycle.weeks * 7)
  let index = 0
  while (gridPoint(index) > after) index--
  while (gridPoint(index) <= after) index++
  return gridPoint(index)
}

function seconds(from: Date, to: Date): bigint {
  return BigInt(Math.trunc((to.getTime() - from.getTime()) / 1000))
}

function datePartsOf(date: CalendarDate): { year: number; month: number; day: number } {
  const [year = 0, month = 0, day = 0] = date.split('-').map((part) => Number.parseInt(part, 10))
  return { year, month, day }
}
