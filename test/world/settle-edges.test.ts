import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { afterEach, expect, test } from 'vitest'
import { listExceptions } from '../../src/store/exceptions.ts'
import { contractsToSettle } from '../../src/store/contract-lookup.ts'
import { tieOut } from '../../src/jobs/reconcile-books.ts'
import { wordsOf } from '../../src/jobs/tell-hour.ts'
import { loadCustomers } from '../../src/store/customers.ts'
import { beginOperation, settleOperation, unsettledCount } from '../../src/store/operations.ts'
import { usageExceptions } from './acme-tokens.ts'
import {
  billedCalls,
  chargedCalls,
  contractOfAcme,
  differencesIn,
  earnedCalls,
  heldCalls,
  passMonths,
  standingOfCalls,
  useCalls,
  worldOfCalls,
} from './settled-lines.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

test('a subscription cancelled on 15 February is charged the minimum of January and nothing later; a person is told once', async () => {
  world = await worldOfCalls('MINIMUM')
  const { subscriptionId, contractId } = await contractOfAcme(world)
  await world.advanceTo(new Date('2026-02-10T12:00:00Z'))
  world.twins.stripe.editInDashboard(subscriptionId ?? '', {
    cancel_at: Date.parse('2026-02-15T00:00:00Z') / 1000,
  })
  await passMonths(world, '2026-03', '2026-04', '2026-05')
  expect(await chargedCalls(world)).toEqual([10_000n])
  expect(await billedCalls(world)).toEqual([[10_000n, '2026-01-01', '2026-02-01']])
  const told = (await listExceptions(world.hub.context.store.read, { subject: contractId })).filter(
    ({ queue }) => queue === 'settle-usage',
  )
  expect(told).toMatchObject([{ code: 'PLAN_DRIFT', state: 'open', owner: 'finance', found: '2026-02-14' }])
  expect(told[0]?.sentence).toContain('Nothing is charged by itself for 2026-02-01 to 2026-02-28')
  expect(await differencesIn(world)).toEqual([])
}, 120_000)

