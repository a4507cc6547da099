import {
  addDays,
  addMonths,
  firstDayOf,
  monthOf,
  monthsBetween,
  rangeOfMonth,
  type Month,
} from '../../src/domain/calendar.ts'
import { obligationsOf } from '../../src/domain/contract-value.ts'
import type { ContractVersion, UsageLine } from '../../src/domain/contract.ts'
import { earnedBefore, stretchKey } from '../../src/domain/earned.ts'
import type { BillingFact, InvoiceFinalized } from '../../src/domain/fact.ts'
import { subtract, type Money } from '../../src/domain/money.ts'
import { rateUsageLine, type RatedLine } from '../../src/domain/rating.ts'
import { acmeTerms, sampleVersion } from '../domain/contract-samples.ts'
import { billedLine, cents, fact, finalizedInvoice } from '../domain/fact-samples.ts'
import { PlayedBooks } from '../domain/played-books.ts'

/** The contract of Acme Bank: 50,000.00 a month and tokens over 10M, both in arrears, NET 60, with a purchase order. */
export const acme: ContractVersion = { ...sampleVersion(acmeTerms()), contractId: 'acme-bank' }

/** Tokens used in each month of the contract. */
const tokensByMonth: Readonly<Record<Month, string>> = {
  '2027-01': '13000000',
  '2027-02': '9500000',
  '2027-03': '16000000',
  '2027-04': '10000000',
  '2027-05': '12500000',
  '2027-06': '11000000',
  '2027-07': '14000000',
  '2027-08': '20000000',
  '2027-09': '8000000',
  '2027-10': '13000000',
  '2027-11': '18000000',
  '2027-12': '25000000',
}

/** What Stripe keeps of a bank transfer. */
const transferFee = cents(500)

/** The months of the contract. */
export const contractMonths = Object.keys(tokensByMonth)

/** The months the books see anything of it: the last invoice is due sixty days after the contract has ended. */
export const bookMonths = monthsBetween('2027-01', '2028-03')

/** The tokens of a month, rated by the contract. */
export function ratedTokens(month: Month): RatedLine {
  const line = acme.terms.lines.find((candidate) => candidate.kind === 'usage') as UsageLine
  return rateUsageLine(line, tokensByMonth[month] ?? '0', 'USD')
}

/** The fee of a month, as the contract promises it. */
export function feeOf(month: Month): Money {
  const promise = obligationsOf(acme).find(({ service }) => monthOf(service.startsOn) === month)
  return promise?.price ?? cents(0)
}

/** The books of the contract from its first day to the last payout, with the facts behind them. */
export function acmeBooks(): { books: PlayedBooks; facts: Map<string, BillingFact> } {
  const quantities = new Map(
    contractMonths.map((month) => [
      stretchKey({ meter: 'tokens', range: rangeOfMonth(month) }),
      tokensByMonth[month] ?? '0',
    ]),
  )
  const books = new PlayedBooks((before, changes) =>
    earnedBefore(acme, before, 'by-day', changes, quantities),
  )
  const facts = contractMonths
    .flatMap(factsOf)
    .sort((one, other) => one.occurredAt.getTime() - other.occurredAt.getTime())
  for (const month of bookMonths) {
    for (const told of facts.filter(({ occurredAt }) => occurredAt.toISOString().startsWith(month)))
      books.tell(told)
    books.closeMonth(month)
  }
  return { books, facts: new Map(facts.map((told) => [told.factKey, told])) }
}

/** What Stripe tells about a month of service: its invoice, the payment on the last day, the fee, the payout. */
function factsOf(month: Month): BillingFact[] {
  const invoice = invoiceOf(month)
  const { invoiceId, total: amount } = invoice
  const paidOn = invoice.dueOn ?? ''
  const payout = subtract<string>(amount, transferFee)
  return [
    invoice,
    fact('invoice-paid', paidOn, { invoiceId, amount, via: 'stripe' }),
    fact('stripe-fee-charged', paidOn, { balanceTransactionId: `txn-${month}`, amount: transferFee }),
    fact('payout-paid', addDays(paidOn, 2), { payoutId: `po-${month}`, amount: payout }),
  ]
}

/** Fee and tokens of a month, billed together on the first of the next. */
function invoiceOf(month: Month): InvoiceFinalized {
  const finalizedOn = addMonths(firstDayOf(month), 1)
  const common = { contractId: acme.contractId, service: rangeOfMonth(month) }
  const lines = [
    billedLine(feeOf(month), { ...common, lineId: 'platform' }),
    billedLine(ratedTokens(month).amount, { ...common, lineId: 'tokens' }),
  ]
  const { collection, purchaseOrder } = acme.terms
  const daysUntilDue = collection.kind === 'invoice' ? collection.daysUntilDue : 0
  return finalizedInvoice(finalizedOn, lines, {
    invoiceId: `in-${month}`,
    number: `ACME-${(contractMonths.indexOf(month) + 1).toString().padStart(4, '0')}`,
    customerId: 'acme-bank',
    contractId: acme.contractId,
    dueOn: addDays(finalizedOn, daysUntilDue),
    customFields: purchaseOrder === null ? [] : [{ name: 'PO Number', value: purchaseOrder.number }],
  })
}
