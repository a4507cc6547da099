import { expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import {
  annualChurnPercent,
  annualRecurringRevenue,
  churnPercent,
  customersAt,
  customersLost,
  daysSalesOutstanding,
  grossRetentionPercent,
  lifetimeValue,
  monthlyRecurringRevenue,
  netRecurringChange,
  netRetentionPercent,
} from '../../src/domain/metrics.ts'
import { usd } from './golden/terms.ts'

test('100 a month, 600 a year and 30 a week are 100 + 50 + 130 = 280 a month', () => {
  const prices = [
    { price: usd('100'), quantity: 1n, every: { months: 1 } },
    { price: usd('600'), quantity: 1n, every: { months: 12 } },
    { price: usd('30'), quantity: 1n, every: { weeks: 1 } },
  ]
  expect(monthlyRecurringRevenue(prices, 'USD')).toEqual(usd('280.00'))
  expect(annualRecurringRevenue(usd('280.00'))).toEqual(usd('3360.00'))
})

test('three yearly prices of 100 are 25.00 a month, rounded once: not 3 times 8.33', () => {
  const price = { price: usd('100'), quantity: 1n, every: { months: 12 } }
  expect(monthlyRecurringRevenue([price, price, price], 'USD')).toEqual(usd('25.00'))
})

test('half off for good halves what a price recurs with: 4 seats at 50 less 50 % are 100', () => {
  const seats = { price: usd('50'), quantity: 4n, every: { months: 1 }, foreverOffPercent: '50' }
  expect(monthlyRecurringRevenue([seats], 'USD')).toEqual(usd('100.00'))
  expect(netRecurringChange(usd('65'), '20')).toEqual(usd('52.00'))
})

test('of 20,000 opened, 1,200 lost, 800 shrunk and 3,000 grown: 90.0 % gross and 105.0 % net remain', () => {
  const movements = {
    opening: usd('20000'),
    churn: usd('1200'),
    contraction: usd('800'),
    expansion: usd('3000'),
  }
  expect(grossRetentionPercent(movements)).toBe('90.0')
  expect(netRetentionPercent(movements)).toBe('105.0')
})

test('500 customers, 30 new, 480 at the end: 50 lost, 10.0 % of those at the start', () => {
  expect(customersLost(500n, 30n, 480n)).toBe(50n)
  expect(churnPercent(500n, 50n)).toBe('10.0')
})

test('2.5 % a month are 26.2 % a year, and 5 % at 50 a month a lifetime of 1,000', () => {
  expect(annualChurnPercent('2.5')).toBe('26.2')
  expect(lifetimeValue(usd('50'), '5')).toEqual(usd('1000.00'))
  expect(customersAt(usd('500000'), usd('2500'))).toBe(200n)
})

test('18,000 owed on 20,000 of sales in 30 days are 27.00 days, in yen too', () => {
  expect(daysSalesOutstanding(usd('18000'), usd('20000'), 30)).toBe('27.00')
  expect(daysSalesOutstanding(money('JPY', 100n), money('JPY', 300n), 10)).toBe('3.33')
})
