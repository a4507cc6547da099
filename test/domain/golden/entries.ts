import { convert, money, type Money } from '../../../src/domain/money.ts'
import type { DateRange } from '../../../src/domain/calendar.ts'
import type { BillingFact, InvoiceFinalized } from '../../../src/domain/fact.ts'
import { exchangeSettled, receivableRevalued } from '../../../src/domain/posting/foreign-exchange.ts'
import { prepaidEarnedBefore } from '../../../src/domain/prepaid.ts'
import { taxOnLine } from '../../../src/domain/tax-amount.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { billedLine, creditNote, fact, finalizedInvoice, noonOf } from '../fact-samples.ts'
import { earningOf, PlayedBooks, promiseOf, type Earning } from '../played-books.ts'
import { deliverOneThenTheOther, netOf, netted, patternOf, serviceOfDays } from './books.ts'
import { usd } from './terms.ts'

const january: DateRange = { startsOn: '2025-01-01', endsBefore: '2025-02-01' }

const invoiceOf = (net: Money, overrides: Partial<InvoiceFinalized> = {}) =>
  finalizedInvoice('2025-01-01', [billedLine(net, { service: january })], overrides)

const paid = (amount: Money, via: 'stripe' | 'off-stripe' = 'stripe') =>
  fact('invoice-paid', '2025-01-20', { invoiceId: 'in_1', amount, via })

/** The entries of each fact told, one step for each. */
function steps(facts: readonly BillingFact[], earning: Earning = () => []) {
  const books = new PlayedBooks(earning)
  for (const told of facts) books.tell(told)
  return books.transactions.map(({ entries }) => entries)
}

/** An invoice of one dollar a day, of which so many days have passed, and what one later fact posts. */
function unwound(
  given: { invoice: string; recognised: string },
  later: (day: string, amount: Money) => BillingFact,
) {
  const days = (amount: string) => Number.parseInt(amount, 10)
  const { service, on } = serviceOfDays(days(given.invoice), days(given.recognised))
  const invoice = finalizedInvoice(service.startsOn, [billedLine(usd(given.invoice), { service })])
  return patternOf(steps([invoice, later(on, usd(given.invoice))]).slice(1))
}

/** An amount earned in January, against what the facts before it left. */
function earnedInJanuary(amount: Money, facts: readonly BillingFact[] = []) {
  const promise = promiseOf({ lines: [billedLine(amount, { service: january })] })
  const books = new PlayedBooks(earningOf(promise))
  for (const told of facts) books.tell(told)
  books.closeMonth('2025-01')
  return books
}

const fx = (booked: Money) => ({
  factKey: 'fx',
  entity: 'us',
  occurredAt: noonOf('2025-01-31'),
  accountingDate: '2025-01-31',
  memo: 'FX',
  where: {},
  booked,
})

