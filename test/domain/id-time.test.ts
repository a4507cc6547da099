import { expect, test } from 'vitest'
import { timeOfId } from '../../src/domain/id-time.ts'

test('a UUID of version 7 says its millisecond, in small and in large letters', () => {
  expect(timeOfId('019c0a4f-6c00-7abc-8def-0123456789ab')).toBe(Date.parse('2026-01-29T15:11:43.104Z'))
  expect(timeOfId('019C0A4F-6C00-7ABC-BDEF-0123456789AB')).toBe(Date.parse('2026-01-29T15:11:43.104Z'))
})

test.each([
  ['version 4', '019c0a4f-6c00-4abc-8def-0123456789ab'],
  ['another variant', '019c0a4f-6c00-7abc-cdef-0123456789ab'],
  ['no dashes', '019c0a4f6c007abc8def0123456789ab'],
  ['something after', '019c0a4f-6c00-7abc-8def-0123456789ab1'],
  ['any other id', 'req-7f3a'],
  ['a time after 2099', 'ffffffff-ffff-7fff-bfff-ffffffffffff'],
])('an id of %s says no time', (_what, id) => {
  expect(timeOfId(id)).toBeNull()
})
