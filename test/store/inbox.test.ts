import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Delivery } from '../../src/ports/inbound.ts'
import {
  countMessages,
  disposeMessages,
  loadMessages,
  missingDeliveries,
  rememberDeliveries,
  waitingMessages,
} from '../../src/store/inbox.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function delivery(deliveryId: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    provider: 'stripe',
    account: 'acct_1',
    deliveryId,
    type: 'invoice.finalized',
    occurredAt: after(-5),
    body: `{"id":"${deliveryId}"}`,
    ...changes,
  }
}

function remember(...deliveries: Delivery[]) {
  return own.store.unitOfWork((unit) => rememberDeliveries(unit, deliveries, after(0)))
}

test('deliveries are stored in one go; a second time they are seen, and a changed body is noticed but not kept', async () => {
  const first = await remember(delivery('evt_1'), delivery('evt_2'))
  expect(first.map(({ seen, bodyChanged }) => ({ seen, bodyChanged }))).toEqual([
    { seen: false, bodyChanged: false },
    { seen: false, bodyChanged: false },
  ])
  const second = await remember(delivery('evt_2'), delivery('evt_1', { body: '{}' }), delivery('evt_3'))
  expect(second.map(({ seen, bodyChanged }) => [seen, bodyChanged])).toEqual([
    [true, false],
    [true, true],
    [false, false],
  ])
  expect([second[0]?.seq, second[1]?.seq]).toEqual([first[1]?.seq, first[0]?.seq])
  const [stored] = await loadMessages(own.store.read, [first[0]?.seq as number])
  expect(stored).toMatchObject({ ...delivery('evt_1'), receivedAt: after(0), disposition: null })
})

test('the same delivery twice in one call is one message', async () => {
  const [one, two] = await remember(delivery('twice'), delivery('twice'))
  expect([one?.seen, two?.seen]).toEqual([false, true])
  expect(two?.seq).toBe(one?.seq)
})

test('one delivery id of another account or provider is another message', async () => {
  const remembered = await remember(
    delivery('shared'),
    delivery('shared', { account: 'acct_2' }),
    delivery('shared', { provider: 'hubspot' }),
  )
  expect(remembered.map(({ seen }) => seen)).toEqual([false, false, false])
})

test('eight doors storing the same hundred deliveries at once: each is new once, and all name the same numbers', async () => {
  const deliveries = Array.from({ length: 100 }, (_, index) => delivery(`race-${index}`))
  const doors = await Promise.all(
    Array.from({ length: 8 }, (_, door) => remember(...(door % 2 ? deliveries : deliveries.toReversed()))),
  )
  const inOrder = doors.map((answers, door) => (door % 2 ? answers : answers.toReversed()))
  expect(inOrder.flat().filter(({ seen }) => !seen)).toHaveLength(100)
  const numbers = inOrder.map((answers) => answers.map(({ seq }) => seq).join())
  expect(new Set(numbers).size).toBe(1)
  expect(inOrder.flat().every(({ bodyChanged }) => !bodyChanged)).toBe(true)
})

test('a message ends once; one that ended in an exception may end again', async () => {
  const [message] = await remember(delivery('ended'))
  const seq = message?.seq as number
  const end = (disposition: 'posted' | 'exception', at: number) =>
    own.store.unitOfWork((unit) => disposeMessages(unit, [{ seq, disposition, detail: 'why' }], after(at)))
  expect((await waitingMessages(own.store.read)).map((waiting) => waiting.seq)).toContain(seq)
  expect(await end('exception', 1)).toEqual([])
  expect(await end('posted', 2)).toEqual([])
  expect(await end('exception', 3)).toEqual([seq])
  expect(await loadMessages(own.store.read, [seq])).toMatchObject([
    { disposition: 'posted', disposedAt: after(2) },
  ])
  expect((await waitingMessages(own.store.read)).map((waiting) => waiting.seq)).not.toContain(seq)
})

test('deliveries the provider lists and we do not have are named', async () => {
  await remember(delivery('held'))
  expect(await missingDeliveries(own.store.read, 'stripe', 'acct_1', ['held', 'gone'])).toEqual(['gone'])
})

test('messages are counted by how they ended', async () => {
  const counts = await countMessages(own.store.read)
  expect(
    counts.find(({ provider, disposition }) => provider === 'stripe' && disposition === 'posted')?.count,
  ).toBe(1)
})