/** Patterns of entries, pair by pair, and what they come to. */
export const entriesHandlers: Readonly<Record<string, GoldenHandler>> = {
  'en-invoice-finalised': ({ amount }: { amount: string }) => patternOf(steps([invoiceOf(usd(amount))])),
  'en-invoice-finalised-tax': ({ net, tax }: { net: string; tax: string }) =>
    patternOf(steps([invoiceOf(usd(net), { taxes: [{ jurisdiction: 'US', amount: usd(tax) }] })])),
  'en-payment': ({ amount }: { amount: string }) =>
    patternOf(steps([invoiceOf(usd(amount)), paid(usd(amount))]).slice(1)),
  'en-payment-fee': ({ gross, fee }: { gross: string; fee: string }) => {
    const books = new PlayedBooks(() => [])
    const charged = fact('stripe-fee-charged', '2025-01-20', {
      balanceTransactionId: 'txn_1',
      amount: usd(fee),
    })
    for (const told of [invoiceOf(usd(gross)), paid(usd(gross)), charged]) books.tell(told)
    return patternOf([netted(books.transactions.slice(1))])
  },
  'en-deferral-release': ({ month }: { month: string }) => {
    const books = earnedInJanuary(usd(month), [invoiceOf(usd(month))])
    return patternOf([books.transactions.at(-1)?.entries ?? []])
  },
  'en-usage-unbilled': ({ january: used }: { january: string }) =>
    patternOf(earnedInJanuary(usd(used)).transactions.map(({ entries }) => entries)),
  'en-contract-asset': ({ X, Y }: { X: string; Y: string }) => {
    const [delivered, ...then] = deliverOneThenTheOther(usd(X), usd(Y))
    // The second delivery makes the right unconditional: its revenue and the invoice are one moment.
    return patternOf([delivered?.entries ?? [], netted(then)], { 'unbilled-receivable': 'ContractAsset' })
  },
  'en-refund-full': (given: { invoice: string; recognised: string }) =>
    unwound(given, (day, amount) =>
      fact('refund-made', day, { refundId: 're_1', invoiceId: 'in_1', creditNoteId: null, amount }),
    ),
  'en-void': (given: { invoice: string; recognised: string }) =>
    unwound(given, (day) => fact('invoice-voided', day, { invoiceId: 'in_1' })),
  'en-bad-debt': (given: { invoice: string; recognised: string }) =>
    unwound(given, (day) => fact('invoice-marked-uncollectible', day, { invoiceId: 'in_1' })),
  'en-dispute-opened': (given: { invoice: string; recognised: string }) =>
    unwound(given, (day, amount) =>
      fact('dispute-opened', day, { disputeId: 'dp_1', invoiceId: 'in_1', amount }),
    ),
  'en-credit-note-unpaid': ({ credit_note, earned_share }: { credit_note: string; earned_share: string }) => {
    const [passed = 0, days = 1] = earned_share.split('/').map((part) => Number.parseInt(part, 10))
    const { service, on } = serviceOfDays(days, passed)
    const line = billedLine(usd(credit_note), { service })
    const invoice = finalizedInvoice(service.startsOn, [line, { ...line, billedLineId: 'il_2' }])
    return patternOf(steps([invoice, creditNote(on, [line])]).slice(1))
  },
  'en-customer-balance-applied': ({ invoice, balance }: { invoice: string; balance: string }) => {
    const finalized = invoiceOf(usd(invoice), { creditApplied: usd(balance) })
    const books = new PlayedBooks(() => [])
    books.tell(finalized)
    books.tell(paid(money('USD', books.openReceivable('in_1'))))
    return patternOf(books.transactions.map(({ entries }) => entries))
  },
  // The rates stand in the example's title: invoiced at 1.20, settled at 1.10.
  'en-fx-loss': ({ invoice }: { invoice: string }) => {
    const euros = money('EUR', usd(invoice.replace(' EUR', '')).amountMinor)
    const booked = convert(euros, 'USD', '1.20')
    const settled = exchangeSettled(fx(booked), convert(euros, 'USD', '1.10'))
    return patternOf([...steps([invoiceOf(booked)]), settled.entries])
  },
  'en-fx-jde': ({ booked, revalued }: { booked: string; revalued: string }) => ({
    loss: netOf(receivableRevalued(fx(usd(booked)), usd(revalued))?.entries ?? [])['FxLoss'],
  }),
  'en-payout': ({ payout }: { payout: string }) =>
    patternOf(steps([fact('payout-paid', '2025-01-20', { payoutId: 'po_1', amount: usd(payout) })]), {
      bank: 'BankAccount',
      'stripe-clearing': 'StripeClearing',
    }),
  'en-prepaid-credits-paid': ({ grant, used }: { grant: string; used: string }) => {
    const pack = { price: usd(grant), credits: usd(grant).amountMinor, expiresOn: null }
    const books = new PlayedBooks((before) => {
      const { amountMinor: earnedMinor } = prepaidEarnedBefore(pack, usd(used).amountMinor, before)
      return [{ contractId: 'ctr_1', lineId: 'fee', family: 'Credits', currency: 'USD', earnedMinor }]
    })
    for (const told of [invoiceOf(pack.price), paid(pack.price)]) books.tell(told)
    const bought = netted(books.transactions)
    books.closeMonth('2025-01')
    return patternOf([bought, books.transactions.at(-1)?.entries ?? []], {
      'contract-liability': 'CreditGrants',
    })
  },
  'en-external-payment': ({ amount }: { amount: string }) =>
    patternOf(steps([invoiceOf(usd(amount)), paid(usd(amount), 'off-stripe')]).slice(1)),
  'en-proration-netting': (given: { credit: string; charge: string; next_invoice: string }) => {
    const old = billedLine(money('USD', -usd(given.credit).amountMinor), { service: january })
    const fresh = billedLine(usd(given.charge), { service: january })
    const prorated = old.net.amountMinor + fresh.net.amountMinor
    const renewal = money('USD', usd(given.next_invoice).amountMinor - prorated)
    const february = { startsOn: '2025-02-01', endsBefore: '2025-03-01' }
    const invoice = finalizedInvoice('2025-02-01', [old, fresh, billedLine(renewal, { service: february })])
    const books = new PlayedBooks(earningOf(promiseOf(invoice)))
    books.closeMonth('2025-01')
    books.tell(invoice)
    return patternOf(books.transactions.map((transaction) => netted([transaction])))
  },
  'en-reverse-charge-supplier': ({ net, rate_pct }: { net: string; rate_pct: string }) => {
    const { total } = taxOnLine(usd(net), [rate_pct], 'reverse-charge')
    const taxes = total.amountMinor === 0n ? [] : [{ jurisdiction: 'EU', amount: total }]
    return patternOf(steps([invoiceOf(usd(net), { taxes })]))
  },
}
