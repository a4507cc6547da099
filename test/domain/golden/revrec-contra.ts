import { addMonths, monthOf, type CalendarDate } from '../../../src/domain/calendar.ts'
import type { BillingFact, InvoiceFinalized } from '../../../src/domain/fact.ts'
import { money, subtract, toDecimal, type Money } from '../../../src/domain/money.ts'
import { Positions } from '../../../src/domain/position.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { billedLine, creditNote, fact, finalizedInvoice } from '../fact-samples.ts'
import { earningOf, promiseOf } from '../played-books.ts'
import { dayOf, movementsOf, netOf, played, serviceFrom } from './books.ts'
import { usd } from './terms.ts'

type Plan = { readonly amount: string; readonly start: string; readonly end_exclusive: string }

const planInvoice = ({ amount, start, end_exclusive }: Plan) => {
  const service = serviceFrom(start, end_exclusive)
  return finalizedInvoice(service.startsOn, [billedLine(usd(amount), { service })])
}

const paid = (day: CalendarDate, amount: Money) =>
  fact('invoice-paid', day, { invoiceId: 'in_1', amount, via: 'stripe' })
const voided = (day: string) => fact('invoice-voided', dayOf(day), { invoiceId: 'in_1' })
const uncollectible = (day: string) => fact('invoice-marked-uncollectible', dayOf(day), { invoiceId: 'in_1' })
const refund = (day: CalendarDate, amount: Money) =>
  fact('refund-made', day, { refundId: 're_1', invoiceId: 'in_1', creditNoteId: null, amount })

const booksOf = (invoice: InvoiceFinalized, ...later: BillingFact[]) =>
  played(earningOf(promiseOf(invoice)), [invoice, ...later])

const movements = (invoice: InvoiceFinalized, ...later: BillingFact[]) =>
  movementsOf(booksOf(invoice, ...later))

/** What one posting did: the last told, in the middle of a month whose revenue is not yet recognized. */
function lastNet(invoice: InvoiceFinalized, told: BillingFact, spread: 'by-day' | 'by-month' = 'by-day') {
  const month = monthOf(told.occurredAt.toISOString().slice(0, 10))
  const books = played(earningOf(promiseOf(invoice), spread), [invoice, told], { spread }, [
    monthOf(invoice.occurredAt.toISOString().slice(0, 10)),
    month,
  ])
  return netOf(books.transactions.find(({ factKey }) => factKey === told.factKey)?.entries ?? [])
}

const unsigned = (amount = '0.00') => amount.replace('-', '')

