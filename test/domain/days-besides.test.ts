import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays } from '../../src/domain/calendar.ts'
import { daysBesides } from '../../src/domain/days-besides.ts'

test('besides nothing lie all days', () => {
  expect(daysBesides([])).toEqual([{ startsOn: null, endsBefore: null }])
})

test('besides all of January and 9 days of March lie what came before, February, and what comes from 10 March on', () => {
  const ranges = [
    { startsOn: '2026-03-01', endsBefore: '2026-03-10' },
    { startsOn: '2026-01-01', endsBefore: '2026-02-01' },
  ]
  expect(daysBesides(ranges)).toEqual([
    { startsOn: null, endsBefore: '2026-01-01' },
    { startsOn: '2026-02-01', endsBefore: '2026-03-01' },
    { startsOn: '2026-03-10', endsBefore: null },
  ])
})

test('each day lies in one range at least or in one gap, whatever the ranges', () => {
  const first = '2026-01-01'
  const aRange = fc
    .record({ day: fc.integer({ min: 1, max: 60 }), days: fc.integer({ min: 1, max: 31 }) })
    .map(({ day, days }) => ({ startsOn: addDays(first, day), endsBefore: addDays(first, day + days) }))
  fc.assert(
    fc.property(fc.array(aRange, { maxLength: 6 }), (ranges) => {
      const gaps = daysBesides(ranges)
      for (let index = 0; index < 100; index++) {
        const day = addDays(first, index)
        const isCovered = ranges.some(({ startsOn, endsBefore }) => day >= startsOn && day < endsBefore)
        const within = gaps.filter(
          ({ startsOn, endsBefore }) =>
            (startsOn === null || day >= startsOn) && (endsBefore === null || day < endsBefore),
        )
        expect([day, within.length]).toEqual([day, isCovered ? 0 : 1])
      }
    }),
    { endOnFailure: true },
  )
})
