import { Big } from 'big.js'
import {
  addDays,
  monthOf,
  monthsBetween,
  type CalendarDate,
  type DateRange,
} from '../../../src/domain/calendar.ts'
import { convert, fromDecimal, money, toDecimal, type Money } from '../../../src/domain/money.ts'
import { exchangeSettled } from '../../../src/domain/posting/foreign-exchange.ts'
import { daysLeft, prorateChange } from '../../../src/domain/rating/proration.ts'
import { taxInside, taxOn } from '../../../src/domain/tax-amount.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { billedLine, fact, finalizedInvoice, noonOf } from '../fact-samples.ts'
import { earningOf, promiseOf } from '../played-books.ts'
import { dayOf, monthsOfAccount, movementsOf, netOf, played, rowsOf, serviceFrom } from './books.ts'
import { usd } from './terms.ts'

const paidOn = (day: CalendarDate, amount: Money, via: 'stripe' | 'off-stripe' = 'stripe') =>
  fact('invoice-paid', day, { invoiceId: 'in_1', amount, via })

/** A line without a period is earned on the day it is invoiced. */
const atOnce = (day: CalendarDate): DateRange => ({ startsOn: day, endsBefore: day })

const invoiceOf = (amount: Money, service: DateRange, day = service.startsOn) =>
  finalizedInvoice(day, [billedLine(amount, { service })])

/** Taxed or untaxed, the whole of a one-day invoice: what is owed, earned and due to the state. */
function taxedInvoice(net: Money, tax: Money) {
  const invoice = finalizedInvoice('2025-01-15', [billedLine(net, { service: atOnce('2025-01-15') })], {
    taxes: [{ jurisdiction: 'US', amount: tax }],
  })
  const { AR, Revenue, TaxLiability } = netOf(
    played(earningOf(promiseOf(invoice)), [invoice]).transactions.flatMap(({ entries }) => entries),
  )
  return { AR, Revenue_total: Revenue, TaxLiability }
}

const inclusiveTax: GoldenHandler = ({ gross, tax_rate_pct }: { gross: string; tax_rate_pct: string }) => {
  const { net, tax } = taxInside(usd(gross), tax_rate_pct)
  const { Revenue_total, TaxLiability } = taxedInvoice(net, tax)
  return { Revenue_total, TaxLiability }
}

const fxReceivable = (booked: Money) => ({
  factKey: 'settled',
  entity: 'us',
  occurredAt: noonOf('2025-01-20'),
  accountingDate: '2025-01-20',
  memo: 'Settled',
  where: { invoiceId: 'in_1' },
  booked,
})

/** Examples in whole units use a currency that has no smaller ones. */
const yen = (amount: string): Money => fromDecimal('JPY', amount)

/** Reads `30.00 EUR`. */
function moneyOf(text: string): Money {
  const [amount = '0', currency = 'USD'] = text.split(' ')
  return fromDecimal(currency, amount)
}

