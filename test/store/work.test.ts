import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { StaleFenceError } from '../../src/store/unit-of-work.ts'
import * as work from '../../src/store/work.ts'
import * as overview from '../../src/store/work-overview.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

let queue = ''
let turn = 0
beforeEach(() => {
  queue = `queue-${++turn}`
})

function enqueue(subjects: string[], { at = 0, now = 0, orderKey = null as string | null } = {}) {
  const requests = subjects.map((subject) => ({ queue, subject, dueAt: after(at), orderKey }))
  return own.store.unitOfWork((unit) => work.enqueue(unit, requests, after(now)))
}

function claim(at: number, { limit = 100, lease = 60, subjects = undefined as string[] | undefined } = {}) {
  return own.store.unitOfWork((unit) =>
    work.claim(unit, queue, {
      limit,
      now: after(at),
      leaseUntil: after(at + lease),
      ...(subjects === undefined ? {} : { subjects }),
    }),
  )
}

const finish = (items: work.WorkItem[]) => own.store.unitOfWork((unit) => work.finish(unit, items))

async function only(claimed: Promise<work.WorkItem[]>): Promise<work.WorkItem> {
  const items = await claimed
  expect(items).toHaveLength(1)
  return items[0] as work.WorkItem
}

test('work is claimed when it is due, in the order it came, and vanishes when finished', async () => {
  await enqueue(['b'])
  await enqueue(['a'])
  await enqueue(['later'], { at: 10 })
  const items = await claim(0)
  expect(items.map(({ subject, attempt }) => ({ subject, attempt }))).toEqual([
    { subject: 'b', attempt: 1 },
    { subject: 'a', attempt: 1 },
  ])
  expect(await claim(0)).toEqual([])
  await finish(items)
  expect((await claim(10)).map((item) => item.subject)).toEqual(['later'])
  expect(await claim(1000, { subjects: ['a', 'b'] })).toEqual([])
})

test('one claim takes only the subjects it asks for', async () => {
  await enqueue(['a', 'b', 'c'])
  expect((await claim(0, { subjects: ['c', 'x'] })).map((item) => item.subject)).toEqual(['c'])
})

test('300 items and ten claimers: each item goes to one of them (E9-159)', async () => {
  await enqueue(Array.from({ length: 300 }, (_, index) => `item-${index}`))
  const taken = (await Promise.all(Array.from({ length: 10 }, () => claim(0, { limit: 60 })))).flat()
  const rest = await claim(0, { limit: 300 })
  const subjects = [...taken, ...rest].map((item) => item.subject)
  expect(subjects).toHaveLength(300)
  expect(new Set(subjects).size).toBe(300)
})

test('items of one order key run one at a time in their order, others beside them', async () => {
  await enqueue(['x1'], { orderKey: 'x' })
  await enqueue(['x2'], { orderKey: 'x' })
  await enqueue(['y1'], { orderKey: 'y' })
  const [x1, y1] = await claim(0)
  expect([x1?.subject, y1?.subject]).toEqual(['x1', 'y1'])
  await own.store.unitOfWork((unit) => work.retryLater(unit, x1 as work.WorkItem, after(30), 'timeout'))
  expect(await claim(10)).toEqual([])
  await finish([await only(claim(30))])
  expect((await only(claim(31))).subject).toBe('x2')
})

test('a parked item lets the next of its order key pass, and stands behind it when it comes back', async () => {
  await enqueue(['x1'], { orderKey: 'x' })
  await enqueue(['x2', 'x3'], { orderKey: 'x' })
  const x1 = await only(claim(0))
  await own.store.unitOfWork((unit) => work.park(unit, x1, 'no price'))
  const x2 = await only(claim(1))
  expect(x2.subject).toBe('x2')
  await enqueue(['x1'], { now: 2 })
  expect(await claim(3)).toEqual([])
  await finish([x2])
  const x3 = await only(claim(4))
  await finish([x3])
  expect(await only(claim(5))).toMatchObject({ subject: 'x1', attempt: 1, lastError: null })
})

