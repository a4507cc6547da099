import { describe, expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import { billedLine, cents, fact, finalizedInvoice, noonOf } from './fact-samples.ts'
import { booksWith, posted, quarter } from './quarter-books.ts'
import { transactionOf, written } from './written-entries.ts'

const vat = { jurisdiction: 'DE', amount: cents(1_710) }
const taxed = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))], { taxes: [vat] })

const paid = (amount: number, via: 'stripe' | 'off-stripe' = 'stripe') =>
  fact('invoice-paid', '2025-01-20', { invoiceId: 'in_1', amount: cents(amount), via })
const voided = (day: string) => fact('invoice-voided', day, { invoiceId: 'in_1' })

describe('an invoice is finalized', () => {
  test('90.00 for a quarter ahead is owed to us, and owed by us as service', () => {
    expect(posted(booksWith(), quarter)).toEqual([
      'debit receivable 90.00',
      'credit contract-liability 90.00',
    ])
  })

  test('with 19 % tax: 107.10 owed to us, 90.00 of service, 17.10 to the state', () => {
    expect(posted(booksWith(), taxed)).toEqual([
      'debit receivable 107.10',
      'credit contract-liability 90.00',
      'credit tax-payable:DE 17.10',
    ])
  })

  test('what was earned unbilled is cleared first: 31.00 of January, and 59.00 still to serve', () => {
    const books = booksWith()
    books.closeMonth('2025-01')
    const later = finalizedInvoice('2025-02-01', [billedLine(cents(9_000))])
    expect(posted(books, later)).toEqual([
      'debit receivable 90.00',
      'credit unbilled-receivable 31.00',
      'credit contract-liability 59.00',
    ])
  })

  test('an upgrade credits 30.00 of the old plan and charges 40.00 of the new: a negative line takes back', () => {
    const items = [
      billedLine(cents(-3_000), { billedLineId: 'il_old' }),
      billedLine(cents(4_000), { billedLineId: 'il_new' }),
    ]
    expect(posted(booksWith(quarter), finalizedInvoice('2025-01-20', items, { invoiceId: 'in_2' }))).toEqual([
      'debit receivable 10.00',
      'debit contract-liability 30.00',
      'credit contract-liability 40.00',
    ])
  })

  test('11.00 of the customer’s credit settles its part of 31.00 at once, and 20.00 stays owed', () => {
    const invoice = finalizedInvoice('2025-01-01', [billedLine(cents(3_100))], {
      creditApplied: cents(1_100),
    })
    const books = booksWith()
    expect(posted(books, invoice)).toEqual([
      'debit receivable 31.00',
      'credit contract-liability 31.00',
      'debit customer-credit 11.00',
      'credit receivable 11.00',
    ])
    expect(books.openReceivable('in_1')).toBe(2_000n)
  })

  test('an invoice of -25.00 is nobody’s to pay: it becomes the customer’s credit', () => {
    const invoice = finalizedInvoice('2025-01-20', [billedLine(cents(-2_500))], { invoiceId: 'in_2' })
    const books = booksWith(quarter)
    expect(posted(books, invoice)).toEqual([
      'credit receivable 25.00',
      'debit contract-liability 25.00',
      'credit customer-credit 25.00',
      'debit receivable 25.00',
    ])
    expect(books.openReceivable('in_2')).toBe(0n)
  })

  test('a full discount leaves tax on a line of nothing: 0.00 and 5.00 of tax', () => {
    const tax = { jurisdiction: 'US-NY', amount: cents(500) }
    const invoice = finalizedInvoice('2025-01-01', [billedLine(cents(0))], { taxes: [tax] })
    expect(posted(booksWith(), invoice)).toEqual(['debit receivable 5.00', 'credit tax-payable:US-NY 5.00'])
  })

  test('an invoice of 0.00 posts nothing', () => {
    expect(booksWith().tell(finalizedInvoice('2025-01-01', [billedLine(cents(0))]))).toEqual({
      kind: 'nothing',
      why: 'the amounts are zero',
    })
  })

  test('a line that names no contract line waits in the contract liability', () => {
    const books = booksWith(finalizedInvoice('2025-01-01', [billedLine(cents(700), { lineId: null })]))
    books.closeMonth('2025-03')
    const [stray] = books
      .entries(['contract-liability'])
      .filter(({ dimensions }) => dimensions.lineId === null)
    expect(stray).toMatchObject({ side: 'credit', amount: cents(700) })
  })

  test('lines and taxes that do not add up to the total are refused, with the difference', () => {
    const wrong = { ...taxed, total: cents(10_000) }
    expect(() => booksWith().tell(wrong)).toThrow('Debits exceed credits by -710 minor units of USD.')
  })

  test('yen have no cents and dinars three decimals: 5,000 JPY and 1.234 KWD', () => {
    const yen = finalizedInvoice('2025-01-01', [billedLine(money('JPY', 5_000n))])
    expect(posted(booksWith(), yen)[0]).toBe('debit receivable 5000')
    const dinars = finalizedInvoice('2025-01-01', [billedLine(money('KWD', 1_234n))])
    expect(posted(booksWith(), dinars)[0]).toBe('debit receivable 1.234')
  })
})

