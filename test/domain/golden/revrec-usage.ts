import {
  addMonths,
  firstDayOf,
  monthOf,
  monthsBetween,
  nextMonth,
  type CalendarDate,
  type DateRange,
} from '../../../src/domain/calendar.ts'
import { fromDecimal, money, toDecimal, type Money } from '../../../src/domain/money.ts'
import { earnedByUse, prepaidEarnedBefore } from '../../../src/domain/prepaid.ts'
import { aggregate, type Aggregation } from '../../../src/domain/rating/aggregate.ts'
import { rateUsageLine } from '../../../src/domain/rating.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { billedLine, finalizedInvoice } from '../fact-samples.ts'
import type { Earning } from '../played-books.ts'
import { dayOf, monthsOfAccount, movementsOf, netOf, played } from './books.ts'
import { flatTier, usageLine, usd } from './terms.ts'

/** Examples in whole units use a currency that has no smaller ones. */
const yen = (amount: string): Money => fromDecimal('JPY', amount)

/** An invoice of what was used, on a day. */
const invoiceOf = (amount: Money, day: CalendarDate) => {
  const service: DateRange = { startsOn: day, endsBefore: day }
  return finalizedInvoice(day, [billedLine(amount, { service })])
}

/** The earning of the one line of these examples. */
const lineEarning =
  (family: string, earnedBefore: (before: CalendarDate) => Money): Earning =>
  (before) => {
    const { currency, amountMinor: earnedMinor } = earnedBefore(before)
    return [{ contractId: 'ctr_1', lineId: 'fee', family, currency, earnedMinor }]
  }

type Metered = {
  readonly unit_price: string
  readonly usage: readonly { readonly date: string; readonly qty: number }[]
  readonly aggregation: Aggregation
}

/** What the uses of a meter cost before a day. */
function usedBefore({ unit_price, usage, aggregation }: Metered): (before: CalendarDate) => Money {
  const line = usageLine({ tiers: flatTier(unit_price) })
  return (before) => {
    const events = usage.filter(({ date }) => dayOf(date) < before)
    const values = events.map(({ qty }) => ({ value: qty.toString(), countedId: null }))
    return rateUsageLine(line, aggregate(values, aggregation), 'USD').amount
  }
}

/** Use, as it happens: metered, committed, paid ahead. */
export const revrecOfUsage: Readonly<Record<string, GoldenHandler>> = {
  'rr-stripe-metered-sum': (given: Metered & { invoice_finalised: string }) => {
    const earned = usedBefore(given)
    const day = dayOf(given.invoice_finalised)
    return { by_month: movementsOf(played(lineEarning('Usage', earned), [invoiceOf(earned(day), day)])) }
  },
  'rr-stripe-metered-max': (given: Metered) => {
    const earned = usedBefore(given)
    // The example names no day for the invoice; it is one of February.
    const invoice = invoiceOf(earned('2025-02-14'), '2025-02-14')
    const books = played(lineEarning('Usage', earned), [invoice])
    return {
      revenue: monthsOfAccount(books, ['2025-01', '2025-02']),
      ar: monthsOfAccount(books, ['2025-02'], 'receivable'),
    }
  },
  'rr-stripe-po-api-credits': (given: {
    prepaid: string
    invoiced: string
    used: Record<string, string>
    expiry_months: number
  }) => {
    const bought = firstDayOf(given.invoiced)
    const price = usd(given.prepaid)
    const pack = { price, credits: price.amountMinor, expiresOn: addMonths(bought, given.expiry_months) }
    const earning = lineEarning('Credits', (before) => {
      const used = Object.entries(given.used).filter(([month]) => firstDayOf(nextMonth(month)) <= before)
      const credits = used.reduce((total, [, amount]) => total + usd(amount).amountMinor, 0n)
      return prepaidEarnedBefore(pack, credits, before)
    })
    const booksTo = (month: string) =>
      played(earning, [invoiceOf(price, bought)], {}, [monthOf(bought), month])
    const all = monthsBetween(monthOf(bought), monthOf(pack.expiresOn))
    const revenue = monthsOfAccount(booksTo(all.at(-1) ?? ''), all, 'revenue', (month) => month)
    return {
      revenue: Object.fromEntries(Object.entries(revenue).filter(([, amount]) => amount !== '0.00')),
      deferred_after_2025_07: toDecimal(money('USD', booksTo('2025-07').balance('contract-liability'))),
    }
  },
  'rr-bor-commit-split': ({ commit, usage }: { commit: string; usage: Record<string, number> }) => {
    const uses = Object.entries(usage).map(([month, qty]) => ({ month: monthOf(dayOf(`${month} 1`)), qty }))
    const earning = lineEarning('Usage', (before) => {
      const used = uses.filter(({ month }) => month < monthOf(before)).reduce((sum, { qty }) => sum + qty, 0)
      return earnedByUse(yen(commit), BigInt(used), BigInt(commit))
    })
    const books = played(earning, [], {}, ['2025-08', '2025-09'])
    const august = books.transactions.filter(({ accountingDate }) => monthOf(accountingDate) === '2025-08')
    return { Aug: netOf(august.flatMap(({ entries }) => entries)) }
  },
}
