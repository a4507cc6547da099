import { expect, test } from 'vitest'
import type { AccountKind, Reason } from '../../src/domain/chart.ts'
import type { BillingFact } from '../../src/domain/fact.ts'
import { credit, debit } from '../../src/domain/ledger.ts'
import { add, allocate, money, subtract, sum, zero } from '../../src/domain/money.ts'
import type { Money } from '../../src/domain/money.ts'
import type { Posting } from '../../src/domain/posting.ts'
import { assertNever } from '../../src/domain/result.ts'
import type { Spread } from '../../src/domain/spread.ts'

/** What must not compile. The type check fails where a line marked here is not an error; running them shows what would happen. */

const dollars = money('USD', 100n)
const euros = money('EUR', 100n)

test('dollars and euros do not add', () => {
  // @ts-expect-error Dollars and euros do not add.
  expect(() => add(dollars, euros)).toThrow('USD and EUR do not add')
  // @ts-expect-error Nor do they subtract.
  expect(() => subtract(dollars, euros)).toThrow(TypeError)
  // @ts-expect-error Nor is a list of both a sum.
  expect(() => sum('USD', [dollars, euros])).toThrow(TypeError)
  expect(add(dollars, zero('USD'))).toEqual(dollars)
})

test('an amount keeps its currency through what is done with it', () => {
  const [share] = allocate(euros, [1n]) as [Money<'EUR'>]
  // @ts-expect-error A share of euros is euros.
  const wrong: Money<'USD'> = share
  expect(wrong.currency).toBe('EUR')
})

test('money is whole units: floating point is no amount', () => {
  // @ts-expect-error An amount is a bigint of minor units.
  expect(money('USD', 9.6).amountMinor).toBe(9.6)
  // @ts-expect-error And an entry takes money, not a number.
  expect(debit('bank', 9.6).amount).toBe(9.6)
})

test('the chart has the accounts it has', () => {
  // @ts-expect-error Cash is called bank, or stripe-clearing.
  const kind: AccountKind = 'cash'
  // @ts-expect-error An invoice is finalized, not sent.
  const reason: Reason = 'invoice-sent'
  // @ts-expect-error A spread has a name.
  const spread: Spread = 'weekly'
  expect([kind, reason, spread]).toEqual(['cash', 'invoice-sent', 'weekly'])
})

test('an outcome that nobody handles does not compile', () => {
  const handled = (posting: Posting): string => {
    switch (posting.kind) {
      case 'posted':
        return 'posted'
      case 'nothing':
        return posting.why
      default:
        // @ts-expect-error A fact may also wait for another.
        return assertNever(posting)
    }
  }
  expect(handled({ kind: 'nothing', why: 'the amounts are zero' })).toBe('the amounts are zero')
  expect(() => handled({ kind: 'waits', forFact: 'its invoice' })).toThrow('Unhandled case')
})

test('what was appended is not edited', () => {
  const entry = credit('bank', dollars)
  // @ts-expect-error Entries are read only.
  entry.side = 'debit'
  // @ts-expect-error A fact without its key is no fact.
  const fact: BillingFact = { kind: 'invoice-voided', occurredAt: new Date(0), invoiceId: 'in_1' }
  expect([entry.side, fact.factKey]).toEqual(['debit', undefined])
})
