import { expect, test } from 'vitest'
import { evidenceOf } from '../../src/domain/usage-evidence.ts'
import { acmeTerms, tokenLine } from './contract-samples.ts'

const newYork = 'America/New_York'
const terms = acmeTerms({ startsOn: '2026-01-01', endsBefore: '2027-01-01', lines: [tokenLine()] })

const found = (wanted: Parameters<typeof evidenceOf>[2], now = '2026-03-02T09:00:00Z', own = terms) => {
  const evidence = evidenceOf(own, newYork, wanted, new Date(now))
  return evidence.ok
    ? [evidence.value.period.startsOn, evidence.value.from, evidence.value.to]
    : evidence.error
}

test('the period at hand is that of the invoice to come: from noon UTC of its first day to noon of the next', () => {
  const march = ['2026-03-01', new Date('2026-03-01T12:00:00Z'), new Date('2026-04-01T12:00:00Z')]
  expect(found({})).toEqual(march)
  expect(found({ startsOn: '2026-03-01' }, '2026-08-01T00:00:00Z')).toEqual(march)
})

test('before the contract it is the first period, after it the last', () => {
  expect(found({}, '2025-06-01T00:00:00Z')[0]).toBe('2026-01-01')
  expect(found({}, '2028-06-01T00:00:00Z')[0]).toBe('2026-12-01')
})

test('a day no period begins on, a line that is not there, none, and one of two are refused in a sentence', () => {
  expect(found({ startsOn: '2026-03-02' })).toBe(
    'No billing period of the line begins on 2026-03-02. The first begins on 2026-01-01.',
  )
  expect(found({ lineId: 'seats' })).toMatch(/^The contract has no usage line seats; it has /)
  expect(found({}, undefined, { ...terms, lines: [] })).toBe(
    'The contract has no line that is priced by use.',
  )
  const two = acmeTerms({ lines: [tokenLine({ lineId: 'in' }), tokenLine({ lineId: 'out', meter: 'out' })] })
  expect(found({}, undefined, two)).toBe('Name one of the usage lines: in, out.')
})
