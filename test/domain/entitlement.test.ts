import { expect, test } from 'vitest'
import { currentPeriods, isInForce, joinFlags, usageStandings } from '../../src/domain/entitlement.ts'
import { money } from '../../src/domain/money.ts'
import { acmeTerms, sampleTerms, tokenLine } from './contract-samples.ts'

const acme = acmeTerms()

test('13,000,000 tokens of 10,000,000 included leave none and cost 9.60 so far, with the formula', () => {
  expect(usageStandings(acme, '2027-01-15', new Map([['tokens', '13000000']]))).toEqual([
    {
      lineId: 'tokens',
      meter: 'tokens',
      product: { code: 'TOKENS', name: 'Tokens', family: 'Usage' },
      period: { startsOn: '2027-01-01', endsBefore: '2027-02-01' },
      includedUnits: '10000000',
      usedUnits: '13000000',
      remainingUnits: '0',
      percentUsed: '130',
      overageUnits: '3000000',
      overage: money('USD', 960n),
      explanation: '3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60',
    },
  ])
})

test('2,500,000.5 tokens leave 7,499,999.5, exactly, and cost nothing', () => {
  const [standing] = usageStandings(acme, '2027-01-15', new Map([['tokens', '2500000.5']]))
  expect(standing).toMatchObject({ usedUnits: '2500000.5', remainingUnits: '7499999.5', overageUnits: '0' })
  expect(standing?.overage).toEqual(money('USD', 0n))
})

test('a line nobody used has all of it left', () => {
  expect(usageStandings(acme, '2027-03-31', new Map())[0]).toMatchObject({
    usedUnits: '0',
    remainingUnits: '10000000',
    period: { startsOn: '2027-03-01', endsBefore: '2027-04-01' },
  })
})

test('a quarterly line that began on 15 January stands in its second quarter on 15 April', () => {
  const terms = sampleTerms({
    startsOn: '2026-01-15',
    endsBefore: '2027-01-15',
    lines: [tokenLine({ billing: { months: 3, timing: 'arrears' } })],
  })
  const rangeOn = (day: string) => currentPeriods(terms, day).map(({ range }) => range.startsOn)
  expect([rangeOn('2026-04-14'), rangeOn('2026-04-15')]).toEqual([['2026-01-15'], ['2026-04-15']])
})

test('the first day counts and the day after the last does not', () => {
  expect(['2026-12-31', '2027-01-01', '2027-12-31', '2028-01-01'].map((day) => isInForce(acme, day))).toEqual(
    [false, true, true, false],
  )
  expect(currentPeriods(acme, '2028-01-01')).toEqual([])
  expect(usageStandings(acme, '2026-12-31', new Map([['tokens', '5']]))).toEqual([])
})

test('flags of several contracts: one turns a switch on, the larger number counts, the later text', () => {
  expect(
    joinFlags([
      { sso: true, seats: 250, region: 'us', audit: false, odd: 1 },
      { sso: false, seats: 50, region: 'eu', audit: false, odd: 'text' },
    ]),
  ).toEqual({ sso: true, seats: 250, region: 'eu', audit: false, odd: 'text' })
  expect(joinFlags([])).toEqual({})
})
