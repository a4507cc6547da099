import { afterEach, describe, expect, test } from 'vitest'
import {
  billedCalls,
  chargedCalls,
  chargesOfAcme,
  differencesIn,
  earnedCalls,
  passMonths,
  standingOfCalls,
  useCalls,
  worldOfCalls,
} from './settled-lines.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

describe('a commitment of 3,000.00 a quarter (B32)', () => {
  test('of which 2,400 calls at 1.00 were used leaves 600.00 to true up; 100 late calls are 100.00 on top and a credit of 100.00', async () => {
    world = await worldOfCalls('COMMITTED')
    for (const [id, time, value] of [
      ['c-1', '2026-01-20T10:10:00Z', '800'],
      ['c-2', '2026-02-10T10:10:00Z', '900'],
      ['c-3', '2026-03-10T10:10:00Z', '700'],
    ] as const) {
      await world.advanceTo(new Date(time))
      await useCalls(world, id, time, value)
    }
    await world.advanceTo(new Date('2026-04-01T12:50:00Z'))
    expect(await chargesOfAcme(world)).toMatchObject([
      {
        reason: 'true-up',
        periodStartsOn: '2026-01-01',
        furtherQuantity: '0',
        charge: {
          amount: { amountMinor: 60_000n },
          description: 'Calls, 2026-01-01 to 2026-03-31: commitment of 3000.00, 2400.00 used, 600.00 missing',
          service: { startsOn: '2026-01-01', endsBefore: '2026-04-01' },
        },
      },
    ])
    expect(await differencesIn(world)).toEqual([])
    await passMonths(world, '2026-02', '2026-03', '2026-04')
    expect(await billedCalls(world)).toContainEqual([60_000n, '2026-01-01', '2026-04-01'])
    await world.advanceTo(new Date('2026-04-10T12:00:00Z'))
    // 31 of 90 days of 3,000.00 are 1,033.33, 59 are 1,966.67.
    expect([
      await earnedCalls(world, '2026-01'),
      await earnedCalls(world, '2026-02'),
      await earnedCalls(world, '2026-03'),
    ]).toEqual([103_333n, 93_334n, 103_333n])
    await useCalls(world, 'c-4', '2026-03-10T10:20:00Z', '100')
    await world.advanceTo(new Date('2026-04-10T16:00:00Z'))
    expect(await chargedCalls(world)).toEqual([60_000n, -10_000n, 10_000n])
    await passMonths(world, '2026-05')
    expect(await billedCalls(world)).toEqual([
      [60_000n, '2026-01-01', '2026-04-01'],
      [80_000n, '2026-01-01', '2026-02-01'],
      [90_000n, '2026-02-01', '2026-03-01'],
      [70_000n, '2026-03-01', '2026-04-01'],
      [10_000n, '2026-03-10', '2026-03-10'],
      [-10_000n, '2026-03-31', '2026-03-31'],
    ])
    // Of April 30 of 91 days are earned and not billed.
    expect(await standingOfCalls(world)).toBe(-98_901n)
    expect(await differencesIn(world)).toEqual([])
  }, 120_000)

  test('without a single call is charged whole', async () => {
    world = await worldOfCalls('COMMITTED')
    await passMonths(world, '2026-02', '2026-03', '2026-04', '2026-05')
    expect(await billedCalls(world)).toEqual([[300_000n, '2026-01-01', '2026-04-01']])
    // April has earned 30 of its quarter's 91 days.
    expect(await standingOfCalls(world)).toBe(-98_901n)
    expect(await differencesIn(world)).toEqual([])
  }, 90_000)

  test('that was used is charged nothing', async () => {
    world = await worldOfCalls('COMMITTED')
    await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '3001')
    await passMonths(world, '2026-02', '2026-03', '2026-04')
    expect(await chargesOfAcme(world)).toMatchObject([
      {
        reason: 'true-up',
        charge: {
          amount: { amountMinor: 0n },
          description:
            'Calls, 2026-01-01 to 2026-03-31: commitment of 3000.00, 3001.00 used, nothing is missing',
        },
      },
    ])
    expect(await standingOfCalls(world)).toBe(0n)
    expect(await differencesIn(world)).toEqual([])
  }, 90_000)
})
