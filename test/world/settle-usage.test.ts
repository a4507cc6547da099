import { sql } from 'drizzle-orm'
import { afterEach, describe, expect, test } from 'vitest'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { factsOfKind } from '../../src/store/facts.ts'
import { tieOut } from '../../src/jobs/reconcile-books.ts'
import { money } from '../../src/domain/money.ts'
import { enqueue } from '../../src/store/enqueue.ts'
import { planUsageCharge } from '../../src/store/usage-charges.ts'
import { usageExceptions, workAll } from './acme-tokens.ts'
import {
  billedCalls,
  chargedCalls,
  chargesOfAcme,
  contractOfAcme,
  differencesIn,
  earnedCalls,
  heldCalls,
  passMonths,
  retractCalls,
  standingOfCalls,
  useCalls,
  worldOfCalls,
} from './settled-lines.ts'
import type { SmallWorld } from './small-world.ts'
import { bookOf } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

test('2,500 calls in packages of 1,000 at 5.00 are 15.00 on the invoice that ends January, rated by us before it is final', async () => {
  world = await worldOfCalls('PACKAGES')
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await world.advanceTo(new Date('2026-02-01T12:30:00Z'))
  expect(await chargesOfAcme(world)).toEqual([])
  await world.advanceTo(new Date('2026-02-01T12:46:00Z'))
  expect(await chargesOfAcme(world)).toMatchObject([
    {
      reason: 'rated-usage',
      beforeQuantity: '0',
      furtherQuantity: '2500',
      charge: {
        amount: { currency: 'USD', amountMinor: 1_500n },
        description: 'Calls, 2026-01-01 to 2026-01-31: 2,500 calls in packages of 1,000: 3 × 5 = 15.00',
        service: { startsOn: '2026-01-01', endsBefore: '2026-02-01' },
      },
    },
  ])
  // No meter at Stripe was told of it.
  expect(await heldCalls(world, '2026-01-20T10:00:00Z')).toMatchObject({
    reportedQuantity: '0',
    chargedQuantity: '2500',
  })
  expect(await differencesIn(world)).toEqual([])
  await world.advanceTo(new Date('2026-02-01T14:00:00Z'))
  expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
  await passMonths(world, '2026-02', '2026-03')
  expect(await earnedCalls(world, '2026-01')).toBe(1_500n)
  expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await usageExceptions(world)).toEqual([])
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('a hub that was away while the invoice was a draft puts the 15.00 on the next one, and January has earned them all the same', async () => {
  world = await worldOfCalls('PACKAGES')
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await world.jumpTo(new Date('2026-02-02T12:00:00Z'))
  expect(await chargedCalls(world)).toEqual([1_500n])
  await passMonths(world, '2026-02')
  expect(await billedCalls(world)).toEqual([])
  expect(await bookOf(world, 'us', '2026-01')).toContain(
    '2026-01-31 revenue-recognized debit unbilled-receivable 1500 USD',
  )
  await passMonths(world, '2026-03')
  expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
  expect(await bookOf(world, 'us', '2026-03')).toContain(
    '2026-03-01 invoice-finalized credit unbilled-receivable 1500 USD',
  )
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('100 more calls that come on 10 February fit the third package and cost nothing; 1,000 more are 5.00; retracted, they are a credit of 5.00', async () => {
  world = await worldOfCalls('PACKAGES')
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await world.advanceTo(new Date('2026-02-10T12:00:00Z'))
  await useCalls(world, 'c-2', '2026-01-20T10:20:00Z', '100')
  await world.advanceTo(new Date('2026-02-10T14:00:00Z'))
  await useCalls(world, 'c-3', '2026-01-02T10:20:00Z', '1000')
  await world.advanceTo(new Date('2026-02-10T16:00:00Z'))
  expect(
    (await chargesOfAcme(world)).map(({ furtherQuantity, charge }) => [
      furtherQuantity,
      charge.amount.amountMinor,
      charge.description,
      charge.service.startsOn,
    ]),
  ).toEqual([
    [
      '2500',
      1_500n,
      'Calls, 2026-01-01 to 2026-01-31: 2,500 calls in packages of 1,000: 3 × 5 = 15.00',
      '2026-01-01',
    ],
    [
      '100',
      0n,
      'Calls, 2026-01-01 to 2026-01-31, 100 more used: 2,600 calls in packages of 1,000: 3 × 5 = 15.00; less 15.00 charged before',
      '2026-01-20',
    ],
    [
      '1000',
      500n,
      'Calls, 2026-01-01 to 2026-01-31, 1000 more used: 3,600 calls in packages of 1,000: 4 × 5 = 20.00; less 15.00 charged before',
      '2026-01-02',
    ],
  ])
  await retractCalls(world, 'c-3')
  await world.advanceTo(new Date('2026-02-10T18:00:00Z'))
  expect(await chargedCalls(world)).toEqual([1_500n, 500n, -500n])
  expect((await chargesOfAcme(world)).at(-1)?.charge.description).toBe(
    'Calls, 2026-01-01 to 2026-01-31, 1000 fewer used: 2,600 calls in packages of 1,000: 3 × 5 = 15.00; less 20.00 charged before',
  )
  expect(await differencesIn(world)).toEqual([])
  await passMonths(world, '2026-02', '2026-03')
  expect(await billedCalls(world)).toEqual([
    [1_500n, '2026-01-01', '2026-02-01'],
    [-500n, '2026-01-02', '2026-01-02'],
    [500n, '2026-01-02', '2026-01-02'],
  ])
  expect([await earnedCalls(world, '2026-01'), await earnedCalls(world, '2026-02')]).toEqual([1_500n, 0n])
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 120_000)

test('a minimum of 100.00 is charged for January and March without a single call; 12,500 calls of February are 125.00', async () => {
  world = await worldOfCalls('MINIMUM')
  await passMonths(world, '2026-02')
  expect(await chargesOfAcme(world)).toMatchObject([
    {
      furtherQuantity: '0',
      charge: {
        amount: { amountMinor: 10_000n },
        description:
          'Calls, 2026-01-01 to 2026-01-31: 0 calls × 0.01 = 0.00; plus 100.00 up to the minimum of 100.00',
      },
    },
  ])
  expect(await earnedCalls(world, '2026-01')).toBe(10_000n)
  await world.advanceTo(new Date('2026-02-10T12:00:00Z'))
  await useCalls(world, 'c-1', '2026-02-09T10:10:00Z', '12500')
  await passMonths(world, '2026-03', '2026-04')
  expect(await billedCalls(world)).toEqual([
    [10_000n, '2026-01-01', '2026-02-01'],
    [12_500n, '2026-02-01', '2026-03-01'],
    [10_000n, '2026-03-01', '2026-04-01'],
  ])
  expect([await earnedCalls(world, '2026-02'), await earnedCalls(world, '2026-03')]).toEqual([
    12_500n,
    10_000n,
  ])
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 120_000)

test('by volume beyond 1,000 included calls, 3,500 calls at 0.02 are 50.00', async () => {
  world = await worldOfCalls('VOLUME')
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '3500')
  await passMonths(world, '2026-02', '2026-03')
  expect(await billedCalls(world)).toEqual([[5_000n, '2026-01-01', '2026-02-01']])
  expect((await chargesOfAcme(world))[0]?.charge.description).toBe(
    'Calls, 2026-01-01 to 2026-01-31: 2,500 calls over × 0.02 = 50.00',
  )
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('with a fee of 50,000.00 a month in arrears, January is one invoice of 50,015.00', async () => {
  world = await worldOfCalls('PACKAGES', { besides: [acmeBank.lines[0]] })
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await passMonths(world, '2026-02')
  const totals: bigint[] = []
  for await (const page of factsOfKind(world.hub.context.store.read, ['invoice-finalized']))
    totals.push(...page.map((fact) => ('total' in fact ? fact.total.amountMinor : -1n)))
  // The first is of the day it begins, when nothing is due in arrears.
  expect(totals).toEqual([0n, 5_001_500n])
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('a quarter of 2,500 calls is on an invoice of its own at once, because the next one is three months away', async () => {
  world = await worldOfCalls('PACKAGES', { frequency: 'Quarterly' })
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await passMonths(world, '2026-02', '2026-03')
  expect(await billedCalls(world)).toEqual([])
  await passMonths(world, '2026-04')
  expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-04-01']])
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

test('the last month of a contract, whose subscription has ended, is on an invoice of its own, and so is what comes late', async () => {
  world = await worldOfCalls('PACKAGES', { months: 1 })
  await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
  await world.advanceTo(new Date('2026-02-01T16:00:00Z'))
  expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
  await useCalls(world, 'c-2', '2026-01-31T10:10:00Z', '1000')
  await world.advanceTo(new Date('2026-02-01T20:00:00Z'))
  expect(await billedCalls(world)).toEqual([
    [1_500n, '2026-01-01', '2026-02-01'],
    [500n, '2026-01-31', '2026-01-31'],
  ])
  await passMonths(world, '2026-02')
  expect(await standingOfCalls(world)).toBe(0n)
  expect(await differencesIn(world)).toEqual([])
}, 90_000)

describe('once, whatever happens', () => {
  test('asked for again and again, it is charged once', async () => {
    world = await worldOfCalls('PACKAGES')
    await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
    await world.advanceTo(new Date('2026-02-01T13:30:00Z'))
    const { contractId } = await contractOfAcme(world)
    for (let again = 0; again < 3; again++) {
      await world.hub.context.store.unitOfWork((unit) =>
        enqueue(unit, [{ queue: 'settle-usage', subject: contractId }], world.hub.context),
      )
      await workAll(world)
    }
    expect(await chargesOfAcme(world)).toHaveLength(1)
    await passMonths(world, '2026-02', '2026-03')
    expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
    expect(await differencesIn(world)).toEqual([])
  }, 90_000)

  test.each(['settlement-between-periods', 'operation-in-flight', 'operation-after-answer'] as const)(
    'ended at %s it is charged once',
    async (label) => {
      let ends = 0
      world = await worldOfCalls('PACKAGES', {
        checkpoint: (at) => {
          const now = world?.hub.context.clock.now() ?? new Date(0)
          if (at !== label || now < new Date('2026-02-01T12:44:00Z') || ends++ > 0) return
          throw new Error(`ended at ${label}`)
        },
      })
      await useCalls(world, 'c-1', '2026-01-20T10:10:00Z', '2500')
      await world.advanceTo(new Date('2026-02-02T12:00:00Z'))
      expect(ends).toBeGreaterThan(0)
      expect(await chargesOfAcme(world)).toMatchObject([{ charge: { amount: { amountMinor: 1_500n } } }])
      await passMonths(world, '2026-02', '2026-03')
      expect(await billedCalls(world)).toEqual([[1_500n, '2026-01-01', '2026-02-01']])
      expect(await differencesIn(world)).toEqual([])
    },
    90_000,
  )
})

test('the tie-out names a period that nobody settled for a day, and a charge of 1.00 that is not of the contract', async () => {
  world = await worldOfCalls('MINIMUM')
  await world.advanceTo(new Date('2026-02-01T12:30:00Z'))
  const { context } = world.hub
  const twoDaysLater = { ...context.clock, now: () => new Date('2026-02-03T12:30:00Z') }
  const invoices = (await tieOut({ ...context, clock: twoDaysLater })).find(({ name }) => name === 'invoices')
  expect(invoices).toMatchObject({ differences: [{ left: '100.00 USD', right: '0.00 USD' }] })
  await world.advanceTo(new Date('2026-02-01T12:50:00Z'))
  const [charge] = await chargesOfAcme(world)
  if (charge === undefined) throw new Error('January was not charged')
  const { customerId, meter, contractId, lineId } = charge
  await context.store.unitOfWork(async (unit) => {
    const more = { ...charge.charge, chargeKey: 'more', amount: money('USD', 100n) }
    const planned = { charge: more, period: { startsOn: '2026-01-01' }, late: [] }
    const use = { before: '0', further: '0', reason: 'rated-usage' } as const
    await planUsageCharge(unit, { customerId, meter }, { ...planned, use }, world.now())
  })
  const cause = `what was charged for ${contractId} ${lineId} 2026-01-01 rated-usage is another amount than the contract says`
  expect(await differencesIn(world)).toMatchObject([{ left: '100.00 USD', right: '101.00 USD', cause }])
}, 90_000)

test('work that was lost is made anew from the contract alone, also where nobody used anything', async () => {
  world = await worldOfCalls('MINIMUM')
  await world.hub.context.store.unitOfWork((unit) =>
    unit.tx.execute(sql`delete from work_item where queue = 'settle-usage'`),
  )
  await world.advanceTo(new Date('2026-02-03T12:00:00Z'))
  await world.catchUp()
  expect(await chargedCalls(world)).toEqual([10_000n])
}, 90_000)
