import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, money } from '../../src/domain/money.ts'
import { selfAssess, taxInside, taxOn, taxOnLine } from '../../src/domain/tax-amount.ts'
import { checkTaxId } from '../../src/domain/tax-id.ts'
import { usd } from './golden/terms.ts'

describe('tax numbers', () => {
  test.each([
    ['AT', 'atu 15159209', 'valid', 'ATU15159209'],
    ['AT', 'U15159209', 'valid', 'ATU15159209'],
    ['AT', 'ATU15169209', 'invalid', 'ATU15169209'],
    ['BE', 'BE0202.239.951', 'valid', 'BE0202239951'],
    ['BE', 'BE413562567', 'valid', 'BE0413562567'],
    ['BE', 'BE2000021323', 'invalid', 'BE2000021323'],
    ['GR', '094259216', 'valid', 'EL094259216'],
    ['EL', 'EL94051189', 'valid', 'EL094051189'],
    ['NL', 'NL4495445B01', 'valid', 'NL004495445B01'],
    ['NL', 'NL009122746B00', 'invalid', 'NL009122746B00'],
    ['GB', '980 7806 84', 'valid', 'GB980780684'],
    ['XI', 'XI432525179', 'valid', 'XI432525179'],
    ['CH', 'CHE-107.787.577 IVA', 'valid', 'CHE107787577IVA'],
    ['CH', 'CHE-107.787.578', 'invalid', 'CHE107787578'],
    ['NO', 'NO 995 525 828 MVA', 'valid', '995525828MVA'],
    ['NO', '988077917', 'valid', '988077917'],
    ['JP', 'T5835678256246', 'valid', '5835678256246'],
    ['BR', '12.ABC.345/01DE-35', 'valid', '12ABC34501DE35'],
    ['US', '91-1144442', 'valid', '911144442'],
    ['AE', '100-1234-5678-9012', 'unknown', '100123456789012'],
  ] as const)('%s %s is %s: %s', (country, value, kind, normalized) => {
    expect(checkTaxId(country, value)).toEqual({ kind, normalized })
  })

  test('what is valid stays valid as it is written', () => {
    const numbers = fc.constantFrom(
      ['DE', 'DE136695976'],
      ['FR', 'FRK7399859412'],
      ['IE', 'IE8D79739I'],
      ['MX', 'GODE561231GR8'],
      ['CY', 'CY-10008489A'],
    )
    fc.assert(
      fc.property(numbers, fc.constantFrom(' ', '.', '-'), ([country = '', value = ''], gap) => {
        const first = checkTaxId(country, [...value].join(gap))
        expect(first.kind).toBe('valid')
        expect(checkTaxId(country, first.normalized)).toEqual(first)
      }),
    )
  })
})

describe('tax amounts', () => {
  test('8.875 % of 100.00 is 8.88, in yen 10.5 % of 999 is 105', () => {
    expect(taxOn(usd('100.00'), '8.875')).toEqual(usd('8.88'))
    expect(taxOn(money('JPY', 999n), '10.5')).toEqual(money('JPY', 105n))
  })

  test('Quebec on 100.00: 5.00 and 9.98, each on the price and rounded by itself, make 14.98', () => {
    const tax = taxOnLine(usd('100.00'), ['5', '9.975'])
    expect(tax.components).toEqual([usd('5.00'), usd('9.98')])
    expect(tax.total).toEqual(usd('14.98'))
    expect([tax.untaxed, tax.reason]).toEqual([usd('0.00'), null])
  })

  test('under reverse charge nothing is charged, all of it is untaxed, and the reason is kept', () => {
    expect(taxOnLine(usd('110.00'), ['20'], 'reverse-charge')).toEqual({
      components: [],
      total: usd('0.00'),
      untaxed: usd('110.00'),
      reason: 'reverse-charge',
    })
    expect(selfAssess(usd('2000.00'), '21')).toEqual({
      output: usd('420.00'),
      input: usd('420.00'),
      effect: usd('0.00'),
    })
  })

  test('20 % inside 100.00 are 16.67, and the net is the rest', () => {
    expect(taxInside(usd('100.00'), '20')).toEqual({ net: usd('83.33'), tax: usd('16.67') })
  })

  test('net and the tax inside always make the price', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 9n), fc.nat(3000), (amountMinor, tenths) => {
        const gross = money('USD', amountMinor)
        const { net, tax } = taxInside(gross, `${Math.floor(tenths / 10)}.${tenths % 10}`)
        expect(add(net, tax)).toEqual(gross)
        expect(tax.amountMinor >= 0n && tax.amountMinor <= amountMinor).toBe(true)
      }),
    )
  })
})
