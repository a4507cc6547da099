import { Big } from 'big.js'
import { addDays, rangeOfMonth } from '../../../src/domain/calendar.ts'
import { allocate, sum, toDecimal, type Currency, type Money } from '../../../src/domain/money.ts'
import { aggregate, weightedSum } from '../../../src/domain/rating/aggregate.ts'
import { ratioOf, scaled, writeDecimal } from '../../../src/domain/rating/exact.ts'
import {
  capCredit,
  daysLeft,
  monthsMultiplier,
  nextBillingDate,
  prorate,
  prorateChange,
  secondsLeft,
  shareOfMonth,
  type BillingCycle,
  type DayCount,
  type Fraction,
} from '../../../src/domain/rating/proration.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { cents, dollars, usd } from './terms.ts'

const fraction = (part: number, whole: number): Fraction => ({ part: BigInt(part), whole: BigInt(whole) })

/** "0.5" or "17/31". */
function readFraction(text: string): Fraction {
  const [part = '0', whole] = text.split('/')
  if (whole !== undefined) return { part: BigInt(part), whole: BigInt(whole) }
  const scale = new Big(10).pow(18)
  return { part: BigInt(writeDecimal(scale.times(part))), whole: BigInt(writeDecimal(scale)) }
}

function changeLines(from: string, to: string, left: Fraction): Record<'credit' | 'charge' | 'net', string> {
  const { credit, charge, net } = prorateChange(usd(from), usd(to), left)
  return { credit: toDecimal(credit), charge: toDecimal(charge), net: toDecimal(net) }
}

const minor = ({ amountMinor }: Money): string => amountMinor.toString()

const cycles: Readonly<Record<string, BillingCycle>> = {
  MONTHLY: { months: 1 },
  QUARTER: { months: 3 },
  WEEKLY: { weeks: 1 },
}

