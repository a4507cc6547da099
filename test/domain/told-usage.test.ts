import { expect, test } from 'vitest'
import { hourNamed, isForgotten, isSameSum, judgeSum, tellingName } from '../../src/domain/told-usage.ts'

const noon = new Date('2026-01-20T12:00:00Z')
const half = new Date('2026-01-20T12:30:00Z')
const one = new Date('2026-01-20T13:00:00Z')

test('an identifier is relied on for 20 hours of the 24 that Stripe keeps it', () => {
  expect(isForgotten(new Date('2026-01-19T16:00:01Z'), noon)).toBe(false)
  expect(isForgotten(new Date('2026-01-19T16:00:00Z'), noon)).toBe(true)
})

test('a sum of 5 where 5 should be is complete at once', () => {
  expect(judgeSum('5.0', { quantity: '5', at: noon }, null)).toEqual({ kind: 'complete' })
})

test('a sum of 3 where 8 should be is read again an hour later, and an hour after it last moved', () => {
  const first = { quantity: '3', at: noon }
  expect(judgeSum('8', first, null)).toEqual({ kind: 'moving', since: first, until: one })
  expect(judgeSum('8', { quantity: '3.0', at: half }, first)).toEqual({
    kind: 'moving',
    since: first,
    until: one,
  })
  const moved = { quantity: '4', at: one }
  expect(judgeSum('8', moved, first)).toMatchObject({ kind: 'moving', since: moved })
})

test('a sum of 3 that stood still for an hour where 8 should be misses 5; one of 10 has 2 too many', () => {
  const at = one
  expect(judgeSum('8', { quantity: '3', at }, { quantity: '3', at: noon })).toEqual({
    kind: 'missing',
    quantity: '5',
  })
  expect(judgeSum('8', { quantity: '10', at }, { quantity: '10', at: noon })).toEqual({
    kind: 'missing',
    quantity: '-2',
  })
  expect(judgeSum('0.3', { quantity: '0.1', at }, { quantity: '0.1', at: noon })).toEqual({
    kind: 'missing',
    quantity: '0.2',
  })
})

test('a telling is named by customer, meter, hour and revision, and by how often it had to be told anew', () => {
  const first = { customerId: 'cus_1', meter: 'a/b', startsAt: noon, revision: 3, retellings: 0 }
  expect(tellingName(first)).toBe('cus_1/a/b/2026-01-20T12/3')
  expect(tellingName({ ...first, retellings: 2 })).toBe('cus_1/a/b/2026-01-20T12/3.2')
  const hour = { customerId: 'cus_1', meter: 'a/b', startsAt: noon }
  expect(hourNamed('cus_1/a/b/2026-01-20T12/3')).toEqual(hour)
  expect(hourNamed('cus_1/a/b/2026-01-20T12/3.2')).toEqual(hour)
  expect(hourNamed('0c4e81a2')).toBeNull()
})

test.each([
  ['1234567.890123456789', '1234567.8901234567', true],
  ['999999999999999', '999999999999998', false],
  ['0', '0', true],
  ['0', '0.000000000001', false],
  ['-12.5', '-12.5', true],
])('%s of ours and %s of the provider are one sum: %s', (exact, counted, expected) => {
  expect(isSameSum(exact, counted)).toBe(expected)
})
