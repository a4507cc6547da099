import { beforeEach, expect, test } from 'vitest'
import { createSalesforceFake, type SalesforceFake } from '../../connectors/salesforce/fake.ts'
import {
  createSalesforceFlowHook,
  createSalesforceOutboundMessageHook,
} from '../../connectors/salesforce/inbound.ts'
import { type VirtualClock, virtualClock } from '../../src/ports/clock.ts'
import type { Delivery, Hook } from '../../src/ports/inbound.ts'
import { seededRandom } from '../../src/ports/random.ts'

/** The twin's messages meet the real hooks. */
const organizationId = '00D000000000001EAA'
const urls = { messages: 'https://hub.example/hooks/messages', flow: 'https://hub.example/hooks/flow' }

let clock: VirtualClock
let fake: SalesforceFake
let received: Delivery[]
/** How many notifications each request held. */
let sizes: number[]
/** Answers the next requests instead of the hook, one each. */
let accidents: (() => Promise<Response>)[]

beforeEach(() => {
  clock = virtualClock(new Date('2026-11-18T09:00:00Z'))
  received = []
  sizes = []
  accidents = []
  fake = createSalesforceFake({
    clock,
    random: seededRandom(7),
    organizationId,
    outboundMessageUrl: urls.messages,
    flow: { url: urls.flow, secret: 'flow secret' },
    deliver: (input, init) => accidents.shift()?.() ?? receive(String(input), init),
  })
})

async function receive(url: string, init: RequestInit = {}): Promise<Response> {
  const hook: Hook =
    url === urls.flow
      ? createSalesforceFlowHook({ secrets: ['flow secret'], organizationId })
      : createSalesforceOutboundMessageHook({ organizationId })
  const headers = new Headers(init.headers)
  const inbound = await hook({
    method: 'POST',
    url,
    headers,
    rawBody: String(init.body),
    receivedAt: clock.now(),
  })
  if (inbound.kind === 'refused') return new Response(inbound.detail, { status: inbound.status })
  received.push(...inbound.deliveries)
  sizes.push(inbound.deliveries.length)
  return new Response(inbound.reply.body, { status: inbound.reply.status })
}

function wonDeal(name = 'Acme'): string {
  return fake.addDeal({ Name: name, CloseDate: '2026-11-18', StageName: 'Closed Won' })
}

function messagesFor(dealId: string): Delivery[] {
  return received.filter(
    ({ deliveryId, body }) =>
      deliveryId.startsWith('04l') && (JSON.parse(body) as { dealId: string | null }).dealId === dealId,
  )
}

test('a won deal arrives as an outbound message and as a call of the Flow; an open one as neither', async () => {
  fake.addDeal({ Name: 'Open', CloseDate: '2026-11-18' })
  const id = wonDeal()
  expect(await fake.pump()).toBe(2)
  expect(received.map(({ body }) => (JSON.parse(body) as { dealId: string }).dealId)).toEqual([id, id])
  expect(await fake.pump()).toBe(0)
  expect(fake.nextDueAt()).toBeNull()
})

test('250 changes leave in messages of 100, 100 and 50', async () => {
  for (let number = 0; number < 250; number++) wonDeal(`Deal ${number}`)
  await fake.pump()
  expect(sizes.slice(0, 3)).toEqual([100, 100, 50])
  expect(fake.truth().messages).toEqual({ enqueued: 250, acknowledged: 250, dropped: 0, waiting: 0 })
})

test.each([
  ['the connection is cut', () => Promise.reject(new Error('cut'))],
  ['our own trouble is 503', () => Promise.resolve(new Response('', { status: 503 }))],
  ['a 200 has no Ack', () => Promise.resolve(new Response('<ok/>', { status: 200 }))],
  ['an Ack is false', () => Promise.resolve(new Response('<Ack>false</Ack>', { status: 200 }))],
])('when %s, the same message comes again after 15 seconds under the same id', async (_what, accident) => {
  const id = wonDeal()
  accidents.push(accident)
  await fake.pump()
  expect(messagesFor(id)).toEqual([])
  expect(fake.nextDueAt()).toEqual(new Date('2026-11-18T09:00:15Z'))
  clock.advanceTo(new Date('2026-11-18T09:00:15Z'))
  await fake.pump()
  expect(messagesFor(id).map(({ deliveryId }) => deliveryId)).toEqual(['04lQx0000000001AAA'])
})

test('an answer lost after we stored the message brings it twice, under one id', async () => {
  const id = wonDeal()
  fake.deliverTwice(1)
  await fake.pump()
  const ids = messagesFor(id).map(({ deliveryId }) => deliveryId)
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(1)
})

test('a message nobody takes is dropped after 24 hours: the sweep has to find the deal', async () => {
  wonDeal()
  const down = () => Promise.resolve(new Response('', { status: 503 }))
  for (let hour = 0; hour < 24; hour++) {
    accidents.push(down, down)
    clock.advanceTo(new Date(Date.parse('2026-11-18T09:00:00Z') + hour * 3_600_000))
    await fake.pump()
  }
  clock.advanceTo(new Date('2026-11-19T09:00:01Z'))
  expect(await fake.pump()).toBe(0)
  expect(fake.truth().messages).toMatchObject({ waiting: 0, dropped: 1, acknowledged: 0 })
})

test('a message that waited shows the newest values, and nothing of a deal deleted meanwhile', async () => {
  const [kept, deleted] = [wonDeal('Kept'), wonDeal('Deleted')]
  fake.update(kept, { StageName: 'Closed Lost' })
  fake.delete(deleted)
  await fake.pump()
  const stages = messagesFor(kept).map(
    ({ body }) => (JSON.parse(body) as { fields: Record<string, string> }).fields['StageName'],
  )
  expect(stages).toEqual(['Closed Lost', 'Closed Lost'])
  expect(messagesFor(deleted)).toEqual([])
  expect(received.filter(({ type }) => type === 'record.changed')).toHaveLength(2)
})

test('shuffled messages arrive in another order, the same for the same seed', async () => {
  fake.shuffleMessages()
  const ids = Array.from({ length: 20 }, (_, number) => wonDeal(`Deal ${number}`))
  await fake.pump()
  const arrived = received
    .filter(({ deliveryId }) => deliveryId.startsWith('04l'))
    .map(({ body }) => (JSON.parse(body) as { dealId: string }).dealId)
  expect(arrived).not.toEqual(ids)
  expect([...arrived].sort()).toEqual([...ids].sort())
})
