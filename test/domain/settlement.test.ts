import { describe, expect, test } from 'vitest'
import type { ContractTermsJson } from '../../src/domain/contract.ts'
import { money } from '../../src/domain/money.ts'
import { cycleMonthsOf, owedOf, settlementsOf, settlingCharge } from '../../src/domain/settlement.ts'
import { feeLine, sampleTerms, sampleVersion, tokenLine, usd } from './contract-samples.ts'

const inPackages = { model: 'package', overageDiscountPercent: '0', includedUnits: '0' } as const
const packages = tokenLine(inPackages)
const committed = (commit: object = {}) =>
  tokenLine({
    includedUnits: '0',
    overageDiscountPercent: '0',
    commit: { amount: usd(300_000), periodMonths: 3, trueUp: 'invoice-shortfall', ...commit },
  })

function versionOf(lines: ContractTermsJson['lines'], changes: Partial<ContractTermsJson> = {}) {
  return sampleVersion(sampleTerms({ lines, ...changes }))
}

function settled(lines: ContractTermsJson['lines'], changes: Partial<ContractTermsJson> = {}, zone = 'UTC') {
  return settlementsOf(versionOf(lines, changes), zone, null)
}

const noUse = { quantities: ['0'], further: '0', firstAt: null }
const never = { count: 0, amount: money('USD', 0n) }
const at = { cycleMonths: 1, zone: 'UTC', now: new Date('2017-04-01T00:45:00Z') }

describe('what is settled', () => {
  test('is nothing of fees and of lines that the provider prices', () => {
    expect(settled([feeLine(), tokenLine(), committed({ trueUp: 'none' })])).toEqual([])
  })

  test('is each of the twelve months of packages, 45 minutes after it has ended where the seller is', () => {
    const months = settled([packages], {}, 'America/New_York')
    expect(months).toHaveLength(12)
    expect(months[0]).toMatchObject({
      kind: 'rated-usage',
      period: { startsOn: '2017-03-01', endsBefore: '2017-04-01' },
      startsAt: new Date('2017-03-01T05:00:00Z'),
      endsAt: new Date('2017-04-01T12:00:00Z'),
      dueAt: new Date('2017-04-01T12:45:00Z'),
    })
  })

  test('is each quarter of a commitment with its months, whether the provider prices its use or not', () => {
    expect(settled([committed()]).map(({ kind }) => kind)).toEqual([
      'true-up',
      'true-up',
      'true-up',
      'true-up',
    ])
    const both = settled([tokenLine({ ...inPackages, commit: committedTerms() })])
    expect(both.filter(({ kind }) => kind === 'true-up')[1]).toMatchObject({
      period: { startsOn: '2017-06-01', endsBefore: '2017-09-01' },
      stretches: [
        { startsAt: new Date('2017-06-01T00:00:00Z'), endsAt: new Date('2017-07-01T00:00:00Z') },
        { startsAt: new Date('2017-07-01T00:00:00Z'), endsAt: new Date('2017-08-01T00:00:00Z') },
        { startsAt: new Date('2017-08-01T00:00:00Z'), endsAt: new Date('2017-09-01T00:00:00Z') },
      ],
    })
    expect(both).toHaveLength(16)
  })
})

function committedTerms() {
  return { amount: usd(300_000), periodMonths: 3, trueUp: 'invoice-shortfall' } as const
}

describe('what it comes to', () => {
  test('of 200M, 225M and 175M tokens at 0.004 per 1,000 and 3,000.00 a quarter: 600.00', () => {
    const [quarter] = settled([committed()])
    if (quarter === undefined) throw new Error('There is no quarter')
    expect(owedOf(quarter, ['200000000', '225000000', '175000000'], 'USD')).toEqual(money('USD', 60_000n))
    expect(owedOf(quarter, ['750000000', '1', '0'], 'USD')).toEqual(money('USD', 0n))
  })

  test('counts use before the discount on overage: 500.00 of use less 20 % leave 2,500.00', () => {
    const [quarter] = settled([tokenLine({ includedUnits: '0', commit: committedTerms() })])
    if (quarter === undefined) throw new Error('There is no quarter')
    expect(owedOf(quarter, ['125000000', '0', '0'], 'USD')).toEqual(money('USD', 250_000n))
  })

  test('of a last quarter of 61 days of 92 promises its share by days: 1,989.13', () => {
    const quarters = settled([committed()], { endsBefore: '2017-08-01' })
    expect(quarters.map(({ period }) => period.endsBefore)).toEqual(['2017-06-01', '2017-08-01'])
    const last = quarters[1]
    if (last === undefined) throw new Error('There is no second quarter')
    expect(owedOf(last, ['0', '0'], 'USD')).toEqual(money('USD', 198_913n))
  })
})

