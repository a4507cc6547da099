import { readPlainBatch } from '../../src/domain/plain-reader.ts'
import { addAlias } from '../../src/store/customers.ts'
import { sampleTerms } from '../domain/contract-samples.ts'
import { sell } from '../store/sold.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { TooManyWaiting, usageIntake } from '../../src/http/accept-usage.ts'
import { usageOfMonth } from '../../src/store/usage-windows.ts'
import { ownApp, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

const event = (id: string, changes: Partial<UsageEvent> = {}): UsageEvent => ({
  source: 'acme/intake',
  id,
  meter: 'tokens',
  subject: '001ACME',
  occurredAt: new Date('2026-03-01T10:15:00Z'),
  value: '1',
  properties: {},
  ...changes,
})

const plain = (id: string) => ({
  specversion: '1.0',
  id,
  source: 'acme/plain',
  type: 'tokens',
  subject: '001ACME',
  time: '2026-03-01T10:15:00Z',
  data: { value: '1' },
})

const usedAtTen = () =>
  usageOfMonth(
    own.store.read,
    ids.customerId,
    'tokens',
    new Date('2026-03-01T10:00:00Z'),
    new Date('2026-03-01T11:00:00Z'),
  )

test('two processes take the same 500 events of 8 requests each at once, half of them twice: each counts once', async () => {
  const before = Number(await usedAtTen())
  const [one, other] = [usageIntake(own.options), usageIntake(own.options)]
  const requests = [0, 1, 2, 3, 4, 5, 6, 7].map((request) =>
    Array.from({ length: 500 }, (_, index) => event(`both-${(index * 7 + request * 250) % 1_000}`)),
  )
  const outcomes = await Promise.all(requests.flatMap((events) => [one(events), other(events.toReversed())]))
  const counts = Map.groupBy(outcomes.flat(), (outcome) => outcome)
  expect([counts.get('accepted')?.length, counts.get('duplicate')?.length]).toEqual([1_000, 7_000])
  expect(Number(await usedAtTen()) - before).toBe(1_000)
}, 30_000)

test('one id for two subjects in the same moment: one is kept, the other is a conflict', async () => {
  const intake = usageIntake(own.options)
  for (let turn = 0; turn < 20; turn++) {
    const id = `same-${turn}`
    const [[left], [right]] = await Promise.all([
      intake([event(id)]),
      intake([event(id, { subject: 'somebody' })]),
    ])
    expect([left, right].filter((outcome) => outcome === 'conflict')).toEqual(['conflict'])
  }
})

test('events of one request in both lanes come back in their order: accepted, unmatched, duplicate, conflict', async () => {
  const intake = usageIntake(own.options)
  const given = [
    event('order-1'),
    event('order-2', { subject: 'nobody-1' }),
    event('order-3', { subject: 'nobody-2' }),
    event('order-1'),
    event('order-2', { subject: 'nobody-1', value: '2' }),
  ]
  expect(await intake(given)).toEqual(['accepted', 'unmatched', 'unmatched', 'duplicate', 'conflict'])
})

test('an event of last month that comes again this month is a duplicate: looked for in every month', async () => {
  const intake = usageIntake(own.options)
  expect(await intake([event('old')])).toEqual(['accepted'])
  const april = { ...own.options, clock: { ...own.clock, now: () => new Date('2026-04-02T00:00:00Z') } }
  expect(await usageIntake(april)([event('old'), event('new'), event('old', { value: '2' })])).toEqual([
    'duplicate',
    'accepted',
    'conflict',
  ])
  const months = await own.sql`select distinct tableoid::regclass::text as month from usage_event order by 1`
  expect(months.map(({ month }) => month as string)).toEqual([
    'usage_month.event_2026_03',
    'usage_month.event_2026_04',
  ])
})

test('an id that says when it was made is found in the month it came, also when it was made later than that', async () => {
  const march = usageIntake(own.options)
  const may = usageIntake({
    ...own.options,
    clock: { ...own.clock, now: () => new Date('2026-05-02T00:00:00Z') },
  })
  const idMadeAt = (time: string, tail: string) => {
    const hex = Date.parse(time).toString(16).padStart(12, '0')
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${tail.padStart(12, '0')}`
  }
  const [made, ahead] = [idMadeAt('2026-03-02T08:00:00Z', '1'), idMadeAt('2026-04-20T00:00:00Z', '2')]
  expect(await march([event(made), event(ahead)])).toEqual(['accepted', 'accepted'])
  expect(await may([event(made), event(ahead), event(idMadeAt('2026-05-01T00:00:00Z', '3'))])).toEqual([
    'duplicate',
    'duplicate',
    'accepted',
  ])
  expect(await may([event(ahead, { value: '2' })])).toEqual(['conflict'])
})

test('an id ahead of its time that comes twice in one batch counts once, and the event beside it as well', async () => {
  const ahead = `${Date.parse('2026-04-20T00:00:00Z').toString(16).padStart(12, '0')}`
  const id = `${ahead.slice(0, 8)}-${ahead.slice(8)}-7000-8000-00000000000a`
  expect(await usageIntake(own.options)([event('beside'), event(id), event(id)])).toEqual([
    'accepted',
    'accepted',
    'duplicate',
  ])
})

test('a subject that comes to name a second customer names nobody two seconds later', async () => {
  const sold = await own.store.unitOfWork((unit) => sell(unit, sampleTerms({})))
  let now = own.clock.now().getTime()
  const intake = usageIntake({ ...own.options, clock: { ...own.clock, now: () => new Date(now) } })
  const became = async (id: string) => (await intake([event(id, { subject: sold.subject })]))[0]
  expect(await became('first-owner')).toBe('accepted')
  await own.store.unitOfWork((unit) => addAlias(unit, sold.subject, ids.customerId, own.clock.now()))
  now += 1_999
  expect(await became('still-remembered')).toBe('accepted')
  now += 1
  expect(await became('two-owners')).toBe('unmatched')
  now -= 3_600_000
  expect(await became('clock-set-back')).toBe('unmatched')
})

test('what waits weighs as much as the bodies it stays in', async () => {
  const body = Buffer.from(`[${JSON.stringify(plain('heavy'))}${' '.repeat(65_000)}]`)
  const heavy = (turn: number) => {
    const bytes = Buffer.from(body.toString().replace('heavy', `heavy-${turn}`))
    return readPlainBatch(bytes, { mostEvents: 1, latest: Number.POSITIVE_INFINITY })?.events ?? []
  }
  const intake = usageIntake(own.options)
  const ended = await Promise.allSettled(Array.from({ length: 600 }, (_, turn) => intake(heavy(turn))))
  const refused = ended.filter(({ status }) => status === 'rejected')
  // 32,000,000 bytes may wait, and each event holds some 65,200 of them.
  expect(refused).toHaveLength(600 - 490)
})

test('tabs, line feeds, backslashes, quotes and a lone \\N go through COPY as they are', async () => {
  const odd = 'a\\N\tb\nc\rd"e\'\\.'
  await usageIntake(own.options)([event('odd', { subject: '\\N', properties: { note: odd, other: '\\N' } })])
  const [row] = await own.sql`select subject, customer_id, properties from usage_event where id = 'odd'`
  expect(row).toEqual({ subject: '\\N', customer_id: null, properties: { note: odd, other: '\\N' } })
})

test('one id for two subjects in the same moment, as March ends on one clock and April began on the other: kept once', async () => {
  const at = (now: string) =>
    usageIntake({ ...own.options, clock: { ...own.clock, now: () => new Date(now) } })
  const [march, april] = [at('2026-03-31T23:59:59.999Z'), at('2026-04-01T00:00:00.001Z')]
  for (let turn = 0; turn < 20; turn++) {
    const id = `midnight-${turn}`
    const [[left], [right]] = await Promise.all([
      march([event(id)]),
      april([event(id, { subject: 'somebody' })]),
    ])
    expect([left, right].filter((outcome) => outcome === 'conflict')).toEqual(['conflict'])
  }
})

test('while 31 MB wait 2 MB more are refused whole, and taken once there is room', async () => {
  const intake = usageIntake(own.options)
  const heavy = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) =>
      event(`${name}-${index}`, { properties: { note: 'x'.repeat(9_700) } }),
    )
  const first = intake(heavy('first', 3_100))
  await expect(intake(heavy('second', 200))).rejects.toBeInstanceOf(TooManyWaiting)
  expect((await first).every((outcome) => outcome === 'accepted')).toBe(true)
  const [row] = await own.sql`select count(*)::integer as kept from usage_event where id like 'second-%'`
  expect(row).toEqual({ kept: 0 })
  expect(await intake(heavy('second', 200))).toHaveLength(200)
}, 60_000)