test('an item whose unit commits late does not begin beside a later one of its order key', async () => {
  let commit = () => {}
  const held = new Promise<void>((resolve) => {
    commit = resolve
  })
  let written = () => {}
  const isWritten = new Promise<void>((resolve) => {
    written = resolve
  })
  const late = own.store.unitOfWork(async (unit) => {
    await work.enqueue(unit, [{ queue, subject: 'x1', dueAt: after(0), orderKey: 'x' }], after(0))
    written()
    await held
  })
  await isWritten
  await enqueue(['x2'], { orderKey: 'x' })
  expect((await only(claim(0))).subject).toBe('x2')
  commit()
  await late
  expect(await claim(0)).toEqual([])
  const x1 = await only(claim(60))
  expect(x1.subject).toBe('x1')
  await finish([x1])
  expect(await only(claim(61))).toMatchObject({ subject: 'x2', attempt: 2 })
})

test('forty items of four order keys under eight workers: within a key never two at once, always in order', async () => {
  for (let index = 0; index < 40; index++)
    await enqueue([`k${index % 4}-${String(index).padStart(2, '0')}`], { orderKey: `k${index % 4}` })
  const running = new Set<string>()
  const finished: string[] = []
  const workUntilEmpty = async () => {
    while (finished.length < 40) {
      const [item] = await claim(0, { limit: 1 })
      if (item === undefined) continue
      expect(running.has(item.orderKey as string)).toBe(false)
      running.add(item.orderKey as string)
      await own.clock.sleep(1)
      running.delete(item.orderKey as string)
      finished.push(item.subject)
      await finish([item])
    }
  }
  await Promise.all(Array.from({ length: 8 }, workUntilEmpty))
  for (const key of ['k0', 'k1', 'k2', 'k3']) {
    const ofKey = finished.filter((subject) => subject.startsWith(key))
    expect(ofKey).toHaveLength(10)
    expect(ofKey).toEqual(ofKey.toSorted())
  }
})

test('asking again while it runs makes it run once more, at the earlier time asked', async () => {
  await enqueue(['a'])
  const first = await only(claim(0))
  await enqueue(['a'], { at: 50 })
  await enqueue(['a'], { at: 20 })
  await finish([first])
  expect(await claim(19)).toEqual([])
  await finish([await only(claim(20))])
  expect(await claim(1000)).toEqual([])
})

test('asking again makes ready work due earlier, never later', async () => {
  await enqueue(['a'], { at: 50 })
  await enqueue(['a'], { at: 70 })
  await enqueue(['a'], { at: 30 })
  expect(await work.nextDueAt(own.store.read)).toEqual(expect.any(Date))
  expect(await claim(29)).toEqual([])
  expect(await claim(30)).toHaveLength(1)
})

test('a lease that ran out is claimed anew as attempt 2, and the first runner can no longer commit', async () => {
  await enqueue(['a'])
  const dead = await only(claim(0, { lease: 60 }))
  expect(await claim(59)).toEqual([])
  const alive = await only(claim(60))
  expect(alive.attempt).toBe(2)
  await expect(finish([dead])).rejects.toBeInstanceOf(StaleFenceError)
  for (const end of [work.snooze, work.extendLease]) {
    await expect(own.store.unitOfWork((unit) => end(unit, dead, after(100)))).rejects.toBeInstanceOf(
      StaleFenceError,
    )
  }
  await expect(
    own.store.unitOfWork((unit) => work.retryLater(unit, dead, after(100), 'x')),
  ).rejects.toBeInstanceOf(StaleFenceError)
  await expect(own.store.unitOfWork((unit) => work.park(unit, dead, 'x'))).rejects.toBeInstanceOf(
    StaleFenceError,
  )
  await finish([alive])
})

test('a stale runner takes the rows of its unit with it', async () => {
  await enqueue(['a'])
  const dead = await only(claim(0))
  const alive = await only(claim(60))
  const late = own.store.unitOfWork(async (unit) => {
    await work.enqueue(unit, [{ queue, subject: 'written by the dead', dueAt: after(0) }], after(0))
    await work.finish(unit, [dead])
  })
  await expect(late).rejects.toBeInstanceOf(StaleFenceError)
  await finish([alive])
  expect(await claim(1000)).toEqual([])
})

test('a fence of an item that was finished and made anew is stale too', async () => {
  await enqueue(['a'])
  const first = await only(claim(0))
  await finish([first])
  await enqueue(['a'])
  const second = await only(claim(1))
  expect(second.fence).not.toBe(first.fence)
  await expect(finish([first])).rejects.toBeInstanceOf(StaleFenceError)
  await expect(finish([second, first])).rejects.toBeInstanceOf(StaleFenceError)
  await finish([second])
})

