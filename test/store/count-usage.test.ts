import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { addAlias } from '../../src/store/customers.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { standingsOf } from '../../src/store/standings.ts'
import { acceptEvents } from '../../src/store/usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { attachUnmatched } from '../../src/store/unmatched-usage.ts'
import { tokenLine } from '../domain/contract-samples.ts'
import { sampleEvent } from '../domain/meter-samples.ts'
import { accept, count, define, groupsOf, hoursOf } from './counted-meters.ts'
import { keepAt, yearTerms } from './kept.ts'
import { sell, type Sold } from './sold.ts'
import { ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
  own.clock.advanceTo(new Date('2026-04-20T09:30:00Z'))
  const seats = { eventType: 'seats' }
  await define(own, { meter: 'requests', aggregation: 'count', valuePath: null })
  await define(own, {
    meter: 'gold-seconds',
    valuePath: 'properties.seconds',
    groupBy: ['region'],
    filters: [{ property: 'tier', oneOf: ['gold'] }],
  })
  const user = 'properties.user'
  await define(own, { meter: 'users', eventType: 'login', aggregation: 'unique', valuePath: user })
  await define(own, { ...seats, meter: 'most-seats', aggregation: 'maximum' })
  await define(own, { ...seats, meter: 'last-seats', aggregation: 'last', groupBy: ['region'] })
  await define(own, { meter: 'storage', eventType: 'stored', aggregation: 'time-weighted' })
  await define(own, { meter: 'few', eventType: 'few', groupBy: ['region'], groupsAtMost: 2 })
})
afterAll(() => own.close())

let sold: Sold
let turn = 0
beforeEach(async () => {
  const lines = ['requests', 'users', 'most-seats', 'last-seats', 'storage'].map((meter) =>
    tokenLine({ lineId: meter, meter, includedUnits: '1000' }),
  )
  sold = await own.store.unitOfWork((unit) => sell(unit, yearTerms({ lines })))
  await keepAt(own.store, own.clock.now().toISOString())
})

/** An event of the customer in April: `12:30` of the 3rd is `03T12:30`. */
function event(type: string, at: string, changes: Partial<UsageEvent> = {}): UsageEvent {
  const occurredAt = new Date(`2026-04-${at}:00Z`)
  return sampleEvent({ id: `e-${++turn}`, meter: type, subject: sold.subject, occurredAt, ...changes })
}

const april = () => ({
  customerId: sold.customerId,
  from: new Date('2026-04-01T12:00:00Z'),
  to: new Date('2026-05-01T12:00:00Z'),
})

const usedOf = async (meter: string) =>
  (await standingsOf(own.store, sold.customerId)).find((held) => held.meter === meter)?.usedUnits

test('one event is a request, and seconds of its region where its tier is gold; a type that is claimed is no meter', async () => {
  const gold = (region: string, seconds: string) => ({ properties: { tier: 'gold', region, seconds } })
  await accept(own, [
    event('llm.request', '03T10:05', gold('eu', '1.5')),
    event('llm.request', '03T10:06', gold('eu', '2')),
    event('llm.request', '03T10:07', gold('us', '0.25')),
    event('llm.request', '03T11:00', { properties: { tier: 'free', region: 'us', seconds: '9' } }),
  ])
  await count(own)
  expect(await hoursOf(own, 'requests', april())).toEqual(['04-03T10 3 of 3', '04-03T11 1 of 1'])
  expect(await hoursOf(own, 'gold-seconds', april())).toEqual(['04-03T10 3.75 of 3'])
  expect(await groupsOf(own, 'gold-seconds', april())).toEqual([
    '["eu"] 04-03T10 3.5 of 2',
    '["us"] 04-03T10 0.25 of 1',
  ])
  expect(await hoursOf(own, 'llm.request', april())).toEqual([])
  expect(await usedOf('requests')).toBe('4')
})

