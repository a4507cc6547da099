import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PointAggregation } from '../../src/domain/aggregation.ts'
import { contributionsOf } from '../../src/domain/aggregation.ts'
import { otherGroup } from '../../src/domain/meter-book.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { listExceptions, openEach } from '../../src/store/exceptions.ts'
import {
  addGroupHours,
  groupHoursOf,
  groupsLimit,
  placeGroups,
  setGroupHours,
  unreadable,
  type GroupHour,
} from '../../src/store/meter-groups.ts'
import { memberChanges } from '../../src/store/meter-hours.ts'
import { keepPoints, levelsBefore, pointsOf, type NewPoint } from '../../src/store/meter-points.ts'
import type { Unit } from '../../src/store/unit-of-work.ts'
import { sampleEvent, sampleVersion } from '../domain/meter-samples.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

const meter = 'seats'
let customerId = ''
let turn = 0
beforeEach(async () => {
  const wanted = {
    crm: 'salesforce',
    org: '00D',
    crmAccountId: `a${++turn}`,
    entity: 'us',
    name: 'Acme',
  } as const
  customerId = (await inUnit((unit) => ensureCustomer(unit, wanted, after(0)))).customerId
})

function inUnit<T>(work: (unit: Unit) => Promise<T>): Promise<T> {
  return own.store.unitOfWork(work)
}

const from = new Date('2026-03-01T00:00:00Z')
const day = () => ({ customerId, meter, from, to: new Date('2026-03-02T00:00:00Z') })

/** A reading of a time of 1 March 2026; its key ends with a digit or letter a test can order by. */
function reading(
  aggregation: PointAggregation,
  time: string,
  value: string,
  key = '1',
  group = '',
): NewPoint {
  const at = Date.parse(`2026-03-01T${time}:00Z`)
  return {
    customerId,
    meter,
    aggregation,
    group,
    startsAt: new Date(Math.floor(at / 3_600_000) * 3_600_000),
    atMilliseconds: at,
    key: `00000000-0000-4000-8000-00000000000${key}`,
    value,
  }
}

const keep = (...points: NewPoint[]) => inUnit((unit) => keepPoints(unit, points))

async function kept(): Promise<string[]> {
  return (await pointsOf(own.store.read, day())).map(({ atMilliseconds, key, value, group }) =>
    `${group} ${new Date(atMilliseconds).toISOString().slice(11, 16)} ${value} ${key.at(-1)}`.trim(),
  )
}

/** Keeps readings in one statement, backwards, and one by one twice: what stands must be the same. */
async function keptInAnyOrder(points: readonly NewPoint[]): Promise<string[]> {
  await keep(...points)
  const first = await kept()
  for (const order of [points.toReversed(), points]) {
    await own.owner`delete from usage_point where customer_id = ${customerId}`
    for (const point of order) await keep(point, point)
    expect(await kept()).toEqual(first)
  }
  return first
}

describe('of an hour and group there stands, in whatever order readings come', () => {
  test('the highest reading, and of equal ones the first', async () => {
    const points = [
      reading('maximum', '06:10', '5', '2'),
      reading('maximum', '06:50', '7.5', '3'),
      reading('maximum', '06:40', '7.50', '4'),
      reading('maximum', '07:00', '1', '5'),
    ]
    expect(await keptInAnyOrder(points)).toEqual(['06:40 7.50 4', '07:00 1 5'])
  })

  test('the last reading, and of one instant that with the greater key', async () => {
    const points = [
      reading('last', '06:50', '9', '1'),
      reading('last', '06:50', '2', '3'),
      reading('last', '06:10', '8', '9'),
    ]
    expect(await keptInAnyOrder(points)).toEqual(['06:50 2 3'])
  })

  test('each member once, with the first time it was seen', async () => {
    const points = [
      reading('unique', '06:50', 'ann', '1'),
      reading('unique', '06:10', 'ann', '2'),
      reading('unique', '06:20', 'bob', '3'),
      reading('unique', '07:00', 'ann', '4'),
    ]
    const rows = await keptInAnyOrder(points)
    expect(rows.map((row) => row.replace(/ \S{36} /, ' ')).sort()).toEqual(['06:10 2', '06:20 3', '07:00 4'])
  })

  test('every level', async () => {
    const points = [reading('time-weighted', '06:10', '5', '2'), reading('time-weighted', '06:10', '6', '1')]
    expect((await keptInAnyOrder(points)).sort()).toEqual(['06:10 5 2', '06:10 6 1'])
  })
})