test('2,500 calls of the first morning in New York, five hours before Stripe counts, are 15.00 and earned in January', async () => {
  world = await worldOfCalls('PACKAGES')
  await useCalls(world, 'c-1', '2026-01-01T06:10:00Z', '2500')
  await passMonths(world, '2026-02', '2026-03')
  expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
  expect(await heldCalls(world, '2026-01-01T06:00:00Z')).toMatchObject({
    reportedQuantity: '0',
    chargedQuantity: '2500',
  })
  expect(await earnedCalls(world, '2026-01')).toBe(1_500n)
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await usageExceptions(world)).toEqual([])
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test.each([
  ['2026-02-01T04:10:00Z', '2026-02-01T04:00:00Z', [1_500n, 2_500n], '5000', []],
  ['2026-02-01T05:10:00Z', '2026-02-01T05:00:00Z', [1_500n], '0', ['USAGE_AFTER_END']],
  ['2026-02-01T08:10:00Z', '2026-02-01T08:00:00Z', [1_500n], '0', ['USAGE_AFTER_END']],
])(
  'of a contract that ended at midnight in New York, late use of %s',
  async (time, hour, charged, chargedQuantity, codes) => {
    world = await worldOfCalls('PACKAGES', { months: 1 })
    await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
    await world.jumpTo(new Date('2026-02-10T12:00:00Z'))
    await useCalls(world, 'c-2', time, '5000')
    await world.advanceTo(new Date('2026-02-11T16:00:00Z'))
    await passMonths(world, '2026-03')
    expect(await chargedCalls(world)).toEqual(charged)
    expect(await heldCalls(world, hour)).toMatchObject({ reportedQuantity: '0', chargedQuantity })
    expect((await usageExceptions(world)).map(({ code }) => code)).toEqual(codes)
    expect(await standingOfCalls(world)).toBe(0n)
    expect(await differencesIn(world)).toEqual([])
  },
  90_000,
)

test('a contract whose work was lost and that ended 40 days ago is settled all the same', async () => {
  world = await worldOfCalls('MINIMUM', { months: 1 })
  await world.hub.context.store.unitOfWork((unit) =>
    unit.tx.execute(sql`delete from work_item where queue = 'settle-usage'`),
  )
  await world.jumpTo(new Date('2026-03-12T12:00:00Z'))
  await world.catchUp()
  expect(await chargedCalls(world)).toEqual([10_000n])
  const { store } = world.hub.context
  expect(await contractsToSettle(store.read, 10)).toEqual([])
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('upgraded on 3 February, a hub charges nothing of January, which may have been invoiced by hand, and names nothing', async () => {
  world = await worldOfCalls('MINIMUM')
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '20000')
  const owner = postgres(world.databaseUrl, { max: 1 })
  await owner`insert into settlement_start (settled_from) values ('2026-02-03T12:00:00Z')`
  await owner.end()
  await passMonths(world, '2026-02', '2026-03')
  await useCalls(world, 'c-2', '2026-01-20T11:10:00Z', '30000')
  await passMonths(world, '2026-04')
  expect(await chargedCalls(world)).toEqual([10_000n, 10_000n])
  expect((await billedCalls(world)).map(([, startsOn]) => startsOn)).toEqual(['2026-02-01', '2026-03-01'])
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('1,000 late calls that nobody charges for a day are 5.00 that the tie-out names', async () => {
  world = await worldOfCalls('PACKAGES')
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await world.advanceTo(new Date('2026-02-10T12:00:00Z'))
  await useCalls(world, 'c-2', '2026-01-20T10:20:00Z', '1000')
  const { context } = world.hub
  const invoicesAt = async (time: string) => {
    const clock = { ...context.clock, now: () => new Date(time) }
    return (await tieOut({ ...context, clock })).find(({ name }) => name === 'invoices')
  }
  // The comparison before this one has counted what is pending.
  expect(await invoicesAt('2026-02-11T11:00:00Z')).toMatchObject({ differences: [] })
  expect(await invoicesAt('2026-02-12T12:30:00Z')).toMatchObject({
    differences: [{ left: '20.00 USD', right: '15.00 USD' }],
  })
  await passMonths(world, '2026-03')
  expect(await chargedCalls(world)).toEqual([1_500n, 500n])
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('2,500 calls whose telling was lost before the upgrade are found out about, charged once, and hold up no other billing', async () => {
  world = await worldOfCalls('PACKAGES')
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await world.settle()
  const { store, clock } = world.hub.context
  const { customerId } = await contractOfAcme(world)
  const [customer] = await loadCustomers(store.read, [customerId])
  const held = await heldCalls(world, '2026-01-20T10:00:00Z')
  if (customer === undefined || held === null) throw new Error('Nothing was used')
  const sending = { ...held, sendingRevision: 1, sendingQuantity: '2500', sendingValue: '2500' }
  const { operation } = wordsOf(sending, customer)
  await store.unitOfWork(async (unit) => {
    await unit.tx.execute(sql`
      update usage_window set sending_revision = 1, sending_quantity = 2500, sending_value = 2500
      where customer_id = ${customerId} and meter = 'calls'`)
    const begun = await beginOperation(unit, operation, { now: clock.now(), leaseUntil: clock.now() })
    if (begun.kind !== 'start') throw new Error('It was begun before')
    await settleOperation(
      unit,
      operation.opKey,
      begun.fence,
      { kind: 'unknown', detail: 'lost' },
      clock.now(),
    )
  })
  await passMonths(world, '2026-02')
  // A sum that may still move is looked at for an hour.
  expect(await chargedCalls(world)).toEqual([])
  await world.advanceTo(new Date('2026-02-04T14:00:00Z'))
  expect(await unsettledCount(store.read)).toBe(0)
  expect(await heldCalls(world, '2026-01-20T10:00:00Z')).toMatchObject({ sendingRevision: null })
  expect(await chargedCalls(world)).toEqual([1_500n])
  await passMonths(world, '2026-03')
  expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 90_000)
