import {
  addDays,
  addMonths,
  monthOf,
  monthsBetween,
  monthsOf,
  rangeOfMonth,
  daysIn,
  overlap,
} from '../../../src/domain/calendar.ts'
import { contractValue, obligationsOf } from '../../../src/domain/contract-value.ts'
import { billablesOf } from '../../../src/domain/billable.ts'
import { money, sum, toDecimal, type Money } from '../../../src/domain/money.ts'
import { prorate } from '../../../src/domain/rating/proration.ts'
import { scheduleByInstant, scheduleRevenue, type ScheduleLine } from '../../../src/domain/revenue.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { feeLine, sampleTerms, sampleVersion } from '../contract-samples.ts'
import { billedLine, finalizedInvoice } from '../fact-samples.ts'
import { earningOf, promiseOf } from '../played-books.ts'
import { dayOf, monthsOfAccount, played, serviceFrom } from './books.ts'
import { usd } from './terms.ts'

const written = (lines: readonly ScheduleLine[]): Record<string, string> =>
  Object.fromEntries(lines.map(({ month, amountMinor }) => [month, toDecimal(money('USD', amountMinor))]))

const json = ({ currency, amountMinor }: Money) => ({ currency, amount: amountMinor.toString() })

/** Spreads, and what contracts are worth over time. */
export const revrecOfSchedules: Readonly<Record<string, GoldenHandler>> = {
  'rr-stripe-settings-instant': (given: { amount: string; start: string; end: string }) => {
    const service = { startsAt: new Date(`${given.start}Z`), endsAt: new Date(`${given.end}Z`) }
    return { by_instant: written(scheduleByInstant(usd(given.amount), service, 'UTC')) }
  },
  'rr-stripe-settings-day': (given: { amount: string; start: string; end: string }) => {
    const service = { startsOn: dayOf(given.start), endsBefore: dayOf(given.end) }
    return { by_day_cut_last: written(scheduleRevenue({ price: usd(given.amount), service }, 'by-day')) }
  },
  'rr-stripe-catchup-on': (given: {
    amount: string
    start: string
    end_exclusive: string
    finalised: string
  }) => {
    const service = serviceFrom(given.start, given.end_exclusive)
    const day = dayOf(given.finalised)
    const invoice = finalizedInvoice(day, [billedLine(usd(given.amount), { service })])
    // The books know nothing of the service before its invoice, and October is over.
    const months = monthsBetween(monthOf(day), monthOf(addDays(service.endsBefore, -1)))
    const books = played(earningOf(promiseOf(invoice)), [invoice], {}, [months[0] ?? '', months.at(-1) ?? ''])
    return { revenue: monthsOfAccount(books, months) }
  },
  'rr-recurly-daily': (given: { amount: string; start: string; end_inclusive: string }) => {
    const service = { startsOn: given.start, endsBefore: addDays(given.end_inclusive, 1) }
    const price = usd(given.amount)
    const lines = scheduleRevenue({ price, service }, 'by-day')
    const eachRounded = monthsOf(service).map((month) => {
      const days = overlap(service, rangeOfMonth(month))
      const part = { part: BigInt(days === null ? 0 : daysIn(days)), whole: BigInt(daysIn(service)) }
      return [month, toDecimal(prorate(price, part))]
    })
    return {
      daily_each_rounded: Object.fromEntries(eachRounded),
      daily_cumulative_rounding: written(lines),
      total: toDecimal(
        sum<string>(
          'USD',
          lines.map(({ amountMinor }) => money('USD', amountMinor)),
        ),
      ),
    }
  },
  'rr-netsuite-even-periods': (given: { amount: string; start: string; end: string }) => {
    const middle = (text: string) => dayOf(text.replace('mid', '15'))
    const service = { startsOn: middle(given.start), endsBefore: middle(given.end) }
    const lines = scheduleRevenue({ price: usd(given.amount), service }, 'even-months')
    return { periods: Object.values(written(lines)) }
  },
  'rr-jeh-upgrade-error': ({ seats, price, months }: { seats: number; price: string; months: number }) => {
    const { kind: _kind, ...seat } = feeLine({
      unitPrice: json(usd(price)),
      listPrice: null,
      quantity: seats.toString(),
      billing: { months: 1, timing: 'advance' },
    }) as Extract<ReturnType<typeof feeLine>, { kind: 'fee' }>
    const terms = sampleTerms({
      startsOn: '2025-01-01',
      endsBefore: addMonths('2025-01-01', months),
      lines: [{ kind: 'seats', ...seat }],
    })
    const [perMonth, ...others] = new Set(
      obligationsOf(sampleVersion(terms)).map((promise) => toDecimal(promise.price)),
    )
    return {
      total: toDecimal(contractValue(terms)),
      per_month: others.length === 0 ? perMonth : 'months differ',
    }
  },
  'rr-bor-discounts': ({ lines }: { lines: { gross: string; discount: string }[] }) => {
    const yen = (amount: string) => ({ currency: 'JPY', amount })
    const terms = sampleTerms({
      currency: 'JPY',
      lines: lines.map(({ gross }, index) =>
        feeLine({ lineId: `line-${index}`, unitPrice: yen(gross), listPrice: null }),
      ),
      discounts: lines.map(({ discount }, index) => ({
        name: `Discount ${index}`,
        percent: null,
        amount: yen(discount),
        duration: { kind: 'forever' },
        lineIds: [`line-${index}`],
      })),
    })
    return { net: billablesOf(terms).map(({ net }) => toDecimal(net)) }
  },
}