test('a thousand readings of four units at once add up to the same as of one', async () => {
  const points = Array.from({ length: 1000 }, (_none, index) =>
    reading(
      'maximum',
      `${String(index % 24).padStart(2, '0')}:10`,
      String((index * 37) % 1009),
      '1',
      `["${index % 3}"]`,
    ),
  )
  await Promise.all([0, 1, 2, 3].map((part) => keep(...points.filter((_point, index) => index % 4 === part))))
  const together = await kept()
  await own.owner`delete from usage_point where customer_id = ${customerId}`
  await keep(...points)
  expect(await kept()).toEqual(together)
  expect(together).toHaveLength(24)
})

test('members are told apart by what they are, however long, and stored as a hash: 3 of 5 readings count', async () => {
  const long = 'x'.repeat(499)
  await keep(
    ...[`${long}a`, `${long}b`, 'ann', 'ann', `${long}a`].map((member) => reading('unique', '06:10', member)),
  )
  const points = await pointsOf(own.store.read, day())
  expect(contributionsOf('unique', points, day())).toMatchObject([{ quantity: '3' }])
  expect(JSON.stringify(await own.owner`select * from usage_point`)).not.toContain('xxx')
})

test('a member counts in the first hour of its period: an earlier one takes it from a later, another period counts it anew', async () => {
  const period = { from, to: new Date('2026-03-02T00:00:00Z') }
  const changes = async (...points: NewPoint[]) => {
    const members = points.map((point) => ({ ...point, period }))
    return inUnit(async (unit) => {
      const found = await memberChanges(unit, members)
      await keepPoints(unit, points)
      return found.map(({ startsAt, quantity }) => `${startsAt.toISOString().slice(11, 13)} ${quantity}`)
    })
  }
  expect(await changes(reading('unique', '06:10', 'ann'), reading('unique', '08:00', 'ann'))).toEqual([
    '06 1',
  ])
  expect(await changes(reading('unique', '07:10', 'ann'), reading('unique', '07:10', 'bob'))).toEqual([
    '07 1',
  ])
  expect(await changes(reading('unique', '02:00', 'ann'), reading('unique', '02:00', 'bob'))).toEqual([
    '02 2',
    '06 -1',
    '07 -1',
  ])
  expect(await changes(reading('unique', '03:00', 'ann'))).toEqual([])
  const before = { from: new Date('2026-02-01T00:00:00Z'), to: from }
  const early = { ...reading('unique', '02:00', 'ann'), startsAt: new Date('2026-02-28T02:00:00Z') }
  expect(await inUnit((unit) => memberChanges(unit, [{ ...early, period: before }]))).toMatchObject([
    { quantity: '1' },
  ])
})

test('the level before a day is the last one of all time before, of each group and of other', async () => {
  const ids = [reading('time-weighted', '06:10', '5', '1'), reading('time-weighted', '06:50', '7', '2')]
  const grouped = [
    reading('time-weighted', '03:00', '3', '3', '["eu"]'),
    reading('time-weighted', '09:00', '4', '4', otherGroup),
  ]
  await keep(...ids, ...grouped)
  await inUnit((unit) =>
    placeGroups(unit, [{ customerId, meter, group: '["eu"]', groupsAtMost: 5 }], after(0)),
  )
  const next = new Date('2026-04-01T00:00:00Z')
  const levels = await levelsBefore(own.store.read, { customerId, meter, from: next })
  expect([...levels].sort()).toEqual([
    ['', '7'],
    ['["eu"]', '3'],
    [otherGroup, '4'],
  ])
  expect((await levelsBefore(own.store.read, { customerId, meter, from })).size).toBe(0)
})

