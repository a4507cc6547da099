import { expect, test } from 'vitest'
import { retryAfterOf, retryWait } from '../../src/sdk/retry-wait.ts'

const waits = { firstWaitMilliseconds: 250, longestWaitMilliseconds: 30_000 }

test.each([
  [1, 0, 0],
  [1, 0.5, 125],
  [1, 1, 250],
  [4, 1, 2_000],
  [8, 1, 30_000],
  [5_000, 0.5, 15_000],
])('after failure %i and with chance %d the wait is %i ms', (failures, chance, milliseconds) => {
  expect(retryWait(failures, 0, chance, waits)).toBe(milliseconds)
})

test('two seconds the hub asks for are waited for with the jitter on top: 2,125 ms', () => {
  expect(retryWait(1, 2_000, 0.5, waits)).toBe(2_125)
})

test('a hub that asks for a day is asked again after an hour', () => {
  expect(retryWait(1, 86_400_000, 0, waits)).toBe(3_600_000)
})

const now = new Date('2026-03-02T09:00:00Z')

test.each([
  ['5', 5_000],
  ['Mon, 02 Mar 2026 09:00:30 GMT', 30_000],
  ['Mon, 02 Mar 2026 08:00:00 GMT', 0],
  ['soon', 0],
  [null, 0],
])('Retry-After %s is %i ms', (header, milliseconds) => {
  expect(retryAfterOf(header, now)).toBe(milliseconds)
})