/** Voids, bad debt, refunds, disputes and credit notes through the books. */
export const revrecOfContra: Readonly<Record<string, GoldenHandler>> = {
  'rr-stripe-full-refund': (given: Plan & { refund: { date: string; amount: string } }) => {
    const refunded = refund(dayOf(given.refund.date), usd(given.refund.amount))
    return { by_month: movements(planInvoice(given), paid('2025-01-02', usd(given.amount)), refunded) }
  },
  'rr-stripe-void': (given: Plan & { void: string }) => ({
    by_month: movements(planInvoice(given), voided(given.void)),
  }),
  'rr-stripe-uncollectible': (given: Plan & { uncollectible: string }) => ({
    by_month: movements(planInvoice(given), uncollectible(given.uncollectible)),
  }),
  'rr-stripe-uncollectible-then-void': (given: Plan & { uncollectible: string; void: string }) => {
    const { BadDebt, Voids } = movements(
      planInvoice(given),
      uncollectible(given.uncollectible),
      voided(given.void),
    )
    return { contra_changes: { BadDebt, Voids } }
  },
  'rr-stripe-monthly-uncollectible': (given: Plan & { uncollectible: string }) => {
    const net = lastNet(planInvoice(given), uncollectible(given.uncollectible))
    return { bad_debt: net['BadDebt'], deferred_released: unsigned(net['DeferredRevenue']) }
  },
  'rr-stripe-dispute': (given: Plan & { dispute: string }) => {
    const opened = fact('dispute-opened', dayOf(given.dispute), {
      disputeId: 'dp_1',
      invoiceId: 'in_1',
      amount: usd(given.amount),
    })
    return { by_month: movements(planInvoice(given), paid('2025-01-02', usd(given.amount)), opened) }
  },
  'rr-stripe-onetime-refund': (given: { amount: string; refund: string }) => {
    const day = { startsOn: '2025-01-15', endsBefore: '2025-01-15' }
    const invoice = finalizedInvoice(day.startsOn, [billedLine(usd(given.amount), { service: day })])
    const books = booksOf(
      invoice,
      paid('2025-01-16', usd(given.amount)),
      refund('2025-02-20', usd(given.refund)),
    )
    const [revenue, refunds] = (['revenue', 'refunds-and-credits'] as const).map((kind) =>
      money('USD', books.balance(kind)),
    ) as [Money, Money]
    return {
      Revenue: toDecimal(revenue),
      Refunds: toDecimal(refunds),
      net_revenue: toDecimal(subtract<string>(revenue, refunds)),
    }
  },
  'rr-stripe-coa-refund-120': (given: {
    amount: string
    months: number
    months_recognised: number
    refund: string
  }) => {
    const startsOn = '2025-01-01'
    const service = { startsOn, endsBefore: addMonths(startsOn, given.months) }
    const invoice = finalizedInvoice(startsOn, [billedLine(usd(given.amount), { service })])
    const refunded = refund(addMonths(startsOn, given.months_recognised), usd(given.refund))
    const net = lastNet(invoice, refunded, 'by-month')
    return { Refunds: net['Refunds'], DeferredRevenue_released: unsigned(net['DeferredRevenue']) }
  },
  'rr-stripe-cn-unpaid': (given: Plan & { credit_note: { date: string; amount: string } }) => {
    const invoice = planInvoice(given)
    const [line] = invoice.lines
    const note = creditNote(dayOf(given.credit_note.date), [{ ...line!, net: usd(given.credit_note.amount) }])
    return { by_month: movements(invoice, note) }
  },
  'rr-stripe-cn-six-month': (given: Plan & { credit_note: { date: string; amount: string } }) => {
    const invoice = planInvoice(given)
    const [line] = invoice.lines
    const note = creditNote(dayOf(given.credit_note.date), [{ ...line!, net: usd(given.credit_note.amount) }])
    const books = played(earningOf(promiseOf(invoice)), [invoice, note], {}, ['2025-01', '2025-03'])
    return {
      by_month: movementsOf(books),
      deferred_balance_end_mar: toDecimal(money('USD', books.balance('contract-liability'))),
    }
  },
  'rr-chargebee-cn-prospective': (given: {
    amount: string
    months: number
    credit_note: { month: number; amount: string }
  }) => {
    const startsOn = '2025-01-01'
    const service = { startsOn, endsBefore: addMonths(startsOn, given.months) }
    const line = billedLine(usd(given.amount), { service })
    const invoice = finalizedInvoice(startsOn, [line])
    const note = creditNote(addMonths(startsOn, given.credit_note.month - 1), [
      { ...line, net: usd(given.credit_note.amount) },
    ])
    const settings = { spread: 'by-month', credits: 'prospective' } as const
    const last = monthOf(addMonths(startsOn, given.months - 1))
    const books = played(earningOf(promiseOf(invoice), 'by-month'), [invoice, note], settings, [
      '2025-01',
      last,
    ])
    const months = Array.from({ length: given.months }, (_, index) => monthOf(addMonths(startsOn, index)))
    return { revenue: months.map((month) => toDecimal(money('USD', books.balance('revenue', month)))) }
  },
  'rr-chargebee-unbilled': (given: { unbilled_before: string; invoice: string }) => {
    const positions = new Positions()
    positions.earn('ctr_1', 'fee', usd(given.unbilled_before))
    const net = netOf(positions.bill('ctr_1', 'fee', usd(given.invoice)))
    return { clears_unbilled: unsigned(net['UnbilledAR']), to_deferred: net['DeferredRevenue'] }
  },
}
