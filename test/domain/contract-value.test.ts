import { describe, expect, test } from 'vitest'
import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { contractValue, obligationsOf } from '../../src/domain/contract-value.ts'
import { money, sum } from '../../src/domain/money.ts'
import { acmeTerms, feeLine, sampleTerms, sampleVersion, tokenLine, usd } from './contract-samples.ts'

const monthly = { months: 1, timing: 'advance' } as const

function pricesOf(terms: ReturnType<typeof sampleTerms>): bigint[] {
  return obligationsOf(sampleVersion(terms)).map(({ price }) => price.amountMinor)
}

describe('what a contract is worth', () => {
  test('a year at 1,054.00 is one obligation of 1,054.00 from 1 March to 1 March', () => {
    const terms = sampleTerms()
    expect(contractValue(terms)).toEqual(money('USD', 105_400n))
    expect(obligationsOf(sampleVersion(terms))).toEqual([
      {
        contractId: 'ctr_1',
        lineId: 'gtx-pro',
        family: 'GTX',
        price: money('USD', 105_400n),
        service: { startsOn: '2017-03-01', endsBefore: '2018-03-01' },
      },
    ])
  })

  test('Acme: twelve months of 50,000.00 are 600,000.00, and the tokens add nothing', () => {
    expect(contractValue(acmeTerms())).toEqual(money('USD', 60_000_000n))
    expect(pricesOf(acmeTerms())).toEqual(Array.from({ length: 12 }, () => 5_000_000n))
  })

  test('10 seats at 30.00 that become 25 at 28.00 after six months are 6 x 300.00 and 6 x 700.00', () => {
    const ramp = [{ startsOn: '2017-09-01', unitPrice: usd(2_800), quantity: '25' }]
    const terms = sampleTerms({
      lines: [feeLine({ unitPrice: usd(3_000), listPrice: null, quantity: '10', billing: monthly, ramp })],
    })
    expect(contractValue(terms)).toEqual(money('USD', 600_000n))
    expect(pricesOf(terms).slice(5, 7)).toEqual([30_000n, 70_000n])
  })

  test('10 % for three months and then 5.00 off for ever, on 99.99 a month: 84.99 three times, then 94.99', () => {
    const terms = sampleTerms({
      lines: [feeLine({ unitPrice: usd(9_999), listPrice: null, billing: monthly })],
      discounts: [
        {
          name: 'Launch',
          percent: '10',
          amount: null,
          duration: { kind: 'months', months: 3 },
          lineIds: null,
        },
        { name: 'Loyal', percent: null, amount: usd(500), duration: { kind: 'forever' }, lineIds: null },
      ],
    })
    expect(pricesOf(terms).slice(0, 4)).toEqual([8_499n, 8_499n, 8_499n, 9_499n])
  })

  test('100.00 off over lines of 200.00 and 100.00 takes 66.67 and 33.33', () => {
    const terms = sampleTerms({
      lines: [
        feeLine({ lineId: 'one', unitPrice: usd(20_000), listPrice: null }),
        feeLine({ lineId: 'two', unitPrice: usd(10_000), listPrice: null }),
      ],
      discounts: [
        { name: 'Both', percent: null, amount: usd(10_000), duration: { kind: 'once' }, lineIds: null },
      ],
    })
    expect(pricesOf(terms)).toEqual([13_333n, 6_667n])
  })

  test('a discount larger than the price leaves zero, not less', () => {
    const terms = sampleTerms({
      discounts: [
        { name: 'Gift', percent: null, amount: usd(999_999), duration: { kind: 'once' }, lineIds: null },
      ],
    })
    expect(contractValue(terms)).toEqual(money('USD', 0n))
  })

  test('a 14-month term billed yearly ends in two months of 365 days: 59 of them are 170.37', () => {
    const terms = sampleTerms({ startsOn: '2017-01-01', endsBefore: '2018-03-01' })
    expect(pricesOf(terms)).toEqual([105_400n, 17_037n])
  })

  test('set-up is worth its price at once, training over three months', () => {
    const oneTime = {
      kind: 'one-time' as const,
      product: { code: 'SETUP', name: 'Set-up', family: 'Services' },
      price: usd(25_000),
      chargedOn: '2017-03-15',
    }
    const terms = sampleTerms({
      lines: [
        { ...oneTime, lineId: 'setup', serviceMonths: 0 },
        { ...oneTime, lineId: 'training', serviceMonths: 3 },
      ],
    })
    expect(obligationsOf(sampleVersion(terms)).map(({ service }) => service)).toEqual([
      { startsOn: '2017-03-15', endsBefore: '2017-03-15' },
      { startsOn: '2017-03-15', endsBefore: '2017-06-15' },
    ])
    expect(contractValue(terms)).toEqual(money('USD', 50_000n))
  })

  test('whatever is sold, the obligations add up to the contract value and none is below zero', () => {
    const cents = integer({ min: 0, max: 10_000_000 })
    const line = record({
      price: cents,
      quantity: integer({ min: 0, max: 500 }),
      months: constantFrom(1, 3, 6, 12),
    })
    const discount = record({
      percent: boolean(),
      value: integer({ min: 0, max: 100 }),
      months: integer({ min: 1, max: 24 }),
    })
    assert(
      property(
        array(line, { minLength: 1, maxLength: 4 }),
        array(discount, { maxLength: 3 }),
        integer({ min: 1, max: 40 }),
        (lines, discounts, term) => {
          const terms = sampleTerms({
            startsOn: '2017-01-31',
            endsBefore: new Date(Date.UTC(2017, term, 28)).toISOString().slice(0, 10),
            lines: [
              ...lines.map(({ price, quantity, months }, index) =>
                feeLine({
                  lineId: `line-${index}`,
                  unitPrice: usd(price),
                  listPrice: null,
                  quantity: `${quantity}`,
                  billing: { months: months as 1, timing: 'advance' },
                }),
              ),
              tokenLine(),
            ],
            discounts: discounts.map(({ percent, value, months }) => ({
              name: 'Some',
              percent: percent ? `${value}` : null,
              amount: percent ? null : usd(value * 1_000),
              duration: { kind: 'months' as const, months },
              lineIds: null,
            })),
          })
          const prices = obligationsOf(sampleVersion(terms)).map(({ price }) => price)
          expect(sum<string>('USD', prices)).toEqual(contractValue(terms))
          expect(prices.every(({ amountMinor }) => amountMinor >= 0n)).toBe(true)
        },
      ),
    )
  })
})