describe('groups', () => {
  const place = (groupsAtMost: number, ...groups: string[]) =>
    inUnit((unit) =>
      placeGroups(
        unit,
        groups.map((group) => ({ customerId, meter, group, groupsAtMost })),
        after(0),
      ),
    )

  test('have a place of their own up to the cap, and keep it', async () => {
    expect(await place(3, '["b"]', '["a"]', '["a"]')).toEqual([true, true, true])
    expect(await place(3, '["d"]', '["a"]', '["c"]')).toEqual([false, true, true])
    expect(await place(3, '["d"]', '["b"]')).toEqual([false, true])
    expect(await place(4, '["d"]', '["e"]')).toEqual([true, false])
  })

  test('of another customer or meter take no room', async () => {
    expect(await place(1, '["a"]')).toEqual([true])
    const asked = { customerId, group: '["b"]', groupsAtMost: 1 }
    const placed = await inUnit((unit) =>
      placeGroups(
        unit,
        [
          { ...asked, meter },
          { ...asked, meter: 'other-meter' },
        ],
        after(0),
      ),
    )
    expect(placed).toEqual([false, true])
  })

  test('of 5,000 values keep 1,000, and what is beyond waits as one exception (E6-119)', async () => {
    const names = Array.from({ length: 5_000 }, (_none, index) => `["${index}"]`)
    const placed = await place(1000, ...names)
    expect(placed.filter((hasPlace) => hasPlace)).toHaveLength(1000)
    const issue = groupsLimit({ customerId, meter, groupsAtMost: 1000 })
    expect(await inUnit((unit) => openEach(unit, [issue, issue], after(0)))).toBe(1)
    const [open] = await listExceptions(own.store.read, {
      state: 'open',
      code: 'METER_GROUPS_LIMIT',
      limit: 1,
    })
    expect(open?.subject).toBe(`${customerId} ${meter}`)
  })
})

describe('hours of groups', () => {
  const hourOf = (group: string, quantity: string, eventCount = 1): GroupHour => ({
    customerId,
    meter,
    group,
    startsAt: from,
    quantity,
    eventCount,
  })
  const told = async () =>
    (await groupHoursOf(own.store.read, day())).map(
      ({ group, quantity, eventCount }) => `${group} ${quantity} of ${eventCount}`,
    )

  test('add up to 0.3 of 2 and take from it again, within a statement and over several', async () => {
    await inUnit((unit) => addGroupHours(unit, [hourOf('a', '0.1'), hourOf('b', '5'), hourOf('a', '0.2')]))
    expect(await told()).toEqual(['a 0.3 of 2', 'b 5 of 1'])
    await inUnit((unit) => addGroupHours(unit, [hourOf('b', '-5', 0), hourOf('a', '1')]))
    expect(await told()).toEqual(['a 1.3 of 3', 'b 0 of 1'])
  })

  test('are set to what they contribute, below zero too, and count their events up', async () => {
    await inUnit((unit) => setGroupHours(unit, [hourOf('a', '7', 2), hourOf('b', '1')]))
    await inUnit((unit) => setGroupHours(unit, [hourOf('a', '-2.5', 1), hourOf('b', '1', 0)]))
    expect(await told()).toEqual(['a -2.5 of 3', 'b 1 of 1'])
  })
})

test('events that cannot be read open one exception for the meter and the reason, which tells of the first', async () => {
  const definition = sampleVersion({ meter: `read-${turn}`, valuePath: 'properties.seconds' })
  const issues = ['req-1', 'req-2'].map((id) => unreadable(definition, 'missing', sampleEvent({ id })))
  expect(await inUnit((unit) => openEach(unit, issues, after(0)))).toBe(1)
  expect(await inUnit((unit) => openEach(unit, issues.slice(1), after(1)))).toBe(0)
  const [open] = await listExceptions(own.store.read, { state: 'open', code: 'USAGE_UNREADABLE', limit: 1 })
  expect(open?.sentence).toContain("the first of them is 'req-1' of 'gateway'")
})
