import { describe, expect, test } from 'vitest'
import {
  addMonths,
  billingPeriods,
  dateIn,
  daysIn,
  isCalendarDate,
  lastDayOf,
  monthsBetween,
  monthsOf,
  nextMonth,
  overlap,
  startOfDay,
} from '../../src/domain/calendar.ts'

describe('days', () => {
  test('29 February is a day of 2024 and 2000, not of 2025 and 1900', () => {
    expect(['2024-02-29', '2000-02-29', '2025-02-29', '1900-02-29'].map(isCalendarDate)).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(['2025-13-01', '2025-00-10', '2025-1-1', '2025-01-32', 'today'].some(isCalendarDate)).toBe(false)
  })

  test('01:00 UTC on 1 March is still February in New York, and 23:30 on the 28th is March in Berlin', () => {
    expect(dateIn('America/New_York', new Date('2025-03-01T01:00:00Z'))).toBe('2025-02-28')
    expect(dateIn('Europe/Berlin', new Date('2025-02-28T23:30:00Z'))).toBe('2025-03-01')
    expect(dateIn('UTC', new Date('2025-02-28T23:30:00Z'))).toBe('2025-02-28')
  })

  test('a month ends at local midnight on both sides of summer time', () => {
    expect(startOfDay('America/New_York', '2025-03-09').toISOString()).toBe('2025-03-09T05:00:00.000Z')
    expect(startOfDay('America/New_York', '2025-03-10').toISOString()).toBe('2025-03-10T04:00:00.000Z')
  })

  test('a day without midnight begins at one: Santiago on 8 September 2024', () => {
    expect(startOfDay('America/Santiago', '2024-09-08').toISOString()).toBe('2024-09-08T04:00:00.000Z')
  })

  test('days are days, also over the change of the clock', () => {
    expect(daysIn({ startsOn: '2025-03-01', endsBefore: '2025-04-01' })).toBe(31)
    expect(daysIn({ startsOn: '2025-04-01', endsBefore: '2025-03-01' })).toBe(0)
  })
})

describe('months', () => {
  test('the 31st returns after a short month: 31 January, 28 February, 31 March', () => {
    const starts = billingPeriods({ startsOn: '2025-01-31', endsBefore: '2025-05-31' }, 1)
    expect(starts.map(({ startsOn }) => startsOn)).toEqual([
      '2025-01-31',
      '2025-02-28',
      '2025-03-31',
      '2025-04-30',
    ])
    expect(addMonths('2024-02-29', 12)).toBe('2025-02-28')
  })

  test('the last billing period may be short', () => {
    expect(billingPeriods({ startsOn: '2025-01-01', endsBefore: '2025-05-15' }, 3)).toEqual([
      { startsOn: '2025-01-01', endsBefore: '2025-04-01' },
      { startsOn: '2025-04-01', endsBefore: '2025-05-15' },
    ])
  })

  test('a service touches the months of its days; the end day does not count, and no days touch none', () => {
    expect(monthsOf({ startsOn: '2025-01-31', endsBefore: '2025-03-01' })).toEqual(['2025-01', '2025-02'])
    expect(monthsOf({ startsOn: '2025-03-01', endsBefore: '2025-03-01' })).toEqual([])
    expect(monthsOf({ startsOn: '2025-03-15', endsBefore: '2025-03-15' })).toEqual([])
  })

  test('December is followed by January; an empty stretch of months is empty', () => {
    expect(nextMonth('2025-12')).toBe('2026-01')
    expect(monthsBetween('2025-11', '2026-01')).toEqual(['2025-11', '2025-12', '2026-01'])
    expect(monthsBetween('2025-02', '2025-01')).toEqual([])
    expect([lastDayOf('2024-02'), lastDayOf('2025-12')]).toEqual(['2024-02-29', '2025-12-31'])
  })

  test('ranges that only touch share nothing', () => {
    const january = { startsOn: '2025-01-01', endsBefore: '2025-02-01' }
    const february = { startsOn: '2025-02-01', endsBefore: '2025-03-01' }
    expect(overlap(january, february)).toBeNull()
    expect(overlap(january, { startsOn: '2025-01-20', endsBefore: '2025-02-20' })).toEqual({
      startsOn: '2025-01-20',
      endsBefore: '2025-02-01',
    })
  })
})
