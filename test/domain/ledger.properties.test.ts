import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, monthOf, monthsBetween } from '../../src/domain/calendar.ts'
import type { BillingFact } from '../../src/domain/fact.ts'
import { faultsOf, mirrored } from '../../src/domain/ledger.ts'
import type { Spread } from '../../src/domain/revenue.ts'
import { billedLine, cents, creditNote, disputeClosed, fact, finalizedInvoice } from './fact-samples.ts'
import { earningOf, PlayedBooks, promiseOf } from './played-books.ts'

const spreads = fc.constantFrom<Spread>('by-day', 'by-month', 'even-months')
const total = (minors: readonly bigint[]) => minors.reduce((sum, minor) => sum + minor, 0n)

/** A life of one invoice: whatever may happen to it, in any order the days allow. */
const life = fc
  .record({
    fees: fc.array(fc.integer({ min: -3_000, max: 20_000 }), { minLength: 1, maxLength: 3 }),
    taxMinor: fc.nat(2_000),
    billedOn: fc.integer({ min: -40, max: 120 }),
    events: fc.array(
      fc.record({
        kind: fc.constantFrom('paid', 'credited', 'refunded', 'disputed', 'won', 'voided', 'uncollectible'),
        after: fc.nat(60),
        share: fc.integer({ min: 1, max: 100 }),
      }),
      { maxLength: 6 },
    ),
    months: fc.integer({ min: 0, max: 14 }),
  })
  .filter(({ fees }) => fees.reduce((sum, fee) => sum + fee, 0) > 0)

function factsOf({
  fees,
  taxMinor,
  billedOn,
  events,
}: typeof life extends fc.Arbitrary<infer T> ? T : never) {
  const start = addDays('2025-01-01', billedOn)
  const lines = fees.map((fee, index) => billedLine(cents(fee), { lineId: `line-${index}` }))
  const taxes = [{ jurisdiction: 'US-NY', amount: cents(taxMinor) }]
  const invoice = finalizedInvoice(start, lines, { taxes })
  let on = start
  const later = events.map(({ kind, after, share }, index): BillingFact => {
    on = addDays(on, after)
    const part = cents((invoice.total.amountMinor * BigInt(share)) / 100n)
    const common = { invoiceId: 'in_1', amount: part }
    switch (kind) {
      case 'paid':
        return { ...fact('invoice-paid', on, { ...common, via: 'stripe' }), factKey: `paid ${index}` }
      case 'credited': {
        const note = creditNote(on, [billedLine(part, { lineId: 'line-0' })])
        return { ...note, factKey: `credited ${index}`, creditNoteId: `cn_${index}` }
      }
      case 'refunded':
        return fact('refund-made', on, { ...common, refundId: `re_${index}`, creditNoteId: null })
      case 'disputed':
        return {
          ...fact('dispute-opened', on, { ...common, disputeId: 'dp_1' }),
          factKey: `disputed ${index}`,
        }
      case 'won':
        return { ...disputeClosed('dispute-won', on, part), factKey: `won ${index}` }
      case 'voided':
        return { ...fact('invoice-voided', on, { invoiceId: 'in_1' }), factKey: `voided ${index}` }
      default:
        return {
          ...fact('invoice-marked-uncollectible', on, { invoiceId: 'in_1' }),
          factKey: `given up ${index}`,
        }
    }
  })
  return { invoice, facts: [invoice, ...later] }
}

function played(example: Parameters<typeof factsOf>[0], spread: Spread) {
  const { invoice, facts } = factsOf(example)
  const books = new PlayedBooks(earningOf(promiseOf(invoice), spread), { spread })
  const last = monthsBetween('2024-10', '2026-06')
  let told = 0
  for (const month of last) {
    while (told < facts.length && monthOf(facts[told]!.occurredAt.toISOString().slice(0, 10)) <= month) {
      books.tell(facts[told++]!)
    }
    books.closeMonth(month)
  }
  return { books, invoice, last }
}

describe('the life of an invoice', () => {
  test('every posting balances and joins only what may meet; a line never stands on both sides', () => {
    fc.assert(
      fc.property(life, spreads, (example, spread) => {
        const { books } = played(example, spread)
        for (const transaction of books.transactions) expect(faultsOf(transaction)).toEqual([])
        const standing = new Map<string, [bigint, bigint]>()
        for (const { entries } of books.transactions) {
          for (const { account, side, amount, dimensions } of entries) {
            const index = ['contract-liability', 'unbilled-receivable'].indexOf(account.kind)
            if (index === -1 || dimensions.lineId === null) continue
            const held = standing.get(dimensions.lineId) ?? [0n, 0n]
            const grows = (side === 'credit') === (index === 0)
            held[index as 0 | 1] += grows ? amount.amountMinor : -amount.amountMinor
            standing.set(dimensions.lineId, held)
          }
          for (const [liability, unbilled] of standing.values()) {
            expect(liability >= 0n && unbilled >= 0n && (liability === 0n || unbilled === 0n)).toBe(true)
          }
        }
      }),
      { numRuns: 120 },
    )
  })

  test('in the end nothing is left to serve or to bill: revenue is what was billed less what was taken back', () => {
    fc.assert(
      fc.property(life, spreads, (example, spread) => {
        const { books } = played(example, spread)
        expect([books.balance('contract-liability'), books.balance('unbilled-receivable')]).toEqual([0n, 0n])
        const contra = (['refunds-and-credits', 'bad-debt', 'dispute-losses'] as const).map((kind) =>
          books.balance(kind),
        )
        const money_ = (['receivable', 'stripe-clearing', 'bank'] as const).map((kind) => books.balance(kind))
        const owed = books.balance('tax-payable') + books.balance('customer-credit')
        expect(books.balance('revenue') - total(contra)).toBe(total(money_) - owed)
      }),
      { numRuns: 120 },
    )
  })

  test('closing the same month again adds nothing', () => {
    fc.assert(
      fc.property(life, (example) => {
        const { books, last } = played(example, 'by-day')
        const before = books.transactions.length
        books.closeMonth(last.at(-1) ?? '')
        expect(books.transactions).toHaveLength(before)
      }),
      { numRuns: 50 },
    )
  })

  test('the mirror of a mirror is the original, and a mirror is as sound as what it mirrors', () => {
    fc.assert(
      fc.property(life, (example) => {
        for (const { entries } of played(example, 'by-day').books.transactions) {
          expect(mirrored(mirrored(entries))).toEqual(entries)
          expect(faultsOf({ reason: 'reversal', entries: mirrored(entries) })).toEqual([])
        }
      }),
      { numRuns: 50 },
    )
  })
})