describe('the charge', () => {
  const version = versionOf([packages])
  const [march, april] = settlementsOf(version, 'UTC', null)
  if (march === undefined || april === undefined) throw new Error('There are no months')

  test('of a month has a key of its own, the month as its service, and says how it came about', () => {
    const use = { quantities: ['2500'], further: '2500', firstAt: new Date('2017-03-10T10:00:00Z') }
    expect(settlingCharge(version, march, use, never, at)).toEqual({
      chargeKey: 'charge:ctr_1/1/tokens/2017-03-01/rated-1',
      contractId: 'ctr_1',
      lineId: 'tokens',
      description:
        'Tokens, 2017-03-01 to 2017-03-31: 2,500 tokens in packages of 1,000: 3 × 0.004 = 0.012, rounded 0.01',
      amount: money('USD', 1n),
      service: { startsOn: '2017-03-01', endsBefore: '2017-04-01' },
      availableFrom: '2017-03-31',
      settledOn: '2017-04-01',
      reason: 'rated-usage',
    })
  })

  test('of what changed since is the difference, on the day of the use', () => {
    const use = { quantities: ['3600000'], further: '-400000', firstAt: new Date('2017-03-10T10:00:00Z') }
    expect(settlingCharge(version, march, use, { count: 2, amount: money('USD', 1_600n) }, at)).toMatchObject(
      {
        chargeKey: 'charge:ctr_1/1/tokens/2017-03-01/rated-3',
        description:
          'Tokens, 2017-03-01 to 2017-03-31, 400000 fewer used: 3,600,000 tokens in packages of 1,000: 3,600 × 0.004 = 14.40; less 16.00 charged before',
        amount: money('USD', -160n),
        service: { startsOn: '2017-03-10', endsBefore: '2017-03-10' },
      },
    )
  })

  test('goes on the next invoice; on its own where none follows for months, or ever', () => {
    const own = (settlement: typeof march, cycleMonths: number, changes: Partial<ContractTermsJson> = {}) =>
      settlingCharge(versionOf([packages], changes), settlement, noUse, never, { ...at, cycleMonths })
        .ownInvoice
    expect(own(march, 1)).toBeUndefined()
    expect(own(march, 3)).toBe(true)
    expect(own(april, 1, { endsBefore: '2017-05-01' })).toBe(true)
    const renewal = { kind: 'auto', months: 12, noticeDays: 30 } as const
    expect(own(april, 1, { endsBefore: '2017-05-01', renewal })).toBeUndefined()
  })

  test('is cut to the 500 characters that an invoice shows of a line, and never within one', () => {
    const named = versionOf([tokenLine({ ...inPackages, description: '🚀'.repeat(600) })])
    const [first] = settlementsOf(named, 'UTC', null)
    if (first === undefined) throw new Error('There is no month')
    const { description } = settlingCharge(named, first, noUse, never, at)
    expect(description).toBe(`${'🚀'.repeat(499)}…`)
  })

  test('of a commitment says the whole promise, though a minimum of 100.00 a month counts towards it', () => {
    const line = tokenLine({ includedUnits: '0', minimum: usd(10_000), commit: committedTerms() })
    const quarter = settled([line]).find(({ kind }) => kind === 'true-up')
    if (quarter === undefined) throw new Error('There is no quarter')
    const use = { ...noUse, quantities: ['0', '0', '0'] }
    expect(settlingCharge(versionOf([line]), quarter, use, never, at)).toMatchObject({
      amount: money('USD', 270_000n),
      description: 'Tokens, 2017-03-01 to 2017-05-31: commitment of 3000.00, 300.00 used, 2700.00 missing',
    })
  })
})

test('invoices come by the month where fees do, and by the year where nothing is billed more often', () => {
  const monthly = feeLine({ lineId: 'fee', billing: { months: 1, timing: 'advance' } })
  const yearly = tokenLine({ ...inPackages, billing: { months: 12, timing: 'arrears' } })
  const cycle = (lines: ContractTermsJson['lines'], setUpOn: string) =>
    cycleMonthsOf(sampleTerms({ lines }), setUpOn)
  expect([cycle([monthly, yearly], '2017-03-01'), cycle([yearly], '2017-03-01')]).toEqual([1, 12])
  expect([cycle([monthly, yearly], '2017-02-01'), cycle([yearly], '2017-02-01')]).toEqual([1, 12])
})
