import { afterEach, expect, test } from 'vitest'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { contractsOfCustomer } from '../../src/store/contracts.ts'
import { billedLines } from '../../src/store/tie-out-lookup.ts'
import { usageChargesOf } from '../../src/store/usage-charges.ts'
import { countedAtStripe, heldHour, usageExceptions, useTokens, worldOfAcme } from './acme-tokens.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const january = ['2026-01-01T00:00:00Z', '2026-02-01T12:00:00Z'] as const

/** What was put on invoices for use that came too late. */
async function lateCharges() {
  const { customerId } = await customerNamed(world, 'Acme Bank')
  const [contract] = await contractsOfCustomer(world.hub.context.store.read, customerId)
  return usageChargesOf(world.hub.context.store.read, contract?.contractId ?? '')
}

/** Amounts of the finalized invoice lines of Acme's tokens, in cents. */
async function billedTokens(): Promise<bigint[]> {
  const charges = await lateCharges()
  const lines = await billedLines(world.hub.context.store.read)
  const { lineId } = charges[0] ?? {}
  return lines.filter((line) => line.lineId === lineId).map(({ netMinor }) => netMinor)
}

test('12M tokens are invoiced for January as 6.40; 1M more that come in February are 3.20 on the next invoice', async () => {
  world = await worldOfAcme()
  await useTokens(world, '2026-01-20T10:10:00Z', 12_000_000)
  // January is closed by now.
  await world.advanceTo(new Date('2026-02-03T12:00:00Z'))
  await world.advanceTo(new Date('2026-02-03T12:10:00Z'))
  await useTokens(world, '2026-01-20T10:20:00Z', 1_000_000)
  await world.advanceTo(new Date('2026-02-03T14:00:00Z'))
  expect(await lateCharges()).toMatchObject([
    {
      reason: 'after-invoice',
      beforeQuantity: '12000000',
      furtherQuantity: '1000000',
      charge: {
        amount: { currency: 'USD', amountMinor: 320n },
        description: expect.stringMatching(
          /: 1000000 used from 2026-01-20 10:00 to 2026-01-20 11:00 UTC, which came after the invoice of that time$/,
        ),
      },
    },
  ])
  expect(await heldHour(world, '2026-01-20T10:00:00Z')).toMatchObject({
    reportedQuantity: '12000000',
    chargedQuantity: '1000000',
    reportedRevision: 2,
  })
  expect(await countedAtStripe(world, ...january)).toBe('12000000')
  expect((await reportOn(world)).report.differences).toEqual([])
  await world.advanceTo(new Date('2026-03-04T12:00:00Z'))
  expect(await billedTokens()).toEqual([640n, 320n])
  expect(await usageExceptions(world)).toEqual([])
  expect((await reportOn(world)).report.differences).toEqual([])
}, 90_000)

test('tokens of 46 days ago are charged and not told: 4 of them cost nothing within the included units', async () => {
  world = await worldOfAcme('2026-02-20T12:30:00Z')
  await useTokens(world, '2026-01-05T10:10:00Z', 4)
  await useTokens(world, '2026-02-19T10:10:00Z', 8)
  await world.advanceTo(new Date('2026-02-20T14:00:00Z'))
  expect(await lateCharges()).toMatchObject([
    { reason: 'too-old', beforeQuantity: '0', furtherQuantity: '4', charge: { amount: { amountMinor: 0n } } },
  ])
  expect(await countedAtStripe(world, '2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z')).toBe('8')
  expect(await usageExceptions(world)).toEqual([])
  expect((await reportOn(world)).report.differences).toEqual([])
}, 90_000)

