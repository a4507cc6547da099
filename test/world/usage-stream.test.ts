import { afterEach, expect, test } from 'vitest'
import { reportOn } from '../../src/cli/demo/report.ts'
import { unsettledCount } from '../../src/store/operations.ts'
import { countedAtStripe, heldHour, usageExceptions, useTokens, workAll, worldOfAcme } from './acme-tokens.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const day = ['2026-01-20T00:00:00Z', '2026-01-21T00:00:00Z'] as const

/** One token more in each of five hours, from five to nine: 1, 2, 3, 4 and 5. */
async function useFiveHours(): Promise<void> {
  for (let index = 1; index <= 5; index++) await useTokens(world, `2026-01-20T0${index + 4}:10:00Z`, index)
}

/** Single events meet a fault each time, so that whatever is counted came through the stream. */
function closeSingleEvents(times: number): void {
  world.twins.stripe.faults.add({
    kind: 'server-error',
    method: 'POST',
    path: '/v1/billing/meter_events',
    times,
  })
}

async function expectFifteen(): Promise<void> {
  expect(await countedAtStripe(world, ...day)).toBe('15')
  expect(await unsettledCount(world.hub.context.store.read)).toBe(0)
  expect(await usageExceptions(world)).toEqual([])
  expect((await reportOn(world)).report.differences).toEqual([])
}

test('5 hours that wait where 5 are many go through the stream: no single event is sent, and 15 are counted', async () => {
  world = await worldOfAcme(undefined, { streamFromHours: 5 })
  await useFiveHours()
  closeSingleEvents(9)
  await world.settle()
  expect(world.twins.stripe.faults.remaining()).toBe(9)
  expect(await heldHour(world, '2026-01-20T09:00:00Z')).toMatchObject({ reportedQuantity: '5' })
  await world.advanceTo(new Date('2026-01-20T12:40:00Z'))
  await expectFifteen()
}, 60_000)

test('5 hours where 6 are many are told one by one', async () => {
  world = await worldOfAcme(undefined, { streamFromHours: 6 })
  await useFiveHours()
  world.twins.stripe.faults.add({ kind: 'server-error', path: '/v2/billing' })
  await world.advanceTo(new Date('2026-01-20T12:40:00Z'))
  expect(world.twins.stripe.faults.remaining()).toBe(1)
  await expectFifteen()
}, 60_000)

test.each(['cut-after', 'cut-before', 'throttle', 'server-error'] as const)(
  'the stream fails by %s: its 5 hours are told one by one under the same identifiers, and 15 are counted',
  async (kind) => {
    world = await worldOfAcme(undefined, { streamFromHours: 5 })
    await useFiveHours()
    world.twins.stripe.faults.add({ kind, path: '/v2/billing/meter_event_stream', times: 1 })
    await workAll(world)
    expect(world.twins.stripe.faults.remaining()).toBe(0)
    await world.advanceTo(new Date('2026-01-20T13:00:00Z'))
    await expectFifteen()
  },
  60_000,
)
