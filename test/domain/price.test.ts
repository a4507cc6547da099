import { describe, expect, test } from 'vitest'
import { allocatePrice, optionSellingPrice, residualSellingPrice } from '../../src/domain/allocation.ts'
import {
  catchUp,
  modifyCumulatively,
  modifyProspectively,
  treatmentOf,
} from '../../src/domain/modification.ts'
import { exchangeSettled, receivableRevalued } from '../../src/domain/posting/foreign-exchange.ts'
import { reverse } from '../../src/domain/ledger.ts'
import { earnedByUse, prepaidEarnedBefore } from '../../src/domain/prepaid.ts'
import { scheduleRevenue } from '../../src/domain/revenue.ts'
import { cents, noonOf } from './fact-samples.ts'
import { written } from './written-entries.ts'

const minors = (amounts: readonly { amountMinor: bigint }[]) => amounts.map(({ amountMinor }) => amountMinor)

describe('a price is allocated by standalone selling prices (ASC 606-10-32-31)', () => {
  test('80 over 20, 30 and 40 is 18, 27 and 35: rounded one by one it would be 81', () => {
    expect(minors(allocatePrice(cents(80), [cents(20), cents(30), cents(40)]))).toEqual([18n, 27n, 35n])
  })

  test('a promise that sells for nothing gets nothing, and ties go to the first', () => {
    expect(minors(allocatePrice(cents(101), [cents(50), cents(0), cents(50)]))).toEqual([51n, 0n, 50n])
    expect(() => allocatePrice(cents(101), [cents(0)])).toThrow(RangeError)
  })

  test('the residual of 130 less 100 is 30; 5 is outside the 15 to 45 it was seen to sell for, and refused', () => {
    const observed = { least: cents(15), most: cents(45) }
    expect(residualSellingPrice(cents(130), [cents(40), cents(60)], observed)).toEqual({
      ok: true,
      value: cents(30),
    })
    expect(residualSellingPrice(cents(105), [cents(40), cents(60)], observed)).toEqual({
      ok: false,
      error: { code: 'NOT_FAITHFUL', residual: cents(5) },
    })
    const anything = { least: cents(-100), most: cents(100) }
    expect(residualSellingPrice(cents(100), [cents(40), cents(60)], anything).ok).toBe(false)
  })

  test('40 % off 50.00, where anybody gets 10 %, used by 80 of 100: the option is worth 12.00', () => {
    expect(optionSellingPrice(cents(5_000), { option: '40', anybody: '10', likelihood: '80' })).toEqual(
      cents(1_200),
    )
  })
})

describe('prepaid credits (ASC 606-10-55-46 to 55-48)', () => {
  const pack = { price: cents(10_000), credits: 1_000n, expiresOn: '2026-06-01' }

  test('100 of 1,000 used earn 10.00; the rest is earned when nobody can use it any more', () => {
    expect(prepaidEarnedBefore(pack, 0n, '2025-07-01')).toEqual(cents(0))
    expect(prepaidEarnedBefore(pack, 100n, '2025-08-01')).toEqual(cents(1_000))
    expect(prepaidEarnedBefore(pack, 100n, '2026-06-01')).toEqual(cents(1_000))
    expect(prepaidEarnedBefore(pack, 100n, '2026-06-02')).toEqual(cents(10_000))
  })

  test('credits that do not expire wait for use, and use beyond them earns no more than their price', () => {
    const endless = { ...pack, expiresOn: null }
    expect(prepaidEarnedBefore(endless, 100n, '2099-01-01')).toEqual(cents(1_000))
    expect(prepaidEarnedBefore(endless, 5_000n, '2099-01-01')).toEqual(cents(10_000))
  })

  test('expected breakage is earned in the pattern of use: 4,500 of 9,500 points of 8,676 are 4,110', () => {
    expect(earnedByUse(cents(8_676), 4_500n, 9_500n)).toEqual(cents(4_110))
    expect(earnedByUse(cents(8_676), 8_500n, 9_700n)).toEqual(cents(7_603))
    expect(earnedByUse(cents(8_676), 9_900n, 9_700n)).toEqual(cents(8_676))
  })
})