test('use that comes in the draft hour of its invoice is still on it; after the draft hour it waits until the invoice is final', async () => {
  world = await worldOfAcme('2026-02-01T12:20:00Z')
  await useTokens(world, '2026-01-31T10:10:00Z', 11_000_000)
  await world.settle()
  expect(await heldHour(world, '2026-01-31T10:00:00Z')).toMatchObject({ reportedQuantity: '11000000' })
  await world.advanceTo(new Date('2026-02-01T12:50:00Z'))
  await useTokens(world, '2026-01-31T10:20:00Z', 1_000_000)
  await world.settle()
  expect(await lateCharges()).toEqual([])
  await world.advanceTo(new Date('2026-02-01T15:00:00Z'))
  expect(await lateCharges()).toMatchObject([
    { beforeQuantity: '11000000', furtherQuantity: '1000000', charge: { amount: { amountMinor: 320n } } },
  ])
  await world.advanceTo(new Date('2026-03-04T12:00:00Z'))
  expect(await billedTokens()).toEqual([320n, 320n])
  expect((await reportOn(world)).report.differences).toEqual([])
}, 90_000)

test('somebody adds 7 to an hour of 5 at Stripe: the tie-out names the hour, 5 sent and 12 counted', async () => {
  world = await worldOfAcme()
  await useTokens(world, '2026-01-20T10:10:00Z', 5)
  await useTokens(world, '2026-01-20T11:10:00Z', 3)
  await world.settle()
  const { customerId, providerCustomerId } = await customerNamed(world, 'Acme Bank')
  await world.hub.context.billing.sendMeterEvent({
    identifier: 'by-hand',
    meter: 'tokens',
    customerId: providerCustomerId ?? '',
    value: '7',
    occurredAt: new Date('2026-01-20T10:30:00Z'),
  })
  await world.advanceTo(new Date('2026-01-20T12:40:00Z'))
  expect((await reportOn(world)).report.differences).toMatchObject([
    {
      tieOut: 'usage',
      item: `${customerId} tokens 2026-01-20T10 sent`,
      left: '5',
      right: '12',
      cause: 'the provider counted another quantity than was sent',
    },
  ])
}, 60_000)

test('use of 2 and of 20 January that comes on 10 February is charged at once, for each of its reasons', async () => {
  world = await worldOfAcme()
  await useTokens(world, '2026-01-20T10:10:00Z', 12_000_000)
  // January is closed by now.
  await world.advanceTo(new Date('2026-02-10T12:00:00Z'))
  await world.advanceTo(new Date('2026-02-10T12:10:00Z'))
  await useTokens(world, '2026-01-02T10:20:00Z', 1_000_000)
  await useTokens(world, '2026-01-20T10:20:00Z', 1_000_000)
  await world.advanceTo(new Date('2026-02-10T14:00:00Z'))
  const charged = (await lateCharges()).map(({ reason, furtherQuantity, charge }) => [
    reason,
    furtherQuantity,
    charge.amount.amountMinor,
  ])
  expect(charged).toEqual([
    ['too-old', '1000000', 320n],
    ['after-invoice', '1000000', 320n],
  ])
  expect((await reportOn(world)).report.differences).toEqual([])
}, 90_000)

test('101 hours that come between the draft hour and the invoice are all charged, and none waits', async () => {
  world = await worldOfAcme('2026-02-01T12:20:00Z')
  await useTokens(world, '2026-01-31T10:10:00Z', 11_000_000)
  await world.settle()
  await world.advanceTo(new Date('2026-02-01T12:50:00Z'))
  const { crmAccountId } = await customerNamed(world, 'Acme Bank')
  const late = Array.from({ length: 101 }, (_, hour) => ({
    id: `late-${hour}`,
    source: 'test',
    type: 'tokens',
    subject: crmAccountId,
    time: new Date(Date.UTC(2026, 0, 20, hour, 20)).toISOString(),
    data: { value: '100000' },
  }))
  await postUsage(world, late)
  await world.advanceTo(new Date('2026-02-01T15:00:00Z'))
  const charged = (await lateCharges()).map(({ furtherQuantity }) => Number(furtherQuantity))
  expect(charged.reduce((sum, quantity) => sum + quantity, 0)).toBe(10_100_000)
  expect(await usageExceptions(world)).toEqual([])
}, 120_000)
