import { describe, expect, test } from 'vitest'
import { billedLine, cents, disputeClosed, fact, finalizedInvoice } from './fact-samples.ts'
import { earningOf, PlayedBooks, promiseOf } from './played-books.ts'
import { booksWith, posted, quarter } from './quarter-books.ts'

const paid = fact('invoice-paid', '2025-01-20', { invoiceId: 'in_1', amount: cents(9_000), via: 'stripe' })
const dispute = (day: string, amount = 9_000) =>
  fact('dispute-opened', day, { disputeId: 'dp_1', invoiceId: 'in_1', amount: cents(amount) })

describe('a dispute', () => {
  test('takes the money and unwinds the invoice: 31.00 of losses, 59.00 to come', () => {
    expect(posted(booksWith(quarter, paid), dispute('2025-02-01'))).toEqual([
      'debit dispute-losses 31.00',
      'debit contract-liability 59.00',
      'credit stripe-clearing 90.00',
    ])
  })

  test('won: all of it comes back, and the months it hid catch up at once', () => {
    const books = booksWith(quarter, paid, dispute('2025-02-01'))
    books.closeMonth('2025-01')
    books.closeMonth('2025-02')
    expect(books.balance('revenue', '2025-02')).toBe(0n)
    expect(posted(books, disputeClosed('dispute-won', '2025-03-10', cents(9_000)))).toEqual([
      'credit dispute-losses 31.00',
      'debit stripe-clearing 90.00',
      'credit contract-liability 59.00',
    ])
    books.closeMonth('2025-03')
    expect(books.balance('revenue', '2025-03')).toBe(5_900n)
  })

  test('a year disputed in February and won in April: April catches up 28.00 and 31.00, and earns its own 30.00', () => {
    const year = { startsOn: '2025-01-01', endsBefore: '2026-01-01' }
    const invoice = finalizedInvoice('2025-01-01', [billedLine(cents(36_500), { service: year })])
    const books = new PlayedBooks(earningOf(promiseOf(invoice)))
    books.tell(invoice)
    books.tell(dispute('2025-02-01', 36_500))
    for (const month of ['2025-01', '2025-02', '2025-03']) books.closeMonth(month)
    books.tell(disputeClosed('dispute-won', '2025-04-02', cents(36_500)))
    books.closeMonth('2025-04')
    expect(books.balance('revenue', '2025-04')).toBe(2_800n + 3_100n + 3_000n)
  })

  test('lost: the money had left already, nothing moves', () => {
    const books = booksWith(quarter, paid, dispute('2025-02-01'))
    expect(books.tell(disputeClosed('dispute-lost', '2025-03-10', cents(9_000)))).toMatchObject({
      kind: 'nothing',
    })
  })

  test('of a payment for no invoice is a loss until it is won', () => {
    const loose = fact('dispute-opened', '2025-02-01', {
      disputeId: 'dp_2',
      invoiceId: null,
      amount: cents(900),
    })
    expect(posted(booksWith(), loose)).toEqual(['debit dispute-losses 9.00', 'credit stripe-clearing 9.00'])
  })
})

describe('Stripe’s own movements', () => {
  const fee = (amount: number) =>
    fact('stripe-fee-charged', '2025-01-20', { balanceTransactionId: 'txn_1', amount: cents(amount) })
  const payout = (amount: number) =>
    fact('payout-paid', '2025-01-22', { payoutId: 'po_1', amount: cents(amount) })

  test('a fee of 2.91 leaves the clearing account, and comes back when given back', () => {
    expect(posted(booksWith(), fee(291))).toEqual(['debit stripe-fees 2.91', 'credit stripe-clearing 2.91'])
    expect(posted(booksWith(), fee(-291))).toEqual(['credit stripe-fees 2.91', 'debit stripe-clearing 2.91'])
  })

  test('a payout of 87.09 moves to the bank; a negative one comes from it', () => {
    expect(posted(booksWith(), payout(8_709))).toEqual(['debit bank 87.09', 'credit stripe-clearing 87.09'])
    expect(posted(booksWith(), payout(-500))).toEqual(['credit bank 5.00', 'debit stripe-clearing 5.00'])
  })

  test('90.00 paid, 2.91 kept, 87.09 paid out: nothing is left at Stripe', () => {
    const books = booksWith(quarter, paid, fee(291), payout(8_709))
    expect([books.balance('stripe-clearing'), books.balance('bank'), books.balance('stripe-fees')]).toEqual([
      0n,
      8_709n,
      291n,
    ])
  })
})
