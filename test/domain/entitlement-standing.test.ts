import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addUse,
  billingDay,
  periodAt,
  periodsToSum,
  roll,
  standingTermsOf,
  usualThresholds,
  type Standing,
} from '../../src/domain/entitlement-standing.ts'
import { sampleTerms, tokenLine } from './contract-samples.ts'

const terms = sampleTerms({
  startsOn: '2026-01-15',
  endsBefore: '2026-07-15',
  lines: [tokenLine({ includedUnits: '1000' })],
})

function standingIn(zone: string, entitlements: Readonly<Record<string, boolean | number>> = {}): Standing {
  const [line] = standingTermsOf({ ...terms, entitlements }, zone, usualThresholds)
  if (line === undefined) throw new Error('no usage line')
  const none = { periodFrom: null, periodTo: null, usedUnits: '0', crossedPercent: '0', rollsAt: null }
  return { ...line, ...none, customerId: 'cus_1', contractId: 'ctr_1' }
}

const at = (time: string) => new Date(`2026-${time}:00Z`)

test.each([
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Adelaide',
  'America/St_Johns',
  'Pacific/Chatham',
  'Europe/Berlin',
])('a billing period in %s begins and ends on a whole hour', (zone) => {
  const period = periodAt(standingIn(zone), at('03-01T00:00'))
  expect([period?.periodFrom, period?.periodTo].map((bound) => bound?.toISOString().slice(13))).toEqual([
    ':00:00.000Z',
    ':00:00.000Z',
  ])
})

test('in New York a day is billed from 12:00 UTC, but the first day of a contract from midnight there', () => {
  const days = ['01-15T04:59', '01-15T05:00', '02-15T11:59', '02-15T12:00'].map((time) =>
    billingDay(terms, 'America/New_York', at(time)),
  )
  expect(days).toEqual(['2026-01-14', '2026-01-15', '2026-02-14', '2026-02-15'])
})

test('a standing last rolled in February is given March, April and the May under way', () => {
  const february = {
    ...standingIn('Europe/Berlin'),
    ...periodAt(standingIn('Europe/Berlin'), at('02-20T00:00')),
  }
  const periods = periodsToSum(february, at('05-20T00:00'))
  expect(periods.map(({ periodFrom }) => periodFrom.toISOString().slice(5, 10))).toEqual([
    '03-15',
    '04-15',
    '05-15',
  ])
  const { standing, crossings } = roll(february, at('05-20T00:00'), ['600', '0', '12.5'])
  expect(standing).toMatchObject({ usedUnits: '12.5', crossedPercent: '0', rollsAt: at('06-15T00:00') })
  expect(crossings).toMatchObject([{ percent: '50', thresholdUnits: '500', usedUnits: '600' }])
})

test('a rolled standing is due again only later, in any zone and at any minute, so rolling comes to an end', () => {
  const zones = fc.constantFrom(
    'UTC',
    'America/New_York',
    'Pacific/Apia',
    'Etc/GMT+12',
    'Asia/Kolkata',
    'Europe/London',
  )
  // From 1 January to the end of July 2026; the contract runs from 15 January to 14 July.
  const minutes = fc.integer({ min: 0, max: 212 * 24 * 60 })
  fc.assert(
    fc.property(zones, minutes, (zone, minute) => {
      const now = new Date(Date.UTC(2026, 0, 1, 0, minute))
      const { rollsAt, periodFrom, periodTo } = roll(standingIn(zone), now, ['0']).standing
      expect(rollsAt === null || rollsAt > now).toBe(true)
      expect(periodTo ?? rollsAt).toEqual(rollsAt)
      expect(periodFrom === null || periodFrom <= now || now < at('01-15T12:01')).toBe(true)
    }),
  )
})

test('from 499 to 800 tokens of 1,000 crosses 50 and 80 %, and taking 700 back and adding them crosses nothing', () => {
  const { standing: begun } = roll(standingIn('Europe/Berlin'), at('02-20T00:00'), ['499'])
  const delta = (quantity: string) => [
    { customerId: 'cus_1', meter: 'tokens', startsAt: at('02-20T00:00'), quantity },
  ]
  const first = addUse(begun, delta('301'))
  expect(first.crossings.map(({ percent }) => percent)).toEqual(['50', '80'])
  const back = addUse(first.standing, delta('-700'))
  expect(back.standing.usedUnits).toBe('100')
  expect(addUse(back.standing, delta('700')).crossings).toEqual([])
})

test('an entitlement with the name of the meter is its limit: a number of units, or false for none', () => {
  const limits = [
    {},
    { tokens: 1_500_000 },
    { tokens: false },
    { tokens: true },
    { tokens: -1 },
    { calls: 5 },
  ]
  expect(limits.map((flags) => standingIn('UTC', flags).limitUnits)).toEqual([
    null,
    '1500000',
    '0',
    null,
    '0',
    null,
  ])
})
