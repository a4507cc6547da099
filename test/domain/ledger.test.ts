import { describe, expect, test } from 'vitest'
import type { AccountKind, Reason } from '../../src/domain/chart.ts'
import { accountKinds, accountName, mayMeet, meetings, normalSide } from '../../src/domain/chart.ts'
import type { LedgerTransaction } from '../../src/domain/ledger.ts'
import {
  credit,
  debit,
  faultsOf,
  mirrored,
  reverse,
  signedCredit,
  signedDebit,
  sound,
} from '../../src/domain/ledger.ts'
import { money } from '../../src/domain/money.ts'
import { cents, noonOf } from './fact-samples.ts'
import { written } from './written-entries.ts'

const payment: LedgerTransaction = {
  factKey: 'payment:1',
  reason: 'invoice-paid',
  sourceId: 'payment:1',
  entity: 'us',
  occurredAt: noonOf('2025-01-20'),
  accountingDate: '2025-01-20',
  memo: 'Payment of invoice 1',
  entries: [debit('stripe-clearing', cents(9_000)), credit('receivable', cents(9_000))],
}

const codesOf = (transaction: Pick<LedgerTransaction, 'reason' | 'entries'>) =>
  faultsOf(transaction).map(({ code }) => code)

describe('a transaction is sound', () => {
  test('when it balances, has two entries, and joins accounts that may meet', () => {
    expect(faultsOf(payment)).toEqual([])
    expect(sound(payment)).toBe(payment)
  })

  test('not when debits and credits differ: 90.00 against 89.99 says by how much', () => {
    const entries = [debit('stripe-clearing', cents(9_000)), credit('receivable', cents(8_999))]
    expect(faultsOf({ reason: 'invoice-paid', entries })).toEqual([
      { code: 'UNBALANCED', sentence: 'Debits exceed credits by 1 minor units of USD.' },
    ])
  })

  test('not when two currencies only balance together', () => {
    const entries = [debit('stripe-clearing', cents(100)), credit('receivable', money('EUR', 100n))]
    expect(codesOf({ reason: 'invoice-paid', entries })).toEqual(['UNBALANCED', 'UNBALANCED'])
  })

  test('not with one entry, and not with an entry of nothing or less', () => {
    expect(codesOf({ reason: 'invoice-paid', entries: [] })).toEqual(['TOO_FEW_ENTRIES'])
    const entries = [debit('stripe-clearing', cents(0)), credit('receivable', cents(0))]
    expect(codesOf({ reason: 'invoice-paid', entries })).toEqual([
      'AMOUNT_NOT_POSITIVE',
      'AMOUNT_NOT_POSITIVE',
    ])
    const negative = [debit('stripe-clearing', cents(-5)), credit('receivable', cents(-5))]
    expect(codesOf({ reason: 'invoice-paid', entries: negative })).toEqual([
      'AMOUNT_NOT_POSITIVE',
      'AMOUNT_NOT_POSITIVE',
    ])
  })

  test('not when it balances but pays into revenue', () => {
    const entries = [debit('stripe-clearing', cents(9_000)), credit('revenue', cents(9_000), {}, 'Platform')]
    expect(faultsOf({ reason: 'invoice-paid', entries })).toEqual([
      { code: 'ACCOUNTS_MAY_NOT_MEET', sentence: 'invoice-paid has no credit of revenue:Platform.' },
    ])
    expect(() => sound({ ...payment, entries })).toThrow(
      'payment:1: invoice-paid has no credit of revenue:Platform.',
    )
  })
})

/** What each reason may debit, credit, or both; everything that is not listed is refused. */
const table: Record<Exclude<Reason, 'reversal'>, { debit: string; credit: string; either: string }> = {
  'invoice-finalized': {
    debit: '',
    credit: '',
    either: 'contract-liability customer-credit receivable tax-payable unbilled-receivable',
  },
  'invoice-paid': {
    debit: 'bank stripe-clearing',
    credit: 'customer-credit receivable',
    either: 'bad-debt contract-liability tax-payable unbilled-receivable',
  },
  'invoice-voided': {
    debit: '',
    credit: 'customer-credit receivable',
    either: 'bad-debt contract-liability refunds-and-credits tax-payable unbilled-receivable',
  },
  'invoice-marked-uncollectible': {
    debit: '',
    credit: 'receivable',
    either: 'bad-debt contract-liability tax-payable unbilled-receivable',
  },
  'credit-note-issued': {
    debit: '',
    credit: 'bank customer-credit receivable',
    either: 'contract-liability refunds-and-credits tax-payable unbilled-receivable',
  },
  'credit-note-voided': {
    debit: 'bank customer-credit receivable',
    credit: '',
    either: 'contract-liability refunds-and-credits tax-payable unbilled-receivable',
  },
  'refund-made': {
    debit: 'customer-credit',
    credit: 'stripe-clearing',
    either: 'contract-liability refunds-and-credits tax-payable unbilled-receivable',
  },
  'refund-failed': {
    debit: 'stripe-clearing',
    credit: 'customer-credit',
    either: 'contract-liability refunds-and-credits tax-payable unbilled-receivable',
  },
  'dispute-opened': {
    debit: '',
    credit: 'stripe-clearing',
    either: 'contract-liability dispute-losses tax-payable unbilled-receivable',
  },
  'dispute-won': {
    debit: 'stripe-clearing',
    credit: '',
    either: 'contract-liability dispute-losses tax-payable unbilled-receivable',
  },
  'dispute-lost': { debit: '', credit: '', either: '' },
  'stripe-fee-charged': { debit: '', credit: '', either: 'stripe-clearing stripe-fees' },
  'payout-paid': { debit: '', credit: '', either: 'bank stripe-clearing' },
  'revenue-recognized': { debit: '', credit: '', either: 'contract-liability revenue unbilled-receivable' },
  'exchange-settled': { debit: 'bank stripe-clearing', credit: 'receivable', either: 'fx-gain-loss' },
  'receivable-revalued': { debit: '', credit: '', either: 'fx-gain-loss receivable' },
}

