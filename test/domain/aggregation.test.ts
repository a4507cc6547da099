import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Point, PointAggregation } from '../../src/domain/aggregation.ts'
import { contributionsOf, signedDecimalOf } from '../../src/domain/aggregation.ts'
import { finestParts } from '../../src/domain/exact-sum.ts'

const from = new Date('2026-03-01T00:00:00Z')
const day = { from, to: new Date('2026-03-02T00:00:00Z') }
const point = (time: string, value: string, group = '', key = time): Point => ({
  group,
  atMilliseconds: Date.parse(`2026-03-01T${time}:00Z`),
  key,
  value,
})

/** Contributions as `06 3`, an hour and what it adds; a group stands before them. */
function told(...[aggregation, points, period, levels]: Parameters<typeof contributionsOf>): string[] {
  return contributionsOf(aggregation, points, period, levels).map(({ group, startsAt, quantity }) =>
    `${group} ${startsAt.toISOString().slice(11, 13)} ${quantity}`.trim(),
  )
}

describe('maximum', () => {
  test('an hour adds what it raises the highest reading so far by: 5, nothing, then 2.5 make 7.5', () => {
    const points = [point('06:10', '5'), point('08:00', '4'), point('09:30', '7.5')]
    expect(told('maximum', points, day)).toEqual(['06 5', '08 0', '09 2.5'])
  })

  test('a late high reading takes from the hours after it what they raised', () => {
    const points = [point('06:10', '5'), point('09:30', '7.5'), point('02:00', '7')]
    expect(told('maximum', points, day)).toEqual(['02 7', '06 0', '09 0.5'])
  })

  test('with groups it is the sum of the highest of each: 5 in eu and 4 in us make 9', () => {
    const points = [point('06:10', '5', '["eu"]'), point('06:20', '4', '["us"]')]
    expect(told('maximum', points, day)).toEqual(['["eu"] 06 5', '["us"] 06 4'])
  })
})

describe('last', () => {
  test('an hour adds the change of the latest reading, below zero too: 10, then 4, make 4', () => {
    expect(told('last', [point('06:10', '10'), point('06:50', '9.5'), point('08:00', '4')], day)).toEqual([
      '06 9.5',
      '08 -5.5',
    ])
  })

  test('of two readings in one instant the one with the greater key is the later', () => {
    const points = [point('06:10', '2', '', 'b'), point('06:10', '1', '', 'a')]
    expect(told('last', points, day)).toEqual(['06 2'])
    expect(told('last', points.toReversed(), day)).toEqual(['06 2'])
  })
})

test('unique: an hour adds the members first seen in it: 2, then 1 of 2, then none make 3', () => {
  const points = [
    ...['ann', 'bob', 'ann'].map((member) => point('06:10', member)),
    point('08:00', 'bob'),
    point('08:01', 'cy'),
    point('23:59', 'ann'),
  ]
  expect(told('unique', points, day)).toEqual(['06 2', '08 1', '23 0'])
})

describe('time-weighted', () => {
  test('10 held for 6 hours and 40 for 6 hours of a day are 12.5 on average', () => {
    const points = [point('12:00', '10'), point('18:00', '40')]
    const hours = told('time-weighted', points, day)
    expect(hours).toHaveLength(12)
    expect([hours[0], hours[11]]).toEqual(['12 0.416666666667', '23 1.666666666667'])
    expect(sumOf('time-weighted', points)).toBe('12.5')
  })

  test('the level before holds from the first hour on: 24, until it is 0 at noon, is 12', () => {
    const points = [point('12:00', '0')]
    expect(told('time-weighted', points, day, new Map([['', '24']])).slice(0, 1)).toEqual(['00 1'])
    expect(sumOf('time-weighted', points, new Map([['', '24']]))).toBe('12')
  })

  test('a level counts by the millisecond: 1 for one of 86,400,000 is 0.000000011574', () => {
    const end = { ...point('12:00', '0', '', 'b'), atMilliseconds: point('12:00', '').atMilliseconds + 1 }
    expect(sumOf('time-weighted', [point('12:00', '1', '', 'a'), end])).toBe('0.000000011574')
  })

  test('hours that are yet to come can be left out', () => {
    const period = { ...day, until: new Date('2026-03-01T14:00:00Z') }
    expect(told('time-weighted', [point('12:00', '24')], period)).toEqual(['12 1', '13 1'])
  })

  test('a thirtieth of a level in three parts rounds once: 1 over a day of readings of 1 is 1 exactly', () => {
    const points = Array.from({ length: 24 }, (_none, hour) =>
      point(`${String(hour).padStart(2, '0')}:07`, '1'),
    )
    expect(sumOf('time-weighted', points, new Map([['', '1']]))).toBe('1')
  })
})

