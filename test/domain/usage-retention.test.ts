import { describe, expect, test } from 'vitest'
import type { UsageMonth } from '../../src/domain/usage-retention.ts'
import { archivableFrom, holdOf, isPastKeeping } from '../../src/domain/usage-retention.ts'

test('January 2024 can be put away from 7 March 2025 on, 400 days after its last event at the latest', () => {
  expect(archivableFrom('2024-01', 400)).toBe('2025-03-07')
  expect(isPastKeeping('2024-01', 400, '2025-03-06')).toBe(false)
  expect(isPastKeeping('2024-01', 400, '2025-03-07')).toBe(true)
  expect(isPastKeeping('2024-01', 800, '2025-03-07')).toBe(false)
})

const sound: UsageMonth = { month: '2024-01', archived: null, unmatched: [], unclosedEntities: [] }
const names = Array.from({ length: 22 }, (_none, index) => ({ subject: `n${index}`, eventCount: 2 }))

describe('what holds a month back', () => {
  test.each<[string, Partial<UsageMonth>]>([
    ['nothing', {}],
    ['nothing, as copies of all of it are here', { archived: { isRestored: true } }],
  ])('%s', (_name, changes) => {
    expect(holdOf({ ...sound, ...changes })).toBeNull()
  })

  test.each<[string, Partial<UsageMonth>, string]>([
    [
      'a part of it is here',
      { archived: { isRestored: false } },
      'Only part of 2024-01 was brought back. Import the other files of it.',
    ],
    [
      'events of nobody',
      { unmatched: names.slice(0, 2) },
      'Events wait for a customer under n0 (2), n1 (2). Say whose they are.',
    ],
    ['events of 22 names', { unmatched: names }, 'n19 (2) and 2 other names.'],
    [
      'books',
      { unclosedEntities: ['eu', 'us'] },
      'No month of eu, us was closed after it. Close the books first.',
    ],
  ])('%s', (_name, changes, reason) => {
    expect(holdOf({ ...sound, ...changes })?.reason).toContain(reason)
  })
})