describe('a contract is modified (ASC 606-10-25-12 and 25-13)', () => {
  const year = {
    contractId: 'ctr_1',
    lineId: 'fee',
    family: 'Platform',
    price: cents(120_000),
    service: { startsOn: '2025-01-01', endsBefore: '2026-01-01' },
  }

  test.each([
    [true, true, true, 'separate-contract'],
    [true, true, false, 'separate-contract'],
    [true, false, true, 'prospective'],
    [false, true, true, 'prospective'],
    [false, false, true, 'prospective'],
    [true, false, false, 'cumulative-catch-up'],
    [false, false, false, 'cumulative-catch-up'],
  ] as const)(
    'distinct service %s, at its price %s, rest distinct %s: %s',
    (adds, atPrice, rest, treatment) => {
      expect(
        treatmentOf({ addsDistinctService: adds, isAtSellingPrice: atPrice, isRestDistinct: rest }),
      ).toBe(treatment)
    },
  )

  test('prospective: 100.00 a month becomes 150.00 on 1 July, 600.00 stay earned and 900.00 are left', () => {
    const change = { effectiveOn: '2025-07-01', priceChange: cents(30_000), endsBefore: '2026-01-01' }
    const [ended, begun] = modifyProspectively(year, change, 'by-month')
    expect([ended.price, begun.price]).toEqual([cents(60_000), cents(90_000)])
    expect(scheduleRevenue(begun, 'by-month').map(({ amountMinor }) => amountMinor)).toEqual(
      Array.from({ length: 6 }, () => 15_000n),
    )
  })

  test('prospective before the service begins changes all of it, and after it has ended there is nothing to change', () => {
    const early = { effectiveOn: '2024-12-01', priceChange: cents(-12_000), endsBefore: '2026-01-01' }
    const [ended, begun] = modifyProspectively(year, early, 'by-day')
    expect([ended.price, begun.price, begun.service.startsOn]).toEqual([
      cents(0),
      cents(108_000),
      '2025-01-01',
    ])
    const late = { effectiveOn: '2026-01-01', priceChange: cents(1), endsBefore: '2026-01-01' }
    expect(() => modifyProspectively(year, late, 'by-day')).toThrow(RangeError)
  })

  test('cumulative: the price of the whole year changes, and July owes six months of the difference', () => {
    const modified = modifyCumulatively(year, { priceChange: cents(60_000), endsBefore: '2026-01-01' })
    const through = (promise: Pick<typeof year, 'price' | 'service'>) =>
      scheduleRevenue(promise, 'by-month')
        .slice(0, 7)
        .reduce((total, { amountMinor }) => total + amountMinor, 0n)
    expect(modified.price).toEqual(cents(180_000))
    expect(through(modified) - through(year)).toBe(7n * 5_000n)
  })

  test('by cost: 1,350,000.00 at 420 of 820 less 600,000.00 is 91,463.41, not 91,200.00', () => {
    expect(catchUp(cents(135_000_000), { part: 420n, whole: 820n }, cents(60_000_000))).toEqual(
      cents(9_146_341),
    )
  })
})

describe('a receivable in another currency (ASC 830-20-35-1)', () => {
  const receivable = {
    factKey: 'fx:1',
    entity: 'us',
    occurredAt: noonOf('2025-02-10'),
    accountingDate: '2025-02-10',
    memo: 'Invoice in EUR',
    where: { invoiceId: 'in_1' },
    booked: cents(3_600),
  }

  test('booked at 36.00 and settled at 33.00 loses 3.00; at 37.50 it gains 1.50', () => {
    expect(written(exchangeSettled(receivable, cents(3_300)).entries)).toEqual([
      'debit stripe-clearing 33.00',
      'debit fx-gain-loss 3.00',
      'credit receivable 36.00',
    ])
    expect(written(exchangeSettled(receivable, cents(3_750), 'bank').entries)).toEqual([
      'debit bank 37.50',
      'credit fx-gain-loss 1.50',
      'credit receivable 36.00',
    ])
  })

  test('at a month end 36.00 become 35.00 at the closing rate, and the next day 36.00 again', () => {
    const revalued = receivableRevalued(receivable, cents(3_500))
    expect(written(revalued?.entries ?? [])).toEqual(['credit receivable 1.00', 'debit fx-gain-loss 1.00'])
    const back =
      revalued && reverse(revalued, { occurredAt: noonOf('2025-03-01'), accountingDate: '2025-03-01' })
    expect(back?.ok && written(back.value.entries)).toEqual([
      'debit receivable 1.00',
      'credit fx-gain-loss 1.00',
    ])
    expect(receivableRevalued(receivable, cents(3_600))).toBeNull()
  })
})