test('a user counts in the first hour of the billing period, also where that hour comes to light later', async () => {
  const login = (at: string, user: string) => event('login', at, { properties: { user } })
  await accept(own, [login('05T10:00', 'ann'), login('05T10:30', 'bob'), login('06T10:00', 'ann')])
  await count(own)
  expect(await usedOf('users')).toBe('2')
  await accept(own, [login('04T09:00', 'ann'), login('04T09:01', 'ann'), login('07T10:00', 'cy')])
  await count(own)
  expect(await hoursOf(own, 'users', april())).toEqual([
    '04-04T09 1 of 2',
    '04-05T10 1 of 2',
    '04-06T10 0 of 1',
    '04-07T10 1 of 1',
  ])
  expect(await usedOf('users')).toBe('3')
  // The billing period ends at noon in UTC where New York sells: the next one has users of its own.
  await accept(own, [{ ...login('01T11:59', 'ann') }])
  await count(own)
  expect(await usedOf('users')).toBe('3')
})

test('the highest and the last number of seats are the sums of hours, of which some are below zero', async () => {
  const seats = (at: string, value: string, region = 'eu') =>
    event('seats', at, { value, properties: { region } })
  await accept(own, [seats('03T10:00', '5'), seats('04T10:00', '8'), seats('05T10:00', '3')])
  await count(own)
  await accept(own, [seats('03T12:00', '9'), seats('05T10:30', '2', 'us')])
  await count(own)
  expect(await hoursOf(own, 'most-seats', april())).toEqual([
    '04-03T10 5 of 1',
    '04-03T12 4 of 1',
    '04-04T10 0 of 1',
    '04-05T10 0 of 2',
  ])
  expect(await hoursOf(own, 'last-seats', april())).toEqual([
    '04-03T10 5 of 1',
    '04-03T12 4 of 1',
    '04-04T10 -1 of 1',
    '04-05T10 -3 of 2',
  ])
  expect((await groupsOf(own, 'last-seats', april())).slice(-2)).toEqual([
    '["eu"] 04-05T10 -5 of 1',
    '["us"] 04-05T10 2 of 1',
  ])
  expect([await usedOf('most-seats'), await usedOf('last-seats')]).toEqual(['9', '5'])
})

test('a level counts as its hours pass, is carried into the next period, and a late event changes both', async () => {
  own.clock.advanceTo(new Date('2026-05-02T00:30:00Z'))
  await keepAt(own.store, own.clock.now().toISOString())
  // 720 hours from noon to noon: 360 of them at 720 are 360 on the average.
  await accept(own, [event('stored', '16T12:00', { value: '720' })])
  await count(own)
  expect((await hoursOf(own, 'storage', april())).slice(0, 2)).toEqual(['04-16T12 1 of 1', '04-16T13 1 of 0'])
  expect(await hoursOf(own, 'storage', april())).toHaveLength(360)
  // May has 744 hours, of which 13 have begun.
  const ofMay = () => usedOf('storage').then((used) => Number(used).toFixed(6))
  expect(await ofMay()).toBe(((13 * 720) / 744).toFixed(6))
  own.clock.advanceTo(new Date('2026-05-02T02:00:00Z'))
  await count(own)
  expect(await ofMay()).toBe(((15 * 720) / 744).toFixed(6))
  await accept(own, [event('stored', '30T12:00', { value: '7.2' })])
  await count(own)
  expect(await ofMay()).toBe(((15 * 7.2) / 744).toFixed(6))
  const total = (await hoursOf(own, 'storage', april())).reduce(
    (sum, line) => sum + Number(line.split(' ')[1]),
    0,
  )
  expect(total.toFixed(6)).toBe((336 + 0.24).toFixed(6))
})

test('what a definition cannot read is kept, adds nothing and opens one exception', async () => {
  await accept(own, [
    event('login', '03T10:00', { properties: {} }),
    event('login', '03T11:00', { properties: {} }),
  ])
  await accept(own, [event('users', '03T10:00')])
  await count(own)
  expect(await hoursOf(own, 'users', april())).toEqual([])
  const open = await listExceptions(own.store.read, { state: 'open' })
  expect(
    open
      .filter(({ code }) => code === 'USAGE_UNREADABLE')
      .map(({ field }) => field)
      .sort(),
  ).toEqual(['properties.user', 'type'])
})

