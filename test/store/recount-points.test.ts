import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { definedUse } from '../../src/store/counted-events.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { recountPoints } from '../../src/store/recount-points.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { usageSince } from '../../src/store/usage-known.ts'
import { usageOfRanges } from '../../src/store/usage-windows.ts'
import { tokenLine } from '../domain/contract-samples.ts'
import { sampleEvent } from '../domain/meter-samples.ts'
import { accept, count, define, groupsOf, hoursOf } from './counted-meters.ts'
import { keepAt, yearTerms } from './kept.ts'
import { changeTerms, sell, type Sold } from './sold.ts'
import { ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
  const [eventType, groupBy] = ['seats', ['region']]
  await define(own, { meter: 'most-seats', eventType, aggregation: 'maximum', groupBy })
  await define(own, { meter: 'all-seats', eventType })
})
afterAll(() => own.close())

const linesOf = (months: 1 | 3) =>
  ['most-seats', 'all-seats'].map((meter) =>
    tokenLine({ lineId: meter, meter, billing: { months, timing: 'arrears' } }),
  )

let sold: Sold
let turn = 0
beforeEach(async () => {
  sold = await own.store.unitOfWork((unit) => sell(unit, yearTerms({ lines: linesOf(1) })))
  await keepAt(own.store, own.clock.now().toISOString())
})

const seats = (at: string, value: string, region = 'eu'): UsageEvent =>
  sampleEvent({
    id: `s-${++turn}`,
    meter: 'seats',
    subject: sold.subject,
    occurredAt: new Date(`2026-${at}:00Z`),
    value,
    properties: { region },
  })

const year = () => ({
  customerId: sold.customerId,
  from: new Date('2026-01-01T12:00:00Z'),
  to: new Date('2026-03-02T12:00:00Z'),
})

test('readings made anew from the stored events leave nothing of one that is gone, in hours and in groups', async () => {
  await accept(own, [seats('02-03T10:00', '5'), seats('02-03T10:10', '7', 'us'), seats('02-04T10:00', '6')])
  await count(own)
  const before = await hoursOf(own, 'most-seats', year())
  expect(before).toEqual(['02-03T10 12 of 2', '02-04T10 1 of 1'])
  // As if the event of the hour had been taken back.
  await own.owner`alter table usage_event disable trigger user`
  await own.owner`delete from usage_event where subject = ${sold.subject} and value = 7`
  await own.owner`alter table usage_event enable trigger user`
  const hour = { ...year(), meter: 'most-seats', startsAt: new Date('2026-02-03T10:00:00Z') }
  const recount = () => own.store.unitOfWork((unit) => recountPoints(unit, [hour], own.clock.now()))
  expect(await recount()).toMatchObject([{ startsAt: hour.startsAt, quantity: '-7' }])
  expect(await recount()).toEqual([])
  expect(await hoursOf(own, 'most-seats', year())).toEqual(['02-03T10 5 of 2', '02-04T10 1 of 1'])
  expect(await groupsOf(own, 'most-seats', year())).toEqual([
    '["eu"] 02-03T10 5 of 1',
    '["eu"] 02-04T10 1 of 1',
    '["us"] 02-03T10 0 of 1',
  ])
})

test('where an amendment makes billing periods longer, a maximum is that of the longer one', async () => {
  await accept(own, [seats('01-05T10:00', '5'), seats('02-05T10:00', '4'), seats('03-01T13:00', '6')])
  await count(own)
  expect(await hoursOf(own, 'most-seats', year())).toEqual([
    '01-05T10 5 of 1',
    '02-05T10 4 of 1',
    '03-01T13 6 of 1',
  ])
  await own.store.unitOfWork((unit) => changeTerms(unit, sold, yearTerms({ lines: linesOf(3) })))
  await keepAt(own.store, own.clock.now().toISOString())
  expect(await hoursOf(own, 'most-seats', year())).toEqual([
    '01-05T10 5 of 1',
    '02-05T10 0 of 1',
    '03-01T13 1 of 1',
  ])
})

test('a stored event that was never counted shows as a difference, of every kind of meter', async () => {
  await accept(own, [seats('02-03T10:00', '5')])
  await count(own)
  await accept(own, [seats('02-03T11:00', '9')])
  await own.owner`delete from usage_pending`
  await accept(own, [seats('02-03T11:30', '1')])
  await count(own)
  const { uses } = await own.store.unitOfWork((unit) => definedUse(unit, own.clock.now()))
  expect(uses.filter(({ customerId }) => customerId === sold.customerId)).toEqual([
    { customerId: sold.customerId, meter: 'most-seats', accepted: '9', inWindows: '5' },
    { customerId: sold.customerId, meter: 'all-seats', accepted: '15', inWindows: '6' },
  ])
})

