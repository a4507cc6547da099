import { afterEach, expect, test } from 'vitest'
import { reportOn } from '../../src/cli/demo/report.ts'
import {
  countedAtStripe,
  heldHour,
  switchMeter,
  usageExceptions,
  useTokens,
  worldOfAcme,
} from './acme-tokens.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const january = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'] as const
const ten = '2026-01-20T10:00:00Z'

/** Seven tokens at nine are counted; then the meter is archived, and 5 at ten and 3 at eleven are taken and not counted. */
async function archiveBetween(): Promise<void> {
  world = await worldOfAcme()
  await useTokens(world, '2026-01-20T09:10:00Z', 7)
  await world.settle()
  await switchMeter(world, 'deactivate')
  await useTokens(world, '2026-01-20T10:10:00Z', 5)
  await useTokens(world, '2026-01-20T11:10:00Z', 3)
  await world.advanceTo(new Date('2026-01-20T12:35:00Z'))
  expect(await heldHour(world, ten)).toMatchObject({ reportedQuantity: '5' })
}

async function expectOneException(): Promise<void> {
  const open = await usageExceptions(world)
  expect(open).toMatchObject([
    {
      code: 'METER_REJECTED',
      owner: 'engineer',
      sentence:
        "Use by Acme Bank of meter 'tokens' was refused by the meter: 2 hours with 8 units are not counted, because the meter is archived.",
      action: 'Correct the meter or the customer link and replay.',
    },
  ])
  expect(await heldHour(world, ten)).toMatchObject({ reportedQuantity: '0', reportedRevision: 0 })
}

async function expectMended(): Promise<void> {
  expect(await countedAtStripe(world, ...january)).toBe('7')
  await switchMeter(world, 'reactivate')
  await world.catchUp()
  expect(await countedAtStripe(world, ...january)).toBe('7')
  await world.replay()
  await world.replay()
  await world.advanceTo(new Date('2026-01-20T17:00:00Z'))
  expect(await countedAtStripe(world, ...january)).toBe('15')
  expect(await usageExceptions(world)).toEqual([])
  expect((await reportOn(world)).report.differences).toEqual([])
}

test('a meter archived at Stripe: 2 hours of 5 and 3 are one exception, and told once when it is in use again', async () => {
  await archiveBetween()
  await world.advanceTo(new Date('2026-01-20T14:30:00Z'))
  await expectOneException()
  await expectMended()
}, 60_000)

test('a report that never came is found by the sweep, and leads to the same exception of 8 units', async () => {
  await archiveBetween()
  world.twins.stripe.setWebhookEnabled(`${world.hubUrl}/v1/hooks/stripe`, false)
  await world.advanceTo(new Date('2026-01-20T14:30:00Z'))
  await world.advanceTo(new Date('2026-01-20T15:30:00Z'))
  await expectOneException()
  world.twins.stripe.setWebhookEnabled(`${world.hubUrl}/v1/hooks/stripe`, true)
  await expectMended()
}, 60_000)

test('of two hours told together, only the one whose 16 digits Stripe cannot count waits; the other 5 stay told', async () => {
  world = await worldOfAcme()
  await useTokens(world, '2026-01-20T10:10:00Z', 5)
  await useTokens(world, '2026-01-20T11:10:00Z', '1234567890123456')
  await world.advanceTo(new Date('2026-01-20T14:30:00Z'))
  expect((await usageExceptions(world)).map(({ sentence }) => sentence)).toEqual([
    "Use by Acme Bank of meter 'tokens' was refused by the meter: 1 hour with 1234567890123456 units are not counted, " +
      'because the value has too many digits.',
  ])
  expect(await heldHour(world, ten)).toMatchObject({ reportedQuantity: '5', reportedRevision: 1 })
  expect(await countedAtStripe(world, ...january)).toBe('5')
}, 60_000)
