import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { endContract } from '../../src/store/contract-states.ts'
import { addAlias } from '../../src/store/customers.ts'
import { standingsOf } from '../../src/store/standings.ts'
import { attachUnmatched } from '../../src/store/unmatched-usage.ts'
import { acceptEvents } from '../../src/store/usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { tokenLine } from '../domain/contract-samples.ts'
import { acceptAndCount, countAt } from './counted.ts'
import { keepAt as keepStandingsAt, yearTerms } from './kept.ts'
import { changeTerms, sell, type Sold } from './sold.ts'
import { ownStore, refusalOf, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

const keepAt = (now: string, thresholds?: readonly string[]) => keepStandingsAt(own.store, now, thresholds)

let sold: Sold
let turn = 0
beforeEach(async () => {
  sold = await own.store.unitOfWork((unit) => sell(unit, yearTerms()))
})

function use(time: string, value: string, subject = sold.subject): UsageEvent {
  const id = `e-${++turn}`
  return { source: 'test', id, meter: 'tokens', subject, occurredAt: new Date(time), value, properties: {} }
}

const accept = (events: readonly UsageEvent[], at = '2026-03-02T10:00:00Z') =>
  acceptAndCount(own.store, events, new Date(at))

const standing = async () => (await standingsOf(own.store, sold.customerId))[0]

const crossings = () => own.app<{ percent: string; period: string; used: string }[]>`
  select percent, to_char(period_from, 'YYYY-MM') as period, used_units as used from usage_threshold_crossed
  where customer_id = ${sold.customerId} order by period_from, percent`

test('600 and then 0.5 tokens of 1,000 are 600.5 used at once, within the period that New York is billed for', async () => {
  await keepAt('2026-03-02T09:00:00Z')
  await accept([use('2026-03-02T08:10:00Z', '600'), use('2026-03-02T08:20:00Z', '0.5')])
  expect(await standing()).toMatchObject({
    includedUnits: '1000',
    usedUnits: '600.5',
    periodFrom: new Date('2026-03-01T12:00:00Z'),
    periodTo: new Date('2026-04-01T12:00:00Z'),
    crossedPercent: '50',
    limitUnits: null,
  })
})

test('use before its period, of another meter and told twice does not count', async () => {
  await keepAt('2026-03-02T09:00:00Z')
  const twice = use('2026-03-02T08:00:00Z', '7')
  await accept([
    twice,
    { ...use('2026-03-02T08:00:00Z', '5'), meter: 'calls' },
    use('2026-03-01T11:59:59Z', '3'),
  ])
  await accept([twice])
  expect((await standing())?.usedUnits).toBe('7')
})

test('a contract that comes after its use finds it: 400 waited under a name nobody bore', async () => {
  const stranger = `stranger-${++turn}`
  await accept([use('2026-03-02T08:10:00Z', '400', stranger), use('2026-03-02T08:20:00Z', '100')])
  await keepAt('2026-03-02T09:00:00Z')
  expect((await standing())?.usedUnits).toBe('100')
  await own.store.unitOfWork(async (unit) => {
    await addAlias(unit, stranger, sold.customerId, new Date('2026-03-02T09:01:00Z'))
    await attachUnmatched(unit, new Date('2026-03-02T09:01:00Z'), [stranger])
    await countAt(unit, new Date('2026-03-02T09:01:00Z'))
  })
  expect((await standing())?.usedUnits).toBe('500')
  expect(await crossings()).toEqual([{ percent: '50', period: '2026-03', used: '500' }])
})

test('rolled two months late, a standing has its own month, and the months between told their thresholds', async () => {
  await keepAt('2026-03-02T09:00:00Z')
  await accept([use('2026-03-05T00:00:00Z', '100'), use('2026-04-05T00:00:00Z', '800')])
  await accept([use('2026-05-05T00:00:00Z', '500.25')])
  expect((await standing())?.usedUnits).toBe('100')
  await keepAt('2026-05-20T00:00:00Z')
  expect(await standing()).toMatchObject({ usedUnits: '500.25', rollsAt: new Date('2026-06-01T12:00:00Z') })
  expect((await crossings()).map(({ period, percent }) => `${period} ${percent}`)).toEqual([
    '2026-04 50',
    '2026-04 80',
    '2026-05 50',
  ])
})

test('twelve writers of 100 tokens each at once are 1,200, and cross 50, 80 and 100 % once each', async () => {
  await keepAt('2026-03-02T09:00:00Z')
  await Promise.all(
    Array.from({ length: 12 }, (_, hour) =>
      accept([use(`2026-03-02T${String(hour).padStart(2, '0')}:00:00Z`, '100')]),
    ),
  )
  expect((await standing())?.usedUnits).toBe('1200')
  expect(await crossings()).toEqual([
    { percent: '50', period: '2026-03', used: '500' },
    { percent: '80', period: '2026-03', used: '800' },
    { percent: '100', period: '2026-03', used: '1000' },
  ])
})

test('a standing made while 110 tokens are being counted waits for them, and has them', async () => {
  const [written, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const accepting = own.store.unitOfWork(async (unit) => {
    await acceptEvents(
      unit,
      [keyedEvent(use('2026-03-02T08:00:00Z', '110'))],
      new Date('2026-03-02T09:00:00Z'),
    )
    await countAt(unit, new Date('2026-03-02T09:00:00Z'))
    written.resolve()
    await released.promise
  })
  await written.promise
  const making = keepAt('2026-03-02T09:00:00Z')
  await expect.poll(waitingForLock).toBe(1)
  released.resolve()
  await Promise.all([accepting, making])
  expect((await standing())?.usedUnits).toBe('110')
})

async function waitingForLock(): Promise<number> {
  const waiting = await own.owner`select 1 from pg_locks where locktype = 'advisory' and not granted`
  return waiting.length
}

test('four customers, 24 batches at once and a month that ends meanwhile: each row is the 1,200 of its April', async () => {
  const customers = [sold]
  for (let more = 0; more < 3; more++)
    customers.push(await own.store.unitOfWork((unit) => sell(unit, yearTerms())))
  await keepAt('2026-03-31T09:00:00Z')
  const batch = (number: number) =>
    customers.flatMap(({ subject }) => [
      use(`2026-04-02T${String(number).padStart(2, '0')}:00:00Z`, '50', subject),
      use(`2026-03-30T${String(number).padStart(2, '0')}:00:00Z`, '7', subject),
    ])
  await Promise.all([
    ...Array.from({ length: 12 }, (_, number) => accept(batch(number))),
    keepAt('2026-04-03T09:00:00Z'),
    ...Array.from({ length: 12 }, (_, number) => accept(batch(12 + number).toReversed())),
  ])
  const rows = await Promise.all(customers.map(({ customerId }) => standingsOf(own.store, customerId)))
  expect(rows.map(([row]) => row?.usedUnits)).toEqual(['1200', '1200', '1200', '1200'])
})

test('more included by a new version: the use stays, and 50 % is not told a second time', async () => {
  await keepAt('2026-03-02T09:00:00Z')
  await accept([use('2026-03-02T08:00:00Z', '600')])
  const more = yearTerms({ lines: [tokenLine({ includedUnits: '1100' })], entitlements: { tokens: 5000 } })
  await own.store.unitOfWork((unit) => changeTerms(unit, sold, more))
  await keepAt('2026-03-02T09:00:00Z')
  expect(await standing()).toMatchObject({ includedUnits: '1100', usedUnits: '600', limitUnits: '5000' })
  expect(await crossings()).toEqual([{ percent: '50', period: '2026-03', used: '600' }])
})

test('thresholds of 25 and 120 % by setting, and none where nothing is included', async () => {
  await keepAt('2026-03-02T09:00:00Z', ['25', '120'])
  await accept([use('2026-03-02T08:00:00Z', '1200')])
  expect((await crossings()).map(({ percent }) => percent)).toEqual(['25', '120'])
  sold = await own.store.unitOfWork((unit) =>
    sell(unit, yearTerms({ lines: [tokenLine({ includedUnits: '0' })] })),
  )
  await keepAt('2026-03-02T09:00:00Z')
  await accept([use('2026-03-02T08:00:00Z', '1200')])
  expect(await crossings()).toEqual([])
})

test('a contract to come has no period until its first day begins in New York, and none after its last', async () => {
  const steps: [string, boolean][] = []
  for (const now of [
    '2025-12-31T23:00:00Z',
    '2026-01-01T05:00:00Z',
    '2027-01-01T11:00:00Z',
    '2027-01-01T12:00:00Z',
  ]) {
    await keepAt(now)
    steps.push([now, ((await standing())?.periodFrom ?? null) !== null])
  }
  expect(steps.map(([, isServed]) => isServed)).toEqual([false, true, true, false])
  expect((await standing())?.rollsAt).toBeNull()
})

test('an ended contract gives nothing any more', async () => {
  await keepAt('2026-03-02T09:00:00Z')
  await own.store.unitOfWork((unit) => endContract(unit, sold.contractId))
  await keepAt('2026-03-02T09:00:00Z')
  expect(await standing()).toBeUndefined()
})

test('in Kolkata, where months begin within an hour of UTC, the period is billed from 00:00 UTC and no use falls between', async () => {
  sold = await own.store.unitOfWork((unit) => sell(unit, yearTerms({ entity: 'in' })))
  await keepAt('2026-03-02T09:00:00Z')
  await accept([
    use('2026-02-28T23:59:59Z', '1'),
    use('2026-03-01T00:00:00Z', '10'),
    use('2026-03-01T00:29:00Z', '100'),
  ])
  expect(await standing()).toMatchObject({ usedUnits: '110', periodFrom: new Date('2026-03-01T00:00:00Z') })
  const within = own.app`
    update usage_standing set period_from = period_from + interval '30 minutes' where customer_id = ${sold.customerId}`
  expect(await refusalOf(within)).toBe('23514')
})

test('a crossing is a fact: it is neither changed nor removed', async () => {
  expect(await refusalOf(own.app`update usage_threshold_crossed set percent = 1`)).toBe('42501')
  expect(await refusalOf(own.owner`delete from usage_threshold_crossed`)).toBe('TO003')
})
