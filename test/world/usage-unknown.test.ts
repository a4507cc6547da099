import { afterEach, expect, test } from 'vitest'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { unsettledCount } from '../../src/store/operations.ts'
import * as acme from './acme-tokens.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const hour = '2026-01-20T11:00:00Z'

async function startWithAcme(): Promise<void> {
  world = await acme.worldOfAcme()
}

/** Acme uses tokens between 11 and 12. */
const useTokens = (value: number) => acme.useTokens(world, '2026-01-20T11:10:00Z', value)
const workAll = () => acme.workAll(world)
const held = () => acme.heldHour(world, hour)
const countedAtStripe = () => acme.countedAtStripe(world, hour, '2026-01-20T12:00:00Z')

function loseOne(kind: 'cut-before' | 'cut-after'): void {
  world.twins.stripe.faults.add({ kind, method: 'POST', path: '/v1/billing/meter_events' })
}

/** Nothing is unknown any more, and the books agree with Stripe. */
async function expectSettled(): Promise<void> {
  expect(await unsettledCount(world.hub.context.store.read)).toBe(0)
  expect((await reportOn(world)).report.differences).toEqual([])
}

test('an answer lost before its effect for 25 hours: Stripe shows 0 of 5 for an hour, then 5 are told under a new identifier', async () => {
  await startWithAcme()
  loseOne('cut-before')
  await useTokens(5)
  await workAll()
  await world.jumpTo(new Date('2026-01-21T13:30:00Z'))
  expect(await held()).toMatchObject({ sendingValue: '5', retellings: 0, countedQuantity: '0' })
  expect(await countedAtStripe()).toBe('0')
  await world.advanceTo(new Date('2026-01-21T14:40:00Z'))
  expect(await held()).toMatchObject({ reportedQuantity: '5', retellings: 1, sendingRevision: null })
  expect(await countedAtStripe()).toBe('5')
  await expectSettled()
}, 60_000)

test('an answer lost after its effect for 25 hours: Stripe shows 5 of 5, and nothing is sent', async () => {
  await startWithAcme()
  loseOne('cut-after')
  await useTokens(5)
  await workAll()
  await world.jumpTo(new Date('2026-01-21T13:30:00Z'))
  expect(await held()).toMatchObject({ reportedQuantity: '5', retellings: 0, sendingRevision: null })
  expect(await countedAtStripe()).toBe('5')
  await expectSettled()
}, 60_000)

test('5 told, then 3 more lost on the way: Stripe shows 5 of 8, which is more than 3, and 3 are told', async () => {
  await startWithAcme()
  await useTokens(5)
  await world.settle()
  expect(await held()).toMatchObject({ reportedQuantity: '5' })
  loseOne('cut-before')
  await useTokens(3)
  await workAll()
  await world.jumpTo(new Date('2026-01-21T13:30:00Z'))
  await world.advanceTo(new Date('2026-01-21T14:40:00Z'))
  expect(await held()).toMatchObject({ reportedQuantity: '8', retellings: 1 })
  expect(await countedAtStripe()).toBe('8')
  await expectSettled()
}, 60_000)

test('a sum that still moves is waited for: 0 of 5 at 13:30, 5 of 5 at 14:30, and 5 are told once', async () => {
  await startWithAcme()
  // Counted at 14:00 of the next day.
  world.twins.stripe.setQuirks({ meterLagSeconds: 25.5 * 3_600 })
  loseOne('cut-after')
  await useTokens(5)
  await workAll()
  await world.jumpTo(new Date('2026-01-21T13:30:00Z'))
  expect(await held()).toMatchObject({ countedQuantity: '0', sendingRevision: 1 })
  await world.advanceTo(new Date('2026-01-21T18:00:00Z'))
  expect(await held()).toMatchObject({ reportedQuantity: '5', retellings: 0 })
  expect(await countedAtStripe()).toBe('5')
  await expectSettled()
}, 60_000)

test('somebody took 2 of 8 away at Stripe while the answer was lost: the missing 2 are told; 3 too many are taken back', async () => {
  await startWithAcme()
  loseOne('cut-after')
  await useTokens(8)
  await workAll()
  const { providerCustomerId } = await customerNamed(world, 'Acme Bank')
  const byHand = (value: string) =>
    world.hub.context.billing.sendMeterEvent({
      identifier: `by-hand-${value}`,
      meter: 'tokens',
      customerId: providerCustomerId ?? '',
      value,
      occurredAt: new Date(hour),
    })
  await byHand('-2')
  await world.jumpTo(new Date('2026-01-21T13:30:00Z'))
  await world.advanceTo(new Date('2026-01-21T14:40:00Z'))
  expect(await countedAtStripe()).toBe('8')
  loseOne('cut-after')
  await useTokens(1)
  await workAll()
  await byHand('3')
  await world.jumpTo(new Date('2026-01-22T16:30:00Z'))
  await world.advanceTo(new Date('2026-01-22T17:40:00Z'))
  expect(await countedAtStripe()).toBe('9')
  await expectSettled()
}, 60_000)