test('readings outside of the period are another period’s', () => {
  const outside = { ...point('00:00', '99'), atMilliseconds: day.to.getTime() }
  for (const aggregation of ['maximum', 'last', 'unique', 'time-weighted'] as const)
    expect(contributionsOf(aggregation, [outside], day)).toEqual([])
})

function sumOf(
  aggregation: PointAggregation,
  points: readonly Point[],
  levels = new Map<string, string>(),
): string {
  return signedDecimalOf(
    contributionsOf(aggregation, points, day, levels)
      .map(({ quantity }) =>
        quantity.startsWith('-') ? -finestParts(quantity.slice(1)) : finestParts(quantity),
      )
      .reduce((sum, parts) => sum + parts, 0n),
  )
}

const anyPoint = fc.record({
  group: fc.constantFrom('["eu"]', '["us"]'),
  atMilliseconds: fc.integer({ min: 0, max: 86_399_999 }).map((offset) => from.getTime() + offset),
  key: fc.uuid(),
  value: fc.integer({ min: 0, max: 50 }).map((tenths) => `${Math.floor(tenths / 10)}.${tenths % 10}`),
})

/** The aggregate of a day worked out in the plainest way. */
const plainly: Readonly<
  Record<Exclude<PointAggregation, 'time-weighted'>, (sorted: readonly Point[]) => bigint>
> = {
  maximum: (sorted) =>
    sorted.map(({ value }) => finestParts(value)).reduce((high, each) => (each > high ? each : high), 0n),
  last: (sorted) => finestParts(sorted.at(-1)?.value ?? '0'),
  unique: (sorted) => BigInt(new Set(sorted.map(({ value }) => value)).size) * finestParts('1'),
}

test('hours add up to the aggregate of the period, group by group, whatever order the readings came in', () => {
  fc.assert(
    fc.property(fc.array(anyPoint, { maxLength: 40 }), (points) => {
      const ordered = points.toSorted(
        (left, right) => left.atMilliseconds - right.atMilliseconds || (left.key < right.key ? -1 : 1),
      )
      for (const aggregation of ['maximum', 'last', 'unique'] as const) {
        const groups = [...Map.groupBy(ordered, ({ group }) => group).values()]
        const expected = groups.map(plainly[aggregation]).reduce((sum, each) => sum + each, 0n)
        expect(sumOf(aggregation, points)).toBe(signedDecimalOf(expected))
        expect(contributionsOf(aggregation, points.toReversed(), day)).toEqual(
          contributionsOf(aggregation, points, day),
        )
      }
    }),
    { numRuns: 200 },
  )
})

test('a time-weighted day is the exact area over the day, rounded once for each group', () => {
  fc.assert(
    fc.property(fc.array(anyPoint, { maxLength: 40 }), (points) => {
      const groups = Map.groupBy(points, ({ group }) => group)
      let expected = 0n
      for (const held of groups.values()) {
        const sorted = held.toSorted(
          (left, right) => left.atMilliseconds - right.atMilliseconds || (left.key < right.key ? -1 : 1),
        )
        const area = sorted.reduce((sum, { value, atMilliseconds }, index) => {
          const until = sorted[index + 1]?.atMilliseconds ?? day.to.getTime()
          return sum + finestParts(value) * BigInt(until - atMilliseconds)
        }, 0n)
        expected += (area * 2n + 86_400_000n) / 172_800_000n
      }
      expect(sumOf('time-weighted', points)).toBe(signedDecimalOf(expected))
    }),
    { numRuns: 200 },
  )
})
