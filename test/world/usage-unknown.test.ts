import { afterEach, expect, test } from 'vitest'
import type { PostedEvent } from '../../src/cli/demo/post-usage.ts'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { unsettledCount } from '../../src/store/operations.ts'
import { windowOf } from '../../src/store/usage-windows.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const hour = new Date('2026-01-20T11:00:00Z')
const end = new Date('2026-01-20T12:00:00Z')
let turn = 0

/** Acme Bank, with `value` tokens used between 11 and 12. */
async function useTokens(value: number): Promise<void> {
  const { crmAccountId } = await customerNamed(world, 'Acme Bank')
  const used: PostedEvent = {
    id: `u-${++turn}`,
    source: 'test',
    type: 'tokens',
    subject: crmAccountId,
    time: '2026-01-20T11:10:00Z',
    data: { value: String(value) },
  }
  expect(await postUsage(world, [used])).toMatchObject({ accepted: 1 })
}

async function startWithAcme(): Promise<void> {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  await world.advanceTo(new Date('2026-01-20T12:30:00Z'))
}

/** Works until nothing is due at this instant; what waits to be tried again is left waiting. */
async function workAll(): Promise<void> {
  while ((await world.hub.runner.sweep()) > 0);
}

function loseOne(kind: 'cut-before' | 'cut-after'): void {
  world.twins.stripe.faults.add({ kind, method: 'POST', path: '/v1/billing/meter_events' })
}

async function countedAtStripe(): Promise<string> {
  const { providerCustomerId } = await customerNamed(world, 'Acme Bank')
  const total = await world.hub.context.billing.meterTotal('tokens', providerCustomerId ?? '', hour, end)
  return total.kind === 'ok' ? total.value : total.kind
}

async function held() {
  const { customerId } = await customerNamed(world, 'Acme Bank')
  return windowOf(world.hub.context.store.read, { customerId, meter: 'tokens', startsAt: hour })
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
      occurredAt: hour,
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