test('an event of an hour that has not begun is on both sides', async () => {
  await accept(own, [seats('03-02T12:00', '4')])
  await count(own)
  const { uses } = await own.store.unitOfWork((unit) => definedUse(unit, own.clock.now()))
  const ours = uses.filter(({ customerId }) => customerId === sold.customerId)
  expect(ours.map(({ accepted, inWindows }) => [accepted, inWindows])).toEqual([
    ['4', '4'],
    ['4', '4'],
  ])
})

test('what a period had at an instant is what its events had come to by then', async () => {
  const february = { ...year(), from: new Date('2026-02-01T12:00:00Z'), to: new Date('2026-03-01T12:00:00Z') }
  const ranges = ['most-seats', 'all-seats', 'plain'].map((meter) => ({ ...february, meter }))
  const plain = (value: string) => ({ ...seats('02-10T10:00', value), meter: 'plain' })
  await accept(own, [seats('02-03T10:00', '5'), seats('02-04T10:00', '2', 'us'), plain('3')])
  await count(own)
  const closedAt = own.clock.now()
  own.clock.advanceTo(new Date(closedAt.getTime() + 60_000))
  await accept(own, [seats('02-03T11:00', '9'), plain('4')])
  await count(own)
  expect(await usageOfRanges(own.store.read, ranges)).toEqual(['11', '16', '7'])
  expect(await usageSince(own.store.read, ranges, closedAt)).toEqual(['4', '9', '4'])
  expect(await usageSince(own.store.read, ranges, own.clock.now())).toEqual(['0', '0', '0'])
})

test('use of a meter with a definition is known by whole hours', async () => {
  const range = { ...year(), meter: 'all-seats', from: new Date('2026-02-01T12:30:00Z') }
  await expect(usageOfRanges(own.store.read, [range])).rejects.toThrow(
    'Use of all-seats is known by whole hours',
  )
})

test('an event that is retracted is taken from every meter that counted it: the most, its group, and the sum', async () => {
  const first = seats('02-03T10:00', '5')
  const most = seats('02-03T10:10', '7', 'us')
  await accept(own, [first, most])
  const retraction: UsageEvent = {
    ...most,
    id: `r-${++turn}`,
    value: '0',
    properties: { retracts: most.id },
    corrects: { kind: 'retraction', id: most.id },
  }
  const keeping = { clock: own.clock, doorbell: silentDoorbell }
  const take = () =>
    own.store.unitOfWork((unit) => keepUsage(unit, [keyedEvent(retraction)], own.clock.now(), keeping))
  expect(await take()).toEqual(['accepted'])
  await count(own)
  expect(await take()).toEqual(['duplicate'])
  await count(own)
  expect(await hoursOf(own, 'most-seats', year())).toEqual(['02-03T10 5 of 1'])
  expect(await groupsOf(own, 'most-seats', year())).toEqual([
    '["eu"] 02-03T10 5 of 1',
    '["us"] 02-03T10 0 of 0',
  ])
  expect(await hoursOf(own, 'all-seats', year())).toEqual(['02-03T10 5 of 1'])
  const { uses } = await own.store.unitOfWork((unit) => definedUse(unit, own.clock.now()))
  const ofCustomer = uses.filter((use) => use.customerId === sold.customerId)
  expect(ofCustomer.map(({ meter, accepted, inWindows }) => [meter, accepted, inWindows])).toEqual([
    ['most-seats', '5', '5'],
    ['all-seats', '5', '5'],
  ])
})

test('an event whose hour cannot be counted anew is not corrected, and nothing else of its call is held up', async () => {
  const [first, other] = [seats('02-03T10:00', '5'), seats('02-05T10:00', '1')]
  await accept(own, [first])
  await count(own)
  await own.owner`insert into usage_archived_month values ('2026-01-01', 2, 'h', now(), null)`
  await own.owner`
    insert into usage_archived_sum values (${sold.customerId}, 'seats', '2026-01-01', 2, 3, '2026-01-01', '2026-02-04')`
  const retraction: UsageEvent = {
    ...first,
    id: `r-${++turn}`,
    value: '0',
    corrects: { kind: 'retraction', id: first.id },
  }
  const keeping = { clock: own.clock, doorbell: silentDoorbell }
  const [refused, kept] = await own.store.unitOfWork((unit) =>
    keepUsage(unit, [retraction, other].map(keyedEvent), own.clock.now(), keeping),
  )
  expect(refused).toMatchObject({ fault: { code: 'unknown-event' } })
  expect(kept).toBe('accepted')
})
