import { describe, expect, test } from 'vitest'
import { money, toDecimal, zero } from '../../src/domain/money.ts'
import { aggregate, weightedSum } from '../../src/domain/rating/aggregate.ts'
import {
  balanceOf,
  drawGrants,
  orderGrants,
  restoreGrants,
  type Grant,
} from '../../src/domain/rating/grant.ts'
import { creditNoteFor, totalInvoice } from '../../src/domain/rating/invoice-total.ts'
import { ratePercentage } from '../../src/domain/rating/percentage.ts'
import {
  capCredit,
  daysLeft,
  nextBillingDate,
  prorateChange,
  secondsLeft,
  shareOfMonth,
} from '../../src/domain/rating/proration.ts'
import { divideByRule } from '../../src/domain/rating/rounding-rule.ts'
import { shareOut } from '../../src/domain/rating/share.ts'
import { dollars, usd } from './golden/terms.ts'

const grant = (grantId: string, terms: Partial<Grant> = {}): Grant => ({
  grantId,
  priority: 1,
  expiresAt: null,
  category: 'paid',
  effectiveAt: '2025-01-01',
  createdAt: '2025-01-01',
  remaining: 100n,
  ...terms,
})

const orderOf = (grants: readonly Grant[]): string =>
  orderGrants(grants)
    .map(({ grantId }) => grantId)
    .join('')

describe('credit grants', () => {
  test('priority outranks expiry, expiry outranks kind, a gift goes before money, age decides last', () => {
    expect(orderOf([grant('A', { priority: 2, expiresAt: '2025-02-01' }), grant('B')])).toBe('BA')
    expect(orderOf([grant('A'), grant('B', { expiresAt: '2030-01-01' })])).toBe('BA')
    expect(orderOf([grant('A', { category: 'promotional' }), grant('B', { expiresAt: '2030-01-01' })])).toBe(
      'BA',
    )
    expect(orderOf([grant('A'), grant('B', { category: 'promotional' })])).toBe('BA')
    expect(orderOf([grant('A'), grant('B', { effectiveAt: '2024-01-01' })])).toBe('BA')
    expect(orderOf([grant('A'), grant('B', { createdAt: '2024-01-01' })])).toBe('BA')
  })

  test('130 of need takes 100 from the first and 30 from the second; voiding the invoice gives both back', () => {
    const wallet = [grant('A'), grant('B')]
    const drawn = drawGrants(wallet, 130n, '2025-06-01')
    expect(drawn.draws).toEqual([
      { grantId: 'A', amount: 100n },
      { grantId: 'B', amount: 30n },
    ])
    expect([balanceOf(drawn.grants, '2025-06-01'), drawn.uncovered]).toEqual([70n, 0n])
    expect(restoreGrants(drawn.grants, drawn.draws, 'invoice-voided')).toEqual(wallet)
    expect(balanceOf(restoreGrants(drawn.grants, drawn.draws, 'credit-note'), '2025-06-01')).toBe(70n)
  })

  test('a grant gives nothing before it is effective nor on the day it expires', () => {
    const wallet = [grant('A', { expiresAt: '2025-06-01' }), grant('B', { effectiveAt: '2025-06-02' })]
    expect(drawGrants(wallet, 10n, '2025-05-31').uncovered).toBe(0n)
    expect(drawGrants(wallet, 10n, '2025-06-01').uncovered).toBe(10n)
    expect(drawGrants(wallet, 10n, '2025-06-02').draws).toEqual([{ grantId: 'B', amount: 10n }])
  })
})

describe('invoices', () => {
  test('50 + 20 less a coupon of 10, 10 % tax, a credit note of 20 and 30 prepaid leave 16 due', () => {
    const lines = ['50', '20'].map((amount) => ({ amount: usd(amount), taxPercent: '10' }))
    const reductions = { coupon: usd('10'), usageCredits: usd('0'), settled: [usd('20'), usd('30')] }
    const invoice = totalInvoice(lines, reductions, 'USD')
    expect([invoice.taxable, invoice.tax, invoice.total, invoice.due].map(toDecimal)).toEqual([
      '60.00',
      '6.00',
      '66.00',
      '16.00',
    ])
    expect(invoice.couponShares).toEqual(['7.14', '2.86'].map(usd))
  })

  test('a coupon and credits larger than the invoice leave nothing, and no tax', () => {
    const lines = [{ amount: usd('40'), taxPercent: '20' }]
    const invoice = totalInvoice(
      lines,
      { coupon: usd('30'), usageCredits: usd('30'), settled: [usd('5')] },
      'USD',
    )
    expect([invoice.taxable, invoice.tax, invoice.due]).toEqual([zero('USD'), zero('USD'), zero('USD')])
  })

  test('a credit note for 29 of 30 days of 200.00 with 25 % tax is 193.33 + 48.33 = 241.66', () => {
    expect(creditNoteFor(usd('200'), '25', { part: 29n, whole: 30n })).toEqual({
      net: usd('193.33'),
      tax: usd('48.33'),
      total: usd('241.66'),
    })
  })

  test('a cent over three equal lines goes to the first; a line of nothing gets none', () => {
    expect(shareOut(money('USD', 100n), [1n, 1n, 1n, 0n]).map(({ amountMinor }) => amountMinor)).toEqual([
      34n,
      33n,
      33n,
      0n,
    ])
    expect(shareOut(money('USD', -100n), [1n, 2n]).map(({ amountMinor }) => amountMinor)).toEqual([
      -33n,
      -67n,
    ])
    expect(() => shareOut(money('USD', 1n), [0n])).toThrow(RangeError)
  })
})