test('a snooze uses no attempt, a retry does, and its error is told to the next', async () => {
  await enqueue(['a'])
  const first = await only(claim(0))
  await own.store.unitOfWork((unit) => work.snooze(unit, first, after(10)))
  const second = await only(claim(10))
  expect(second.attempt).toBe(1)
  await own.store.unitOfWork((unit) => work.retryLater(unit, second, after(20), 'Stripe: timeout'))
  expect(await only(claim(20))).toMatchObject({ attempt: 2, lastError: 'Stripe: timeout' })
})

test('a lease that is extended holds', async () => {
  await enqueue(['a'])
  const item = await only(claim(0, { lease: 10 }))
  await own.store.unitOfWork((unit) => work.extendLease(unit, item, after(100)))
  expect(await claim(50)).toEqual([])
  await finish([item])
})

test('parking what was asked for again meanwhile makes it ready instead', async () => {
  await enqueue(['a'])
  const item = await only(claim(0))
  await enqueue(['a'], { at: 5 })
  await own.store.unitOfWork((unit) => work.park(unit, item, 'no price'))
  expect(await only(claim(5))).toMatchObject({ attempt: 1, lastError: 'no price' })
})

test('due queues, the next due time and the pending count leave parked work out', async () => {
  const fresh = await ownStore()
  const { store } = fresh
  await store.unitOfWork((unit) =>
    work.enqueue(
      unit,
      [
        { queue: 'now', subject: 'a', dueAt: after(0) },
        { queue: 'now', subject: 'b', dueAt: after(0) },
        { queue: 'later', subject: 'c', dueAt: after(90) },
      ],
      after(0),
    ),
  )
  expect(await work.dueQueues(store.read, after(0))).toEqual(['now'])
  const [a, b] = await store.unitOfWork((unit) =>
    work.claim(unit, 'now', { limit: 9, now: after(0), leaseUntil: after(60) }),
  )
  expect(await work.dueQueues(store.read, after(0))).toEqual([])
  await store.unitOfWork((unit) => work.park(unit, a as work.WorkItem, 'x'))
  expect(await work.nextDueAt(store.read)).toEqual(after(60))
  expect(await overview.pendingCount(store.read)).toBe(2)
  expect(await work.dueQueues(store.read, after(100))).toEqual(['later', 'now'])
  expect(await overview.workByQueue(store.read)).toEqual([
    { queue: 'later', state: 'ready', count: 1 },
    { queue: 'now', state: 'parked', count: 1 },
    { queue: 'now', state: 'running', count: 1 },
  ])
  expect((await overview.troubledItems(store.read)).map((item) => item.subject)).toEqual(['a'])
  await store.unitOfWork((unit) => work.finish(unit, [b as work.WorkItem]))
  await fresh.close()
})

test('the next due time looks past what is kept back by a snoozed item of its order key', async () => {
  const fresh = await ownStore()
  const { store } = fresh
  const request = (subject: string) => ({ queue: 'q', subject, dueAt: after(0), orderKey: 'x' })
  await store.unitOfWork((unit) => work.enqueue(unit, [request('x1')], after(0)))
  await store.unitOfWork((unit) => work.enqueue(unit, [request('x2')], after(0)))
  const claimed = await store.unitOfWork((unit) =>
    work.claim(unit, 'q', { limit: 9, now: after(0), leaseUntil: after(60) }),
  )
  expect(await work.nextDueAt(store.read)).toEqual(after(60))
  await store.unitOfWork((unit) => work.snooze(unit, claimed[0] as work.WorkItem, after(600)))
  expect(await work.nextDueAt(store.read)).toEqual(after(600))
  expect(await work.dueQueues(store.read, after(599))).toEqual([])
  expect(await work.dueQueues(store.read, after(600))).toEqual(['q'])
  await fresh.close()
})

test('bulk requests about the same items in opposite orders do not lock each other out', async () => {
  const subjects = Array.from({ length: 200 }, (_, index) => `s${index}`)
  await Promise.all([1, 2, 3, 4].map((way) => enqueue(way % 2 ? subjects : subjects.toReversed())))
  expect(await claim(0, { limit: 1000 })).toHaveLength(200)
})
