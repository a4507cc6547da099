import { describe, expect, test } from 'vitest'
import { billedLine, cents, creditNote, fact, finalizedInvoice } from './fact-samples.ts'
import { earningOf, PlayedBooks, promiseOf } from './played-books.ts'
import { booksWith, posted, quarter } from './quarter-books.ts'
import { transactionOf, written } from './written-entries.ts'

const paid = fact('invoice-paid', '2025-01-20', { invoiceId: 'in_1', amount: cents(9_000), via: 'stripe' })
const half = [billedLine(cents(4_500))]
const refund = (day: string, amount: number, creditNoteId: string | null = null) =>
  fact('refund-made', day, { refundId: 're_1', invoiceId: 'in_1', creditNoteId, amount: cents(amount) })

describe('a credit note', () => {
  test('of 45.00 on an unpaid invoice lowers what is owed: 15.50 is past, 29.50 was still to come', () => {
    expect(posted(booksWith(quarter), creditNote('2025-02-01', half))).toEqual([
      'debit refunds-and-credits:credit-notes 15.50',
      'debit contract-liability 29.50',
      'credit receivable 45.00',
    ])
  })

  test.each([
    ['the customer’s balance', { customerBalance: cents(4_500) }, 'credit customer-credit 45.00'],
    ['a refund to come', { refunded: cents(4_500) }, 'credit customer-credit 45.00'],
    ['money sent outside Stripe', { offStripe: cents(4_500) }, 'credit bank 45.00'],
  ])('settled by %s', (_name, settlement, expected) => {
    expect(posted(booksWith(quarter, paid), creditNote('2025-02-01', half, settlement)).at(-1)).toBe(expected)
  })

  test('settled in parts: 10.00 against the invoice, 20.00 to the balance, 15.00 outside', () => {
    const settlement = {
      againstInvoice: cents(1_000),
      customerBalance: cents(2_000),
      offStripe: cents(1_500),
    }
    expect(posted(booksWith(quarter), creditNote('2025-02-01', half, settlement)).slice(2)).toEqual([
      'credit receivable 10.00',
      'credit customer-credit 20.00',
      'credit bank 15.00',
    ])
  })

  test('takes its tax back from the state: 45.00 and 8.55', () => {
    const vat = (amount: number) => [{ jurisdiction: 'DE', amount: cents(amount) }]
    const taxed = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))], { taxes: vat(1_710) })
    expect(posted(booksWith(taxed), creditNote('2025-02-01', half, null, vat(855)))).toEqual([
      'debit refunds-and-credits:credit-notes 15.50',
      'debit contract-liability 29.50',
      'debit tax-payable:DE 8.55',
      'credit receivable 53.55',
    ])
  })

  test('taken from the future alone, by a policy, leaves January as it was', () => {
    const books = new PlayedBooks(earningOf(promiseOf(quarter)), { credits: 'prospective' })
    books.tell(quarter)
    expect(posted(books, creditNote('2025-02-01', half))).toEqual([
      'debit contract-liability 45.00',
      'credit receivable 45.00',
    ])
    expect(posted(books, { ...creditNote('2025-04-01', half), factKey: 'late' })).toEqual([
      'debit refunds-and-credits:credit-notes 45.00',
      'credit receivable 45.00',
    ])
  })

  test('over an amount in words is taken from what stands of every line: 30.00 of 60.00 and 30.00', () => {
    const invoice = finalizedInvoice('2025-01-01', [
      billedLine(cents(6_000)),
      billedLine(cents(3_000), { lineId: 'seats' }),
    ])
    const note = creditNote('2025-01-01', [billedLine(cents(3_000), { lineId: null })])
    expect(posted(booksWith(invoice), note)).toEqual([
      'debit contract-liability 20.00',
      'debit contract-liability 10.00',
      'credit receivable 30.00',
    ])
  })

  test('voided, everything returns; what was recognized since is not billed twice', () => {
    const books = booksWith(quarter, creditNote('2025-02-01', half))
    books.closeMonth('2025-01')
    books.closeMonth('2025-02')
    expect(posted(books, fact('credit-note-voided', '2025-03-01', { creditNoteId: 'cn_1' }))).toEqual([
      'credit refunds-and-credits:credit-notes 15.50',
      'debit receivable 45.00',
      'credit contract-liability 29.50',
    ])
    books.closeMonth('2025-03')
    expect([books.balance('revenue'), books.balance('contract-liability')]).toEqual([9_000n, 0n])
    expect(books.balance('revenue', '2025-03')).toBe(4_500n)
  })

  test('voided when its line is earned beyond what is billed: the return clears the unbilled first', () => {
    const books = new PlayedBooks(earningOf([{ ...promiseOf(quarter)[0]!, price: cents(18_000) }]))
    for (const told of [quarter, creditNote('2025-01-01', half)]) books.tell(told)
    books.closeMonth('2025-01')
    books.closeMonth('2025-02')
    expect(books.balance('unbilled-receivable')).toBe(4_350n)
    expect(posted(books, fact('credit-note-voided', '2025-03-01', { creditNoteId: 'cn_1' }))).toEqual([
      'debit receivable 45.00',
      'credit unbilled-receivable 43.50',
      'credit contract-liability 1.50',
    ])
  })

  test('voided before it is known waits for it', () => {
    const told = fact('credit-note-voided', '2025-03-01', { creditNoteId: 'cn_1' })
    expect(booksWith(quarter).tell(told)).toEqual({ kind: 'waits', forFact: 'credit note cn_1' })
  })
})

