import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiVersion } from '../../connectors/stripe/client.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { loadMessages, rememberDeliveries } from '../../src/store/inbox.ts'
import { exhausted } from '../../src/jobs/ending.ts'
import { endItem } from '../../src/jobs/settle-item.ts'
import { regenerateWork } from '../../src/jobs/sweeper.ts'
import { openItems, troubledItems } from '../../src/store/work-overview.ts'
import * as work from '../../src/store/work.ts'
import type { SmallWorld } from './small-world.ts'
import { smallWorld } from './small-world.ts'

let world: SmallWorld

beforeAll(async () => {
  world = await smallWorld()
}, 60_000)
afterAll(() => world.close())

/** Puts messages of Stripe into the inbox as if the work they asked for had been lost; answers their numbers. */
async function lose(count: number): Promise<number[]> {
  const { store, billingAccount } = world.hub.context
  const deliveries = Array.from({ length: count }, (_, index) => {
    const deliveryId = `evt_lost_${count}_${index}`
    const type = 'radar.thing.happened'
    const event = { id: deliveryId, object: 'event', type, api_version: apiVersion, data: { object: {} } }
    const body = JSON.stringify(event)
    return { provider: 'stripe', account: billingAccount, deliveryId, type, occurredAt: world.now(), body }
  })
  const held = await store.unitOfWork((unit) => rememberDeliveries(unit, deliveries, world.now()))
  return held.map(({ seq }) => seq)
}

test('a message whose work was lost is taken up again, and no work is made that nobody can do', async () => {
  const { read } = world.hub.context.store
  const [seq = 0] = await lose(1)
  await regenerateWork(world.hub.context)
  await world.settle()
  const [message] = await loadMessages(read, [seq])
  expect(message?.disposition).toBe('no-op')
  expect(await troubledItems(read)).toEqual([])
  expect(await listExceptions(read, { state: 'open' })).toEqual([])
})

test('asking again leaves a sweep at its hour, and a message that waits for a person alone', async () => {
  const { store: held, clock } = world.hub.context
  const [seq = 0] = await lose(1)
  const subject = `inbox:${seq}`
  await held.unitOfWork(async (unit) => {
    await work.enqueue(unit, [{ queue: 'book-fact', subject, dueAt: clock.now() }], clock.now())
    const leaseUntil = new Date(clock.now().getTime() + 60_000)
    const [item] = await work.claim(unit, 'book-fact', { limit: 1, now: clock.now(), leaseUntil })
    if (item === undefined) throw new Error('There is nothing to park')
    await work.park(unit, item, 'a person must look')
  })
  const account = world.hub.context.billingAccount
  const before = (await openItems(held.read, [account])).map(({ dueAt }) => dueAt)
  expect(before).toHaveLength(1)
  expect(before[0]?.getTime()).toBeGreaterThan(clock.now().getTime() + 3_600_000)
  await regenerateWork(world.hub.context)
  expect((await openItems(held.read, [account])).map(({ dueAt }) => dueAt)).toEqual(before)
  expect(await openItems(held.read, [subject])).toEqual([])
})

test('messages that wait for a person do not hide those whose work was lost: 1,001 parked, 1 taken up', async () => {
  const { store: held, clock } = world.hub.context
  const parked = await lose(1001)
  await held.unitOfWork(async (unit) => {
    const items = parked.map((seq) => ({ queue: 'book-fact', subject: `inbox:${seq}`, dueAt: clock.now() }))
    await work.enqueue(unit, items, clock.now())
    const leaseUntil = new Date(clock.now().getTime() + 60_000)
    for (const item of await work.claim(unit, 'book-fact', { limit: 2000, now: clock.now(), leaseUntil }))
      await work.park(unit, item, 'a person must look')
  })
  const [lost = 0] = await lose(2)
  await regenerateWork(world.hub.context)
  expect(await openItems(held.read, [`inbox:${lost}`])).toHaveLength(1)
})

test('a sweep that was stopped begins again by itself, and its exception is settled once it has swept', async () => {
  const { store: held, clock, billingAccount, crms } = world.hub.context
  const stopped = [
    { queue: 'sweep-billing' as const, subject: billingAccount },
    ...[...crms.keys()].map((subject) => ({ queue: 'sweep-crm' as const, subject })),
  ]
  const now = clock.now()
  await held.unitOfWork(async (unit) => {
    await work.enqueue(
      unit,
      stopped.map((item) => ({ ...item, dueAt: now })),
      now,
    )
    const lease = { limit: 10, now, leaseUntil: new Date(now.getTime() + 60_000) }
    for (const queue of ['sweep-billing', 'sweep-crm'] as const) {
      for (const item of await work.claim(unit, queue, lease))
        await endItem(
          unit,
          item,
          { kind: 'park', issues: [exhausted(queue, 'no answer')] },
          world.hub.context,
        )
    }
  })
  expect(await listExceptions(held.read, { state: 'open', code: 'POISON' })).toHaveLength(stopped.length)
  await regenerateWork(world.hub.context)
  await world.settle()
  expect(await listExceptions(held.read, { state: 'open', code: 'POISON' })).toEqual([])
})