test('groups beyond the cap count together, and the total is exact', async () => {
  const used = (region: string, value: string) => event('few', '03T10:00', { value, properties: { region } })
  await accept(own, [used('eu', '1'), used('us', '2')])
  await count(own)
  await accept(own, [used('in', '4'), used('eu', '8'), used('jp', '16')])
  await count(own)
  expect(await hoursOf(own, 'few', april())).toEqual(['04-03T10 31 of 5'])
  expect(await groupsOf(own, 'few', april())).toEqual([
    '["eu"] 04-03T10 9 of 2',
    '["us"] 04-03T10 2 of 1',
    'other 04-03T10 20 of 2',
  ])
  const [limit] = (await listExceptions(own.store.read, { state: 'open' })).filter(
    ({ code, subject }) => code === 'METER_GROUPS_LIMIT' && subject.startsWith(sold.customerId),
  )
  expect(limit?.sentence).toContain('few')
})

test('a version that begins at a coming hour counts the events of its own time, also in a process that read the book before', async () => {
  await accept(own, [event('pages', '20T09:59', { value: '5' })])
  await define(
    own,
    { meter: 'pages', eventType: 'pages', aggregation: 'count', valuePath: null },
    '2026-05-02T03:00:00Z',
  )
  const may = (at: string) => ({ occurredAt: new Date(`2026-05-02T${at}:00Z`), value: '7' })
  await accept(own, [event('pages', '20T10:00', may('02:59')), event('pages', '20T10:00', may('03:00'))])
  await count(own)
  const stretch = { ...april(), to: new Date('2026-06-01T00:00:00Z') }
  expect(await hoursOf(own, 'pages', stretch)).toEqual([
    '04-20T09 5 of 1',
    '05-02T02 7 of 1',
    '05-02T03 1 of 1',
  ])
})

test('events that waited for their customer count by their definitions', async () => {
  const stranger = `stranger-${turn}`
  const login = (user: string) => event('login', '03T10:00', { subject: stranger, properties: { user } })
  expect(await accept(own, [login('ann'), login('bob'), login('ann')])).toEqual(Array(3).fill('unmatched'))
  const attached = await own.store.unitOfWork(async (unit) => {
    await addAlias(unit, stranger, sold.customerId, own.clock.now())
    return attachUnmatched(unit, own.clock.now(), [stranger])
  })
  expect(attached.events).toEqual(new Map([[stranger, 3]]))
  expect(attached.uses.map(({ meter }) => meter)).toEqual(['users'])
  await count(own)
  expect(await hoursOf(own, 'users', april())).toEqual(['04-03T10 2 of 3'])
})

test('whoever accepts while a meter is published waits, and then counts by what was published meanwhile', async () => {
  const ahead = (value: string) =>
    event('held', '20T10:00', { occurredAt: new Date('2026-05-03T05:10:00Z'), value })
  const steps: string[] = []
  let release = () => undefined as void
  const released = new Promise<void>((resolve) => (release = resolve))
  const holding = own.store.unitOfWork(async (unit) => {
    await acceptEvents(unit, [event('other', '20T10:00')].map(keyedEvent), own.clock.now())
    await released
    steps.push('accepted')
  })
  const changes = { meter: 'held', eventType: 'held', aggregation: 'count', valuePath: null } as const
  const publishing = define(own, changes, '2026-05-03T05:00:00Z').then(() => steps.push('published'))
  await untilWaiting(1)
  const counting = accept(own, [ahead('7'), ahead('9')])
  await untilWaiting(2)
  release()
  await Promise.all([holding, publishing, counting])
  await count(own)
  expect(steps).toEqual(['accepted', 'published'])
  expect(await hoursOf(own, 'held', { ...april(), to: new Date('2026-06-01T00:00:00Z') })).toEqual([
    '05-03T05 2 of 2',
  ])
})

/** Until so many wait for the book of meters. */
async function untilWaiting(wanted: number): Promise<void> {
  for (;;) {
    const [row] = await own.owner<[{ waiting: number }]>`
      select count(*)::integer as waiting from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`
    if (row.waiting >= wanted) return
  }
}
