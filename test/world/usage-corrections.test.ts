import { sql } from 'drizzle-orm'
import { afterEach, expect, test } from 'vitest'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { contractsOfCustomer } from '../../src/store/contracts.ts'
import { billedLines } from '../../src/store/tie-out-lookup.ts'
import { rowsOf } from '../../src/store/unit-of-work.ts'
import { usageChargesOf } from '../../src/store/usage-charges.ts'
import { countedAtStripe, heldHour, usageExceptions, worldOfAcme } from './acme-tokens.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

async function useOf(id: string, time: string, value: string): Promise<void> {
  const { crmAccountId } = await customerNamed(world, 'Acme Bank')
  const event = { id, source: 'test', type: 'tokens', subject: crmAccountId, time, data: { value } }
  expect(await postUsage(world, [event])).toMatchObject({ accepted: 1 })
}

/** Sends a correction as it is; answers the status. */
async function correct(changes: object): Promise<number> {
  const { crmAccountId } = await customerNamed(world, 'Acme Bank')
  const event = {
    specversion: '1.0',
    source: 'test',
    type: 'tokens',
    subject: crmAccountId,
    time: world.hub.context.clock.now().toISOString(),
    ...changes,
  }
  const answer = await fetch(`${world.hubUrl}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await world.usageKey()}`,
      'content-type': 'application/cloudevents+json',
    },
    body: JSON.stringify(event),
  })
  await countUsage(world.hub.context.store, world.hub.context)
  return answer.status
}

async function lateCharges() {
  const { customerId } = await customerNamed(world, 'Acme Bank')
  const [contract] = await contractsOfCustomer(world.hub.context.store.read, customerId)
  return usageChargesOf(world.hub.context.store.read, contract?.contractId ?? '')
}

async function billedTokens(): Promise<bigint[]> {
  const [charge] = await lateCharges()
  const lines = await billedLines(world.hub.context.store.read)
  return lines.filter(({ lineId }) => lineId === charge?.lineId).map(({ netMinor }) => netMinor)
}

/** What was recognized of the tokens in a month, in cents. */
async function earnedTokens(month: string): Promise<number> {
  const [charge] = await lateCharges()
  const [row] = await rowsOf<{ earned: number }>(
    world.hub.context.store.read,
    sql`
    select coalesce(sum(case side when 'credit' then amount_minor else -amount_minor end), 0)::integer as earned
    from ledger_entry line join ledger_transaction header using (transaction_id)
    where line.account_kind = 'revenue' and header.month = ${month} and line.line_id = ${charge?.lineId ?? ''}`,
  )
  return row?.earned ?? 0
}

const january = ['2026-01-01T00:00:00Z', '2026-02-01T12:00:00Z'] as const

test('1M of 12M tokens of January, retracted on 3 February, is a credit of 3.20 on the next invoice, and February earns it less (E6-121, B30)', async () => {
  world = await worldOfAcme()
  await useOf('first', '2026-01-20T10:10:00Z', '11000000')
  await useOf('wrong', '2026-01-20T10:20:00Z', '1000000')
  await world.advanceTo(new Date('2026-02-03T12:00:00Z'))
  await world.advanceTo(new Date('2026-02-03T12:10:00Z'))
  expect(await correct({ id: 'sorry', retracts: 'wrong' })).toBe(202)
  await world.advanceTo(new Date('2026-02-03T14:00:00Z'))
  expect(await lateCharges()).toMatchObject([
    {
      reason: 'after-invoice',
      beforeQuantity: '12000000',
      furtherQuantity: '-1000000',
      charge: {
        amount: { currency: 'USD', amountMinor: -320n },
        description: expect.stringMatching(
          /: credit for 1000000 fewer used from 2026-01-20 10:00 to 2026-01-20 11:00 UTC, which was corrected after the invoice of that time$/,
        ),
      },
    },
  ])
  expect(await heldHour(world, '2026-01-20T10:00:00Z')).toMatchObject({
    quantity: '11000000',
    reportedQuantity: '12000000',
    chargedQuantity: '-1000000',
  })
  expect(await countedAtStripe(world, ...january)).toBe('12000000')
  expect((await reportOn(world)).report.differences).toEqual([])
  await world.advanceTo(new Date('2026-03-04T12:00:00Z'))
  expect(await billedTokens()).toEqual([640n, -320n])
  expect([await earnedTokens('2026-01'), await earnedTokens('2026-02')]).toEqual([640, -320])
  expect(await usageExceptions(world)).toEqual([])
  expect((await reportOn(world)).report.differences).toEqual([])
}, 90_000)

test('in the open period a replacement of 5 by 3 an hour later, and a retraction, are told to the meter as differences', async () => {
  world = await worldOfAcme()
  await useOf('a', '2026-01-20T10:10:00Z', '5')
  await useOf('b', '2026-01-20T10:20:00Z', '7')
  await world.advanceTo(new Date('2026-01-20T12:40:00Z'))
  expect(await countedAtStripe(world, '2026-01-20T10:00:00Z', '2026-01-20T11:00:00Z')).toBe('12')
  expect(await correct({ id: 'a2', replaces: 'a', time: '2026-01-20T11:10:00Z', data: { value: '3' } })).toBe(
    202,
  )
  await world.advanceTo(new Date('2026-01-20T12:50:00Z'))
  expect(await countedAtStripe(world, '2026-01-20T10:00:00Z', '2026-01-20T11:00:00Z')).toBe('7')
  expect(await countedAtStripe(world, '2026-01-20T11:00:00Z', '2026-01-20T12:00:00Z')).toBe('3')
  expect(await correct({ id: 'b-', retracts: 'b' })).toBe(202)
  await world.advanceTo(new Date('2026-01-20T13:00:00Z'))
  expect(await countedAtStripe(world, ...january)).toBe('3')
  expect(await heldHour(world, '2026-01-20T10:00:00Z')).toMatchObject({
    quantity: '0',
    reportedQuantity: '0',
  })
  expect(await lateCharges()).toEqual([])
  expect((await reportOn(world)).report.differences).toEqual([])
}, 90_000)