describe('a refund', () => {
  test('without a credit note unwinds the invoice itself: 31.00 past, 59.00 to come', () => {
    expect(posted(booksWith(quarter, paid), refund('2025-02-01', 9_000))).toEqual([
      'debit refunds-and-credits:refunds 31.00',
      'debit contract-liability 59.00',
      'credit stripe-clearing 90.00',
    ])
  })

  test('with a credit note settles the credit the note left', () => {
    const note = creditNote('2025-02-01', half, { refunded: cents(4_500) })
    const books = booksWith(quarter, paid, note)
    expect(posted(books, refund('2025-02-02', 4_500, 'cn_1'))).toEqual([
      'debit customer-credit 45.00',
      'credit stripe-clearing 45.00',
    ])
    expect(books.balance('customer-credit')).toBe(0n)
  })

  test('of a payment for no invoice is the customer’s own money', () => {
    const loose = fact('refund-made', '2025-02-01', {
      refundId: 're_2',
      invoiceId: null,
      creditNoteId: null,
      amount: cents(500),
    })
    expect(posted(booksWith(), loose)).toEqual(['debit customer-credit 5.00', 'credit stripe-clearing 5.00'])
  })

  test('waits for the finalization of its invoice, with a credit note too', () => {
    expect(booksWith().tell(refund('2025-02-01', 100, 'cn_1'))).toMatchObject({ kind: 'waits' })
  })

  test('of a line credited before falls on the other line alone', () => {
    const invoice = finalizedInvoice('2025-01-01', [
      billedLine(cents(5_000)),
      billedLine(cents(5_000), { lineId: 'seats' }),
    ])
    const note = creditNote('2025-01-01', [billedLine(cents(5_000))], { customerBalance: cents(5_000) })
    const books = booksWith(invoice, note)
    const transaction = transactionOf(books.tell(refund('2025-01-01', 5_000)))
    expect(written(transaction.entries)).toEqual([
      'debit contract-liability 50.00',
      'credit stripe-clearing 50.00',
    ])
    expect(transaction.entries[0]?.dimensions.lineId).toBe('seats')
  })

  test('of an invoice whose tax was credited before takes no tax back again', () => {
    const vat = [{ jurisdiction: 'DE', amount: cents(1_710) }]
    const taxed = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))], { taxes: vat })
    const note = creditNote('2025-01-01', [], { customerBalance: cents(1_710) }, vat)
    const books = booksWith(taxed, { ...note, total: cents(1_710) })
    expect(posted(books, refund('2025-01-01', 9_000))).toEqual([
      'debit contract-liability 90.00',
      'credit stripe-clearing 90.00',
    ])
  })

  test('of more than stands of the invoice is a refund of nothing billed: the rest is against income', () => {
    const books = booksWith(quarter, creditNote('2025-01-01', half, { customerBalance: cents(4_500) }))
    expect(posted(books, refund('2025-01-01', 6_000))).toEqual([
      'debit contract-liability 45.00',
      'debit refunds-and-credits:refunds 15.00',
      'credit stripe-clearing 60.00',
    ])
  })

  test('of an invoice whose lines cancel out cannot be spread, and is against income', () => {
    const lines = [billedLine(cents(5_000)), billedLine(cents(-5_000), { lineId: 'seats' })]
    expect(posted(booksWith(finalizedInvoice('2025-01-01', lines)), refund('2025-01-01', 100))).toEqual([
      'debit refunds-and-credits:refunds 1.00',
      'credit stripe-clearing 1.00',
    ])
  })

  test('of a third over lines of 100.00, 100.00 and 100.00 gives the odd cent to the first', () => {
    const lines = ['a', 'b', 'c'].map((lineId) => billedLine(cents(10_000), { lineId }))
    const books = booksWith(finalizedInvoice('2025-01-01', lines))
    expect(posted(books, refund('2025-01-01', 10_000))).toEqual([
      'debit contract-liability 33.34',
      'debit contract-liability 33.33',
      'debit contract-liability 33.33',
      'credit stripe-clearing 100.00',
    ])
  })

  test('that failed returns: the money to Stripe, the quarter to the promise', () => {
    const books = booksWith(quarter, paid, refund('2025-02-01', 9_000))
    expect(
      posted(books, fact('refund-failed', '2025-02-05', { refundId: 're_1', amount: cents(9_000) })),
    ).toEqual([
      'credit refunds-and-credits:refunds 31.00',
      'debit stripe-clearing 90.00',
      'credit contract-liability 59.00',
    ])
    for (const month of ['2025-01', '2025-02', '2025-03']) books.closeMonth(month)
    expect([books.balance('revenue'), books.balance('contract-liability')]).toEqual([9_000n, 0n])
  })
})