/** Invoices, use, payments and taxes through the books. */
export const revrecOfInvoices: Readonly<Record<string, GoldenHandler>> = {
  'rr-stripe-monthly-midmonth': (given: {
    amount: string
    service_start: string
    service_end_exclusive: string
  }) => {
    const invoice = invoiceOf(
      usd(given.amount),
      serviceFrom(given.service_start, given.service_end_exclusive),
    )
    return { by_month: movementsOf(played(earningOf(promiseOf(invoice)), [invoice])) }
  },
  'rr-stripe-annual-365': (given: {
    amount: string
    service_start: string
    service_end_exclusive: string
  }) => {
    const service = serviceFrom(given.service_start, given.service_end_exclusive)
    const invoice = invoiceOf(usd(given.amount), service)
    const months = monthsBetween(monthOf(service.startsOn), monthOf(addDays(service.endsBefore, -1)))
    const [first = '', last = ''] = [months[0], months.at(-1)]
    const books = played(earningOf(promiseOf(invoice)), [invoice], {}, [first, last])
    return {
      revenue: monthsOfAccount(books, months, 'revenue', (month) => month),
      deferred_after_january: toDecimal(money('USD', books.balance('contract-liability', first))),
    }
  },
  'rr-stripe-invoice-mixed-lines': ({
    lines,
  }: {
    lines: { amount: string; start?: string; end_exclusive?: string }[]
  }) => {
    const day = dayOf(lines[0]?.start ?? '')
    const invoice = finalizedInvoice(
      day,
      lines.map(({ amount, start, end_exclusive }, index) =>
        billedLine(usd(amount), {
          lineId: `line-${index}`,
          service: start && end_exclusive ? serviceFrom(start, end_exclusive) : atOnce(day),
        }),
      ),
    )
    const months = ['2025-01', '2025-02']
    const books = (last: string) => played(earningOf(promiseOf(invoice)), [invoice], {}, ['2025-01', last])
    return {
      revenue: monthsOfAccount(books('2025-02'), months),
      deferred_end: {
        Jan: toDecimal(money('USD', books('2025-01').balance('contract-liability'))),
        Feb: toDecimal(money('USD', books('2025-02').balance('contract-liability'))),
      },
    }
  },
  'rr-stripe-upgrade-proration': (given: {
    old_price: string
    new_price: string
    period: string
    change: string
  }) => {
    const [start = '', end = ''] = given.period.split(' - ')
    const period = serviceFrom(start, end)
    const changed = { startsOn: dayOf(given.change), endsBefore: period.endsBefore }
    const { credit, charge } = prorateChange(
      usd(given.old_price),
      usd(given.new_price),
      daysLeft(period, changed.startsOn),
    )
    const next = { startsOn: period.endsBefore, endsBefore: '2025-06-01' }
    const first = invoiceOf(usd(given.old_price), period)
    const second = finalizedInvoice(
      next.startsOn,
      [
        billedLine(credit, { service: changed }),
        billedLine(charge, { service: changed }),
        billedLine(usd(given.new_price), { service: next }),
      ],
      { invoiceId: 'in_2' },
    )
    const promises = [...promiseOf(first), ...promiseOf(second)]
    const books = played(earningOf(promises), [first, second], {}, ['2025-04', '2025-05'])
    const months = ['2025-04', '2025-05']
    return {
      proration_items: [toDecimal(credit), toDecimal(charge)],
      revenue: monthsOfAccount(books, months),
      unbilled_ar: monthsOfAccount(books, months, 'unbilled-receivable'),
      ar: monthsOfAccount(books, months, 'receivable'),
    }
  },
  'rr-stripe-methodology-upgrade': (
    given: Record<'revenue_old_plan_used' | 'revenue_new_plan_used', string>,
  ) => {
    const january = { startsOn: '2025-01-01', endsBefore: '2025-02-01' }
    const plans = [given.revenue_old_plan_used, given.revenue_new_plan_used]
    const invoice = finalizedInvoice(
      '2025-01-01',
      plans.map((used, index) => billedLine(usd(used), { lineId: `plan-${index}`, service: january })),
    )
    const books = played(earningOf(promiseOf(invoice)), [invoice])
    return { revenue_month: toDecimal(money('USD', books.balance('revenue', '2025-01'))) }
  },
  'rr-stripe-cancel-no-refund': (given: {
    amount: string
    start: string
    end_exclusive: string
    refund: string
  }) => {
    const invoice = invoiceOf(usd(given.amount), serviceFrom(given.start, given.end_exclusive))
    const refunds = new Big(given.refund).eq(0)
      ? []
      : [
          fact('refund-made', '2025-02-15', {
            refundId: 're_1',
            invoiceId: 'in_1',
            creditNoteId: null,
            amount: usd(given.refund),
          }),
        ]
    const books = played(earningOf(promiseOf(invoice)), [invoice, ...refunds])
    return { revenue: monthsOfAccount(books, ['2025-01', '2025-02', '2025-03']) }
  },
  'rr-stripe-customer-balance': (given: {
    invoice: string
    start: string
    end_exclusive: string
    customer_balance_applied: string
    paid_cash_feb: string
  }) => {
    const service = serviceFrom(given.start, given.end_exclusive)
    const invoice = {
      ...invoiceOf(usd(given.invoice), service),
      creditApplied: usd(given.customer_balance_applied),
    }
    const paid = paidOn('2025-02-15', usd(given.paid_cash_feb))
    return { by_month: movementsOf(played(earningOf(promiseOf(invoice)), [invoice, paid])) }
  },
  'rr-stripe-credit-no-period': (
    given: Record<'invoice' | 'customer_balance_applied' | 'paid_cash', string>,
  ) => {
    const invoice = {
      ...invoiceOf(usd(given.invoice), atOnce('2025-01-15')),
      creditApplied: usd(given.customer_balance_applied),
    }
    const paid = paidOn('2025-01-15', usd(given.paid_cash))
    return { by_month: movementsOf(played(earningOf(promiseOf(invoice)), [invoice, paid])) }
  },
  'rr-stripe-external-asset': (given: { amount: string; paid_out_of_band: boolean }) => {
    const invoice = invoiceOf(usd(given.amount), atOnce('2025-01-15'))
    const paid = paidOn('2025-01-15', usd(given.amount), given.paid_out_of_band ? 'off-stripe' : 'stripe')
    const books = played(earningOf(promiseOf(invoice)), [invoice, paid])
    const standing = (kind: 'receivable' | 'bank') => toDecimal(money('USD', books.balance(kind)))
    return { net: { AR: standing('receivable'), ExternalAsset: standing('bank') } }
  },
  'rr-stripe-fee': ({ gross, fee }: { gross: string; fee: string }) => {
    const invoice = invoiceOf(usd(gross), atOnce('2025-01-15'))
    const facts = [
      invoice,
      paidOn('2025-01-16', usd(gross)),
      fact('stripe-fee-charged', '2025-01-16', { balanceTransactionId: 'txn_1', amount: usd(fee) }),
    ]
    const books = played(earningOf([]), facts)
    return netOf(books.transactions.slice(1).flatMap(({ entries }) => entries))
  },
  'rr-stripe-tax-exclusive': ({ net, tax_rate_pct }: { net: string; tax_rate_pct: string }) =>
    taxedInvoice(usd(net), taxOn(usd(net), tax_rate_pct)),
  'rr-stripe-tax-inclusive': inclusiveTax,
  'rr-stripe-tax-inclusive-ok': inclusiveTax,
  'rr-stripe-fx-immediate': (given: { invoice: string; rate: string; settlement: string }) => {
    const booked = convert(moneyOf(given.invoice), given.settlement, given.rate)
    const invoice = invoiceOf(booked, atOnce('2025-01-15'))
    const books = played(earningOf(promiseOf(invoice)), [invoice])
    return { Revenue_usd: toDecimal(money(given.settlement, books.balance('revenue'))) }
  },
  'rr-stripe-fx-loss-on-payment': (given: {
    invoice: string
    rate_invoice: string
    rate_payment: string
  }) => {
    const booked = convert(moneyOf(given.invoice), 'USD', given.rate_invoice)
    const received = convert(moneyOf(given.invoice), 'USD', given.rate_payment)
    const { Cash, FxLoss } = netOf(exchangeSettled(fxReceivable(booked), received).entries)
    return { AR_booked: toDecimal(booked), Cash, FxLoss }
  },
  'rr-bor-fx-payment': (given: Record<'revenue_base' | 'cash_gross' | 'fee', string>) => {
    const invoice = invoiceOf(yen(given.revenue_base), atOnce('2025-01-15'))
    const fee = fact('stripe-fee-charged', '2025-01-20', {
      balanceTransactionId: 'txn_1',
      amount: yen(given.fee),
    })
    const books = played(earningOf(promiseOf(invoice)), [invoice, fee])
    const settled = exchangeSettled(fxReceivable(yen(given.revenue_base)), yen(given.cash_gross))
    return netOf([...books.transactions, settled].flatMap(({ entries }) => entries))
  },
  'rr-stripe-onetime-entries': ({ amount }: { amount: string }) => {
    const invoice = invoiceOf(usd(amount), atOnce('2025-01-15'))
    const books = played(earningOf(promiseOf(invoice)), [invoice, paidOn('2025-01-16', usd(amount))])
    const rows = books.transactions.flatMap(({ entries }) => rowsOf(entries))
    return { entries: rows.map((row) => [row.dr, row.cr, row.amount]) }
  },
}