describe('an invoice is paid', () => {
  test('through Stripe 90.00 waits in the clearing account', () => {
    expect(posted(booksWith(quarter), paid(9_000))).toEqual([
      'debit stripe-clearing 90.00',
      'credit receivable 90.00',
    ])
  })

  test('by wire it is in the bank', () => {
    expect(posted(booksWith(quarter), paid(9_000, 'off-stripe'))).toEqual([
      'debit bank 90.00',
      'credit receivable 90.00',
    ])
  })

  test('100.00 for an invoice of 90.00 leaves the customer 10.00 of credit', () => {
    expect(posted(booksWith(quarter), paid(10_000))).toEqual([
      'debit stripe-clearing 100.00',
      'credit receivable 90.00',
      'credit customer-credit 10.00',
    ])
  })

  test('a payment before its invoice waits for it', () => {
    expect(booksWith().tell(paid(9_000))).toEqual({
      kind: 'waits',
      forFact: 'the finalization of invoice in_1',
    })
  })
})

describe('an invoice is voided', () => {
  test('unpaid after January: 31.00 against income, 59.00 no longer promised', () => {
    const books = booksWith(quarter)
    books.closeMonth('2025-01')
    expect(posted(books, voided('2025-02-01'))).toEqual([
      'debit refunds-and-credits:voids 31.00',
      'debit contract-liability 59.00',
      'credit receivable 90.00',
    ])
  })

  test('with its tax: the state gets nothing either', () => {
    expect(posted(booksWith(taxed), voided('2025-02-01'))).toEqual([
      'debit refunds-and-credits:voids 31.00',
      'debit contract-liability 59.00',
      'debit tax-payable:DE 17.10',
      'credit receivable 107.10',
    ])
  })

  test('after 45.00 were paid: only the open 45.00 is taken back, 15.50 and 29.50', () => {
    const books = booksWith(quarter, paid(4_500))
    expect(posted(books, voided('2025-02-01'))).toEqual([
      'debit refunds-and-credits:voids 15.50',
      'debit contract-liability 29.50',
      'credit receivable 45.00',
    ])
  })

  test('the customer’s credit that settled a part goes back to the customer', () => {
    const invoice = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))], {
      creditApplied: cents(1_000),
    })
    const books = booksWith(invoice)
    expect(posted(books, voided('2025-01-01'))).toEqual([
      'debit contract-liability 90.00',
      'credit receivable 80.00',
      'credit customer-credit 10.00',
    ])
    expect(books.balance('customer-credit')).toBe(0n)
  })

  test('before its service begins: nothing was earned, all of it leaves the liability', () => {
    const early = { ...quarter, occurredAt: noonOf('2024-12-15') }
    expect(posted(booksWith(early), voided('2024-12-20'))).toEqual([
      'debit contract-liability 90.00',
      'credit receivable 90.00',
    ])
  })

  test('an invoice of 0.00 posts nothing', () => {
    const nothing = finalizedInvoice('2025-01-01', [
      billedLine(cents(0)),
      billedLine(cents(0), { lineId: 'seats' }),
    ])
    expect(booksWith(nothing).tell(voided('2025-02-01'))).toMatchObject({ kind: 'nothing' })
  })

  test('when January is closed, a void of January lands in February and says so; the past is what the books hold', () => {
    const books = booksWith(quarter)
    books.closeMonth('2025-01')
    const transaction = transactionOf(books.tell(voided('2025-01-20')))
    expect(transaction.accountingDate).toBe('2025-02-01')
    expect(transaction.memo).toBe('Invoice in_1 voided, of 2025-01-20, whose month is closed')
    expect(written(transaction.entries)[0]).toBe('debit refunds-and-credits:voids 31.00')
  })
})
