import { describe, expect, test } from 'vitest'
import { billedLine, cents, fact, finalizedInvoice } from './fact-samples.ts'
import { booksWith, posted, quarter } from './quarter-books.ts'

const vat = { jurisdiction: 'DE', amount: cents(1_710) }
const taxed = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))], { taxes: [vat] })

const voided = (day: string) => fact('invoice-voided', day, { invoiceId: 'in_1' })
const uncollectible = (day: string) => fact('invoice-marked-uncollectible', day, { invoiceId: 'in_1' })

describe('an invoice is uncollectible', () => {
  test('after January: 31.00 of bad debt, 59.00 no longer promised', () => {
    expect(posted(booksWith(quarter), uncollectible('2025-02-01'))).toEqual([
      'debit bad-debt 31.00',
      'debit contract-liability 59.00',
      'credit receivable 90.00',
    ])
  })

  test('a line of several services bears its own: January in full, the quarter in part', () => {
    const january = { startsOn: '2025-01-01', endsBefore: '2025-02-01' }
    const invoice = finalizedInvoice('2025-01-01', [
      billedLine(cents(9_000)),
      billedLine(cents(1_000), { lineId: 'setup', service: january }),
    ])
    expect(posted(booksWith(invoice), uncollectible('2025-02-01'))).toEqual([
      'debit bad-debt 31.00',
      'debit contract-liability 59.00',
      'debit bad-debt 10.00',
      'credit receivable 100.00',
    ])
  })

  test('voided later it was no bad debt: 31.00 moves to the voids', () => {
    expect(posted(booksWith(quarter, uncollectible('2025-02-01')), voided('2025-04-10'))).toEqual([
      'debit refunds-and-credits:voids 31.00',
      'credit bad-debt 31.00',
    ])
  })

  test('paid after all: the bad debt and the promise come back, and what is more is the customer’s credit', () => {
    const late = fact('invoice-paid', '2025-02-10', {
      invoiceId: 'in_1',
      amount: cents(9_500),
      via: 'stripe',
    })
    expect(posted(booksWith(quarter, uncollectible('2025-02-01')), late)).toEqual([
      'debit stripe-clearing 95.00',
      'credit bad-debt 31.00',
      'credit contract-liability 59.00',
      'credit customer-credit 5.00',
    ])
  })

  test('a third paid after all brings a third back, the next third another, and no more than was given up', () => {
    const books = booksWith(taxed, uncollectible('2025-02-01'))
    const third = (day: string) =>
      fact('invoice-paid', day, { invoiceId: 'in_1', amount: cents(3_570), via: 'stripe' })
    expect(posted(books, third('2025-02-10'))).toEqual([
      'debit stripe-clearing 35.70',
      'credit bad-debt 10.33',
      'credit contract-liability 19.67',
      'credit tax-payable:DE 5.70',
    ])
    books.tell({ ...third('2025-02-11'), factKey: 'second' })
    books.tell({ ...third('2025-02-12'), factKey: 'third' })
    expect([
      books.balance('bad-debt'),
      books.balance('contract-liability'),
      books.balance('tax-payable'),
    ]).toEqual([0n, 9_000n, 1_710n])
    expect(posted(books, { ...third('2025-02-13'), factKey: 'fourth' })).toEqual([
      'debit stripe-clearing 35.70',
      'credit customer-credit 35.70',
    ])
  })

  test('revenue follows: paid after all in February, the quarter is recognized in full', () => {
    const books = booksWith(quarter, uncollectible('2025-02-01'))
    books.tell(fact('invoice-paid', '2025-02-10', { invoiceId: 'in_1', amount: cents(9_000), via: 'stripe' }))
    for (const month of ['2025-01', '2025-02', '2025-03']) books.closeMonth(month)
    expect([
      books.balance('revenue'),
      books.balance('bad-debt'),
      books.balance('contract-liability'),
    ]).toEqual([9_000n, 0n, 0n])
  })
})
