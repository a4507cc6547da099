import { Big } from 'big.js'
import { array, assert, property, stringMatching } from 'fast-check'
import { expect, test } from 'vitest'
import { decimalOf, ExactSum, finestParts, placesFor } from '../../src/domain/exact-sum.ts'

test('0.1 is 100,000,000,000 parts; 0.1 and 0.2 are 0.3; 10^18 less one and 10^-12 stay apart', () => {
  expect(finestParts('0.1')).toBe(100_000_000_000n)
  expect(decimalOf(finestParts('0.1') + finestParts('0.2'))).toBe('0.3')
  expect(decimalOf(finestParts('999999999999999999') + finestParts('0.000000000001'))).toBe(
    '999999999999999999.000000000001',
  )
  expect(decimalOf(0n)).toBe('0')
})

test('a hundred decimals add up as big.js adds them', () => {
  const decimal = stringMatching(/^(0|[1-9]\d{0,17})(\.\d{1,12})?$/)
  assert(
    property(array(decimal, { maxLength: 100 }), (decimals) => {
      const exact = decimals.reduce((sum, each) => sum.plus(each), new Big(0))
      expect(decimalOf(decimals.reduce((sum, each) => sum + finestParts(each), 0n))).toBe(exact.toFixed())
    }),
  )
})

test('use that is taken back is below zero, and more places than an event has are kept', () => {
  expect(finestParts('-0.5')).toBe(-500_000_000_000n)
  expect(decimalOf(finestParts('-1.25'))).toBe('-1.25')
  expect(placesFor('100.000000000000000001')).toBe(18)
  expect(decimalOf(finestParts('100.000000000000000001', 18), 18)).toBe('100.000000000000000001')
})

test('small whole decimals and all others add up to what big.js says, whether added one by one or in two sums', () => {
  const decimal = stringMatching(/^-?(0|[1-9]\d{0,17})(\.\d{1,12})?$/)
  assert(
    property(array(decimal, { maxLength: 100 }), (decimals) => {
      const sums = [new ExactSum(), new ExactSum()] as const
      decimals.forEach((each, index) => sums[index % 2 === 0 ? 0 : 1].add(each, 1))
      sums[0].addSum(sums[1])
      const exact = decimals.reduce((sum, each) => sum.plus(each), new Big(0))
      expect([sums[0].quantity, sums[0].events]).toEqual([
        exact.eq(0) ? '0' : exact.toFixed(),
        decimals.length,
      ])
    }),
  )
  const millions = new ExactSum()
  for (let turn = 0; turn < 1_000_000; turn++) millions.add('999999999', 1)
  expect(millions.quantity).toBe('999999999000000')
  const more = new ExactSum()
  more.add('4503599627370495.000000000001', 1)
  for (let turn = 0; turn < 5_000_000; turn++) more.add('999999999', 1)
  for (let turn = 0; turn < 12; turn++) more.addSum(more)
  expect(more.quantity).toBe(
    ((4503599627370495n + 5_000_000n * 999999999n) * 4096n).toString() + '.000000004096',
  )
  expect(() => more.add('1e3', 1)).toThrow(SyntaxError)
})
