import { describe, expect, test } from 'vitest'
import {
  add,
  allocate,
  convert,
  divide,
  formatMoney,
  fromDecimal,
  money,
  roundToInteger,
  scale,
  sum,
  times,
  toDecimal,
} from '../../src/domain/money.ts'
import { Big } from 'big.js'

const minors = (shares: readonly { amountMinor: bigint }[]) => shares.map(({ amountMinor }) => amountMinor)

describe('amounts', () => {
  test.each([
    ['USD', '50009.60', 5_000_960n],
    ['JPY', '1200', 1_200n],
    ['KWD', '1.234', 1_234n],
    ['CLF', '0.0001', 1n],
    ['USD', '-0.05', -5n],
  ])('%s %s is read and written without loss', (currency, decimal, minor) => {
    expect(fromDecimal(currency, decimal)).toEqual(money(currency, minor))
    expect(toDecimal(money(currency, minor))).toBe(decimal)
  })

  test('more decimals than the currency has are refused, not rounded', () => {
    expect(() => fromDecimal('JPY', '0.5')).toThrow(RangeError)
    expect(() => fromDecimal('USD', '9.605')).toThrow('9.605 has more decimals than USD allows')
  })

  test('people read 50,009.60 USD, -1,234,567.89 USD and 1,200 JPY', () => {
    expect(formatMoney(money('USD', 5_000_960n))).toBe('50,009.60 USD')
    expect(formatMoney(money('USD', -123_456_789n))).toBe('-1,234,567.89 USD')
    expect(formatMoney(money('JPY', 1_200n))).toBe('1,200 JPY')
    expect(formatMoney(money('USD', -5n))).toBe('-0.05 USD')
  })

  test('beyond 2^53 every unit counts: 90,071,992,547,409.93 and one cent', () => {
    expect(toDecimal(add(fromDecimal('USD', '90071992547409.93'), money('USD', 1n)))).toBe(
      '90071992547409.94',
    )
  })

  test('a list without amounts adds up to nothing, seats multiply', () => {
    expect(sum('USD', [])).toEqual(money('USD', 0n))
    expect(times(money('USD', 3_000n), 25n)).toEqual(money('USD', 75_000n))
  })
})

describe('rounding has a name', () => {
  test.each([
    ['half-up', [1n, 2n, 3n, -1n, -2n, -3n]],
    ['half-even', [0n, 2n, 2n, 0n, -2n, -2n]],
    ['down', [0n, 1n, 2n, 0n, -1n, -2n]],
    ['up', [1n, 2n, 3n, -1n, -2n, -3n]],
  ] as const)('%s of 0.5, 1.5, 2.5 and their negatives', (rounding, expected) => {
    expect([1n, 3n, 5n, -1n, -3n, -5n].map((half) => divide(half, 2n, rounding))).toEqual(expected)
    expect(
      ['0.5', '1.5', '2.5', '-0.5', '-1.5', '-2.5'].map((half) => roundToInteger(new Big(half), rounding)),
    ).toEqual(expected)
  })

  test('2.5 % of 9.60 is 0.24; of 9.80 it is 0.245, which is 0.25', () => {
    expect(scale(money('USD', 960n), '0.025')).toEqual(money('USD', 24n))
    expect(scale(money('USD', 980n), '0.025')).toEqual(money('USD', 25n))
  })

  test('nothing is divided by zero', () => {
    expect(() => divide(1n, 0n)).toThrow(RangeError)
  })
})

describe('a rate converts, and only the amount is rounded', () => {
  test('30.00 EUR at 1.20 are 36.00 USD, at 160.005 they are 4,800 JPY', () => {
    expect(convert(money('EUR', 3_000n), 'USD', '1.20')).toEqual(money('USD', 3_600n))
    expect(convert(money('EUR', 3_000n), 'JPY', '160.005')).toEqual(money('JPY', 4_800n))
  })

  test('5,000 JPY at 0.00203 KWD are 10.150 KWD', () => {
    expect(convert(money('JPY', 5_000n), 'KWD', '0.00203')).toEqual(money('KWD', 10_150n))
  })

  test('a rate of twenty-five decimals that ends just below half a cent rounds down', () => {
    expect(convert(money('EUR', 100n), 'USD', '1.0049999999999999999999999')).toEqual(money('USD', 100n))
  })
})

describe('an amount is allocated over time', () => {
  test('100.00 over three is 33.33, 33.34 and 33.33: the running total is rounded', () => {
    expect(minors(allocate(money('USD', 10_000n), [1n, 1n, 1n]))).toEqual([3_333n, 3_334n, 3_333n])
  })

  test('a credit mirrors its charge, and a weight of zero gets nothing', () => {
    expect(minors(allocate(money('USD', -10_000n), [1n, 0n, 2n]))).toEqual([-3_333n, 0n, -6_667n])
  })

  test('weights that add up to nothing are refused', () => {
    expect(() => allocate(money('USD', 1n), [0n, 0n])).toThrow(RangeError)
    expect(() => allocate(money('USD', 1n), [])).toThrow(RangeError)
  })
})
