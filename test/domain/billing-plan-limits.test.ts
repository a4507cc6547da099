import { describe, expect, test } from 'vitest'
import { feeLine, sampleTerms, tokenLine, usd } from './contract-samples.ts'
import { planOf, sentencesOf, stepsOf } from './plan-samples.ts'

describe('references', () => {
  test('the purchase order comes first, then three references', () => {
    const references = [1, 2, 3].map((number) => ({ name: `Ref ${number}`, value: `${number}` }))
    const terms = sampleTerms({ references, purchaseOrder: { number: '42', amount: null, expiresOn: null } })
    expect(stepsOf(planOf(terms), 'subscription')[0]?.customFields.map(({ name }) => name)).toEqual([
      'PO number',
      'Ref 1',
      'Ref 2',
      'Ref 3',
    ])
  })

  test('140 characters of purchase order pass, 141 do not', () => {
    const order = (length: number) =>
      sampleTerms({ purchaseOrder: { number: '9'.repeat(length), amount: null, expiresOn: null } })
    expect(sentencesOf(order(140))).toEqual([])
    expect(sentencesOf(order(141))).toEqual([
      expect.stringMatching(/^PO_TOO_LONG .*longer than the 140 characters/),
    ])
  })

  test('a reference name of 41 characters, and a capability flag whose key would be 41, are refused', () => {
    expect(sentencesOf(sampleTerms({ references: [{ name: 'n'.repeat(41), value: '1' }] }))[0]).toMatch(
      /^FIELD_TOO_LONG .*40 characters/,
    )
    expect(sentencesOf(sampleTerms({ entitlements: { ['f'.repeat(28)]: true } }))).toEqual([])
    expect(sentencesOf(sampleTerms({ entitlements: { ['f'.repeat(29)]: true } }))[0]).toMatch(
      /^FIELD_TOO_LONG/,
    )
  })

  test('27 capability flags fit beside three keys of ours and one for each of 20 items, 28 do not', () => {
    const flags = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, true]))
    expect(sentencesOf(sampleTerms({ entitlements: flags(27) }))).toEqual([])
    expect(sentencesOf(sampleTerms({ entitlements: flags(28) }))).toEqual([
      expect.stringContaining('at most 27 capability flags'),
    ])
  })
})

describe('what cannot be billed as agreed is refused, all reasons at once', () => {
  test('a term that is over; a cut-short period; a ramp inside a period; a foreign currency; a discount on nothing', () => {
    expect(sentencesOf(sampleTerms(), { asOf: '2018-03-01' })).toEqual([
      expect.stringContaining('the term is over'),
    ])
    const ramp = [{ startsOn: '2017-09-15', unitPrice: usd(1), quantity: '1' }]
    const terms = sampleTerms({
      endsBefore: '2018-05-01',
      lines: [feeLine({ ramp }), tokenLine({ minimum: { currency: 'EUR', amount: '1' } })],
      discounts: [
        { name: 'Lost', percent: '101', amount: null, duration: { kind: 'once' }, lineIds: ['tokens'] },
      ],
    })
    expect(sentencesOf(terms).map((sentence) => sentence.split(' ')[0])).toEqual([
      'TYPE',
      'TYPE',
      'CURRENCY_MISMATCH',
      'DISCOUNT_RANGE',
      'TYPE',
    ])
  })

  test('20 items fit on a subscription, 21 do not', () => {
    const lines = (count: number) =>
      sampleTerms({
        lines: Array.from({ length: count }, (_, index) => feeLine({ lineId: `line-${index}` })),
      })
    expect(sentencesOf(lines(20))).toEqual([])
    expect(sentencesOf(lines(21))).toEqual([expect.stringContaining('at most 20 items')])
  })

  test('100 % is a discount, 100.01 % is not', () => {
    const off = (percent: string) =>
      sampleTerms({
        discounts: [{ name: 'All', percent, amount: null, duration: { kind: 'forever' }, lineIds: null }],
      })
    expect(sentencesOf(off('100'))).toEqual([])
    expect(sentencesOf(off('100.01'))[0]).toMatch(/^DISCOUNT_RANGE/)
  })
})