describe('parts of a period', () => {
  test('10 to 20 on the 15th of March: -5.48 + 10.97 = 5.49, lines first', () => {
    const left = daysLeft({ startsOn: '2024-03-01', endsBefore: '2024-04-01' }, '2024-03-15')
    expect(left).toEqual({ part: 17n, whole: 31n })
    expect(prorateChange(usd('10'), usd('20'), left)).toEqual({
      credit: usd('-5.48'),
      charge: usd('10.97'),
      net: usd('5.49'),
    })
  })

  test('seconds: noon of a day of two leaves three quarters', () => {
    const period = { startsAt: new Date('2025-01-01T00:00:00Z'), endsAt: new Date('2025-01-03T00:00:00Z') }
    expect(secondsLeft(period, new Date('2025-01-01T12:00:00Z'))).toEqual({ part: 129_600n, whole: 172_800n })
  })

  test('of 200 paid and 180 credited only 20 can be credited', () => {
    expect(capCredit(usd('100'), usd('200'), usd('180'))).toEqual(usd('20'))
    expect(capCredit(usd('-5'), usd('200'), usd('0'))).toEqual(usd('0'))
    expect(capCredit(usd('5'), usd('200'), usd('250'))).toEqual(usd('0'))
  })

  test('the 27th to the 31st of January is 5/31, 5/30 or 4/30, as the convention has it', () => {
    const days = { startsOn: '2021-01-27', endsBefore: '2021-02-01' }
    expect(shareOfMonth(days, 'actual')).toEqual({ part: 5n, whole: 31n })
    expect(shareOfMonth(days, 'over-30')).toEqual({ part: 5n, whole: 30n })
    expect(shareOfMonth(days, 'strict-30')).toEqual({ part: 4n, whole: 30n })
  })

  test('an anchor on the 31st bills on 28 February and returns to 31 March', () => {
    expect(nextBillingDate('2025-01-31', '2025-01-31', { months: 1 })).toBe('2025-02-28')
    expect(nextBillingDate('2025-02-28', '2025-01-31', { months: 1 })).toBe('2025-03-31')
    expect(nextBillingDate('2024-02-15', '2024-04-01', { months: 3 })).toBe('2024-04-01')
    expect(nextBillingDate('2024-03-04', '2024-01-03', { weeks: 1 })).toBe('2024-03-06')
  })
})

describe('quantities', () => {
  const events = [
    { value: '10', countedId: 'a' },
    { value: '20.5', countedId: 'a' },
    { value: '3', countedId: null },
  ]

  test('three events count 3, sum to 33.5, peak at 20.5, come from 1 id and end at 3', () => {
    const quantities = (['count', 'sum', 'max', 'unique', 'latest'] as const).map((kind) =>
      aggregate(events, kind).toString(),
    )
    expect(quantities).toEqual(['3', '33.5', '20.5', '1', '3'])
    expect(aggregate([], 'max').toString()).toBe('0')
  })

  test('2,500 stored from 5 March average 2,177.42 over March and 2,500 over April', () => {
    const changes = [{ on: '2023-03-05', change: '2500' }]
    expect(dollars(weightedSum(changes, { startsOn: '2023-03-01', endsBefore: '2023-04-01' }))).toBe(
      '2177.42',
    )
    expect(dollars(weightedSum(changes, { startsOn: '2023-04-01', endsBefore: '2023-05-01' }))).toBe(
      '2500.00',
    )
    expect(dollars(weightedSum(changes, { startsOn: '2023-02-01', endsBefore: '2023-03-01' }))).toBe('0.00')
  })

  test('1.3 % and 2.00 each, free up to 3 transactions or 250: of 50, 100, 250 and 400 cost 11.15', () => {
    const terms = { ratePercent: '1.3', fixedFee: '2', freeEvents: 3, freeAmount: '250' }
    const amounts = ['50', '100', '250', '400']
    expect(dollars(ratePercentage(terms, amounts))).toBe('11.15')
    expect(dollars(ratePercentage({ ...terms, freeAmount: null }, amounts))).toBe('7.20')
    expect(dollars(ratePercentage({ ...terms, freeEvents: null }, amounts))).toBe('11.15')
    expect(dollars(ratePercentage({ ...terms, freeEvents: 0 }, amounts))).toBe('18.40')
    expect(dollars(ratePercentage(terms, []))).toBe('0.00')
  })
})

test('-1.5 is -2 away from zero, -1 toward positive, and 2.5 is 2 to even', () => {
  expect(divideByRule(-15n, 10n, 'half-up')).toBe(-2n)
  expect(divideByRule(-15n, 10n, 'half-toward-positive')).toBe(-1n)
  expect(divideByRule(-16n, 10n, 'half-toward-positive')).toBe(-2n)
  expect(divideByRule(25n, 10n, 'half-even')).toBe(2n)
  expect(divideByRule(20n, 10n, 'half-toward-negative')).toBe(2n)
})