/** Parts of periods, dates of invoices, and quantities over time. */
export const ratingByTime: Readonly<Record<string, GoldenHandler>> = {
  'rt-seed-acme-annual': ({ annual, months }: { annual: string; months: number }) => {
    const shares = allocate(
      usd(annual),
      Array.from({ length: months }, () => 1n),
    )
    const [monthly, ...others] = new Set(shares.map(toDecimal))
    return { monthly_recognition: others.length === 0 ? monthly : 'months differ' }
  },
  'rt-stripe-proration-half': (given: { old: string; new: string; fraction_left: string }) =>
    changeLines(given.old, given.new, readFraction(given.fraction_left)),
  'rt-stripe-proration-gist': (given: {
    plan_amount_minor: number
    period_start: number
    period_end: number
    proration_date: number
  }) => {
    const instant = (seconds: number) => new Date(seconds * 1000)
    const period = { startsAt: instant(given.period_start), endsAt: instant(given.period_end) }
    const left = secondsLeft(period, instant(given.proration_date))
    return {
      period_seconds: Number(left.whole),
      seconds_left: Number(left.part),
      credit: minor(prorateChange(cents(given.plan_amount_minor), cents(0), left).credit),
    }
  },
  'rt-stripe-anchor-31': ({ anchor }: { anchor: string }) => {
    const next = (date: string, after: string) => nextBillingDate(after, date, { months: 1 })
    const dates = [anchor]
    while (dates.length < 4) dates.push(next(anchor, dates.at(-1) ?? anchor))
    const leapAnchor = `2024${anchor.slice(4)}`
    return { dates, leap_feb: next(leapAnchor, leapAnchor) }
  },
  'rt-flexprice-anchor': ({ cases }: { cases: [string, string, string][] }) => ({
    next: cases.map(([cycle, start, anchor]) =>
      nextBillingDate(start, anchor, cycles[cycle] as BillingCycle),
    ),
  }),
  'rt-flexprice-upgrade-day': (given: {
    old: string
    new: string
    change: string
    period: [string, string]
  }) => {
    const [startsOn, lastDay] = given.period
    const left = daysLeft({ startsOn, endsBefore: addDays(lastDay, 1) }, given.change)
    const { credit, charge, net } = changeLines(given.old, given.new, left)
    const difference = usd(writeDecimal(new Big(given.new).minus(given.old)))
    return { credit, charge, net_of_rounded_lines: net, net_exact: toDecimal(prorate(difference, left)) }
  },
  'rt-flexprice-downgrade': (given: { old_total: string; new_total: string; fraction: string }) =>
    changeLines(given.old_total, given.new_total, readFraction(given.fraction)),
  'rt-flexprice-credit-cap': ({
    cases,
  }: {
    cases: { potential: number; paid: number; credited: number }[]
  }) => ({
    credit: cases.map(({ potential, paid, credited }) =>
      minor(capCredit(cents(potential), cents(paid), cents(credited))),
    ),
  }),
  'rt-autumn-upgrade': (given: { old: string; new: string; fraction: string }) => ({
    due: changeLines(given.old, given.new, readFraction(given.fraction)).net,
  }),
  'rt-chargebee-forum': (given: { old: string; new: string; days_left: number; of: number }) => ({
    net: changeLines(given.old, given.new, fraction(given.days_left, given.of)).net,
  }),
  'rt-pentest': (given: { old: string; new: string; days_left: number; of: number }) => ({
    net: changeLines(given.old, given.new, fraction(given.days_left, given.of)).net,
  }),
  'rt-mlytics-daily': ({ monthly, days, of }: { monthly: string[]; days: number; of: number }) => ({
    exact: monthly.map((price) => toDecimal(prorate(usd(price), fraction(days, of)))),
  }),
  'rt-lago-trial-doc': (given: { price: string; trial_days: number; month_days: number }) => ({
    fee: toDecimal(
      prorate(usd(given.price), fraction(given.month_days - given.trial_days, given.month_days)),
    ),
  }),
  'rt-lago-prorata-apr15': ({ price, start }: { price: string; start: string }) => {
    const day = start.replace('Apr ', '2025-04-')
    return { fee: toDecimal(prorate(usd(price), daysLeft(rangeOfMonth('2025-04'), day))) }
  },
  'rt-lago-quarter-termination': (given: {
    price_minor: number
    quarter_days: number
    start: string
    end_inclusive: string
  }) => {
    const served = daysLeft(
      { startsOn: given.start, endsBefore: addDays(given.end_inclusive, 1) },
      given.start,
    )
    const fee = prorate(cents(given.price_minor), { part: served.part, whole: BigInt(given.quarter_days) })
    return { days: Number(served.part), fee_minor: minor(fee) }
  },
  'rt-lago-trial-calendar': (given: { price_minor: number; start: string; trial_days: number }) => {
    const month = rangeOfMonth(given.start.slice(0, 7))
    const left = daysLeft(month, addDays(given.start, given.trial_days))
    return { fee: minor(prorate(cents(given.price_minor), left)) }
  },
  'rt-lago-upgrade-yearly': (given: { old_minor: number; unused_days: number; of: number }) => ({
    credit: minor(prorate(cents(given.old_minor), fraction(given.unused_days, given.of))),
  }),
  'rt-zuora-proration-table': ({ periods }: { periods: { from: string; to_inclusive: string }[] }) => {
    const shares = (convention: DayCount) =>
      periods.map(({ from, to_inclusive }) => {
        const range = { startsOn: from, endsBefore: addDays(to_inclusive, 1) }
        const { part, whole } = shareOfMonth(range, convention)
        return `${part}/${whole}`
      })
    return {
      actual: shares('actual'),
      assume_30: shares('over-30'),
      assume_30_strict: shares('strict-30'),
    }
  },
  'rt-salesforce-months': (given: { price: string; days: number; of: number; months: number }) => {
    const multiplier = monthsMultiplier(given.months, fraction(given.days, given.of), 6)
    return {
      multiplier: writeDecimal(multiplier),
      total: dollars(scaled(ratioOf(usd(given.price)), multiplier)),
    }
  },
  'rt-baremetrics-upgrade': (given: { new: string; extra: string; credit: string }) => {
    const lines = [usd(given.new), usd(given.extra), usd(`-${given.credit}`)]
    return { due: toDecimal(sum<Currency>('USD', lines)) }
  },
  'rt-lago-agg': ({ values, same_id }: { values: number[]; same_id: boolean }) => {
    const events = values.map((value, index) => ({
      value: String(value),
      countedId: same_id ? 'one' : `id-${index}`,
    }))
    const quantity = (kind: 'count' | 'sum' | 'max' | 'unique') => aggregate(events, kind).toNumber()
    return {
      count: quantity('count'),
      sum: quantity('sum'),
      max: quantity('max'),
      unique: quantity('unique'),
    }
  },
  'rt-lago-weighted-sum': ({ events, price }: { events: [string, string][]; price: string }) => {
    const changes = events.map(([on, change]) => ({ on, change }))
    const charge = (month: string) => dollars(scaled(weightedSum(changes, rangeOfMonth(month)), price))
    return { march: charge('2023-03'), april: charge('2023-04') }
  },
}