describe('which accounts may meet', () => {
  const kinds = Object.keys(accountKinds) as AccountKind[]
  const isOnEither = (reason: Reason, kind: AccountKind) =>
    mayMeet(reason, 'debit', kind) && mayMeet(reason, 'credit', kind)

  test.each(Object.entries(table))('%s', (name, allowed) => {
    const reason = name as Reason
    const only = (side: 'debit' | 'credit') =>
      kinds.filter((kind) => mayMeet(reason, side, kind) && !isOnEither(reason, kind))
    expect({
      debit: only('debit').sort().join(' '),
      credit: only('credit').sort().join(' '),
      either: kinds
        .filter((kind) => isOnEither(reason, kind))
        .sort()
        .join(' '),
    }).toEqual(allowed)
  })

  test('the table has every reason, and a reversal joins whatever its original joined', () => {
    expect(Object.keys(meetings).sort()).toEqual([...Object.keys(table), 'reversal'].sort())
    expect(kinds.every((kind) => isOnEither('reversal', kind))).toBe(true)
  })

  test('revenue is touched by recognition alone', () => {
    const reasons = (Object.keys(meetings) as Reason[]).filter((reason) =>
      mayMeet(reason, 'credit', 'revenue'),
    )
    expect(reasons).toEqual(['revenue-recognized', 'reversal'])
  })

  test('assets and expenses grow by debit, liabilities and income by credit', () => {
    expect(kinds.filter((kind) => normalSide(kind) === 'credit').sort()).toEqual([
      'contract-liability',
      'customer-credit',
      'fx-gain-loss',
      'revenue',
      'tax-payable',
    ])
    expect(accountName({ kind: 'revenue', segment: 'GTX' })).toBe('revenue:GTX')
    expect(accountName({ kind: 'bank', segment: null })).toBe('bank')
  })
})

describe('a mistake is corrected by its mirror', () => {
  const later = { occurredAt: noonOf('2025-03-02'), accountingDate: '2025-03-02' }

  test('90.00 of payment reversed: the sides change, the amounts do not, the original is named', () => {
    const answer = reverse(payment, later)
    expect(answer).toMatchObject({
      ok: true,
      value: { factKey: 'reversal:payment:1', sourceId: 'payment:1', reason: 'reversal', ...later },
    })
    expect(answer.ok && written(answer.value.entries)).toEqual([
      'credit stripe-clearing 90.00',
      'debit receivable 90.00',
    ])
    expect(answer.ok && faultsOf(answer.value)).toEqual([])
  })

  test('a second reversal has the same key, so the books take it for the first', () => {
    const [first, second] = [
      reverse(payment, later),
      reverse(payment, { ...later, accountingDate: '2025-04-01' }),
    ]
    expect(first.ok && first.value.factKey).toBe(second.ok && second.value.factKey)
  })

  test('a reversal is not reversed', () => {
    const once = reverse(payment, later)
    expect(once.ok && reverse(once.value, later)).toEqual({ ok: false, error: 'is-a-reversal' })
  })

  test('the mirror of the mirror is the original', () => {
    expect(mirrored(mirrored(payment.entries))).toEqual(payment.entries)
  })
})

test('a signed amount finds its side: 5.00 debits, -5.00 credits 5.00, nothing is no entry', () => {
  expect(written(signedDebit('bank', cents(500)))).toEqual(['debit bank 5.00'])
  expect(written(signedDebit('bank', cents(-500)))).toEqual(['credit bank 5.00'])
  expect(written(signedCredit('bank', cents(-500)))).toEqual(['debit bank 5.00'])
  expect(signedDebit('bank', cents(0))).toEqual([])
})
