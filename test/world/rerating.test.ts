import { Big } from 'big.js'
import { afterEach, expect, test } from 'vitest'
import { postUsage, type PostedEvent } from '../../src/cli/demo/post-usage.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { isUsage, type UsageLine } from '../../src/domain/contract.ts'
import { finestParts } from '../../src/domain/exact-sum.ts'
import { addUse, amountOf, compileRate, stateOf } from '../../src/domain/rating/compiled-rate.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { fraction, seededRandom } from '../../src/ports/random.ts'
import { contractsOfCustomer, type StoredContract } from '../../src/store/contracts.ts'
import { usageEvent, usageWindow } from '../../src/store/schema.ts'
import { workAll, worldOfAcme } from './acme-tokens.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const random = seededRandom(3)
const below = (most: number) => Math.floor(fraction(random) * most)

/** 900 uses of up to 30,000 tokens, to a millionth of a millionth, at any second of 18 days. */
function useOf(subject: string): PostedEvent[] {
  const from = Date.parse('2026-01-02T00:00:00Z')
  return Array.from({ length: 900 }, (_, index) => ({
    id: `use-${index}`,
    source: 'test',
    type: 'tokens',
    subject,
    time: new Date(from + below(18 * 86_400) * 1000).toISOString(),
    data: { value: `${below(30_000)}.${String(below(1_000_000_000_000)).padStart(12, '0')}` },
  }))
}

async function acme(): Promise<{ crmAccountId: string; contract: StoredContract; line: UsageLine }> {
  const { crmAccountId, customerId } = await customerNamed(world, 'Acme Bank')
  const [contract] = await contractsOfCustomer(world.hub.context.store.read, customerId)
  const line = contract?.version.terms.lines.find(isUsage)
  if (contract === undefined || line === undefined) throw new Error('Acme Bank bought no tokens')
  return { crmAccountId, contract, line }
}

/** The usage line of the next invoice, as the hub says it. */
async function shadowLine({ contractId }: StoredContract) {
  const { store, clock, random: chance } = world.hub.context
  const { secret } = await createApiKey(
    { store, clock, random: chance },
    { name: 'test', scopes: ['contracts:read'], by: 'test' },
  )
  const answer = await world.hub.app.request(`/v1/contracts/${contractId}/upcoming-usage`, {
    headers: { authorization: `Bearer ${secret}` },
  })
  const { lines } = (await answer.json()) as { lines: { quantity: string; amount: { amount: string } }[] }
  return lines[0]
}

const sumOf = (values: readonly string[]) => values.reduce((sum, value) => sum.plus(value), new Big(0))

test('900 events, some sent twice and in no order, rated again one by one from what is stored give the same hours and cents', async () => {
  world = await worldOfAcme()
  const { crmAccountId, contract, line } = await acme()
  const uses = useOf(crmAccountId)
  const again = uses.filter((_, index) => index % 10 === 0)
  expect(await postUsage(world, uses)).toMatchObject({ accepted: 900, duplicates: 0 })
  expect(await postUsage(world, again)).toMatchObject({ accepted: 0, duplicates: 90 })
  await workAll(world)

  const { read } = world.hub.context.store
  const stored = await read.select().from(usageEvent)
  const hours = await read.select().from(usageWindow)
  const byHour = Map.groupBy(
    stored,
    ({ occurredAt }) => `${occurredAt.toISOString().slice(0, 13)}:00:00.000Z`,
  )
  expect(stored).toHaveLength(900)
  expect(
    new Map(hours.map(({ startsAt, quantity }) => [startsAt.toISOString(), new Big(quantity).toFixed()])),
  ).toEqual(
    new Map([...byHour].map(([hour, events]) => [hour, sumOf(events.map(({ value }) => value)).toFixed()])),
  )

  const rate = compileRate(line, 'USD')
  const state = stored.reduce(
    (soFar, { value }) => addUse(rate, soFar, finestParts(new Big(value).toFixed())),
    stateOf(rate, 0n),
  )
  const whole = sumOf(uses.map(({ data }) => data.value))
  // 10,000,000 are included; the rest costs 0.004 for each thousand, less 20 %.
  const cents = whole.minus(10_000_000).times('0.0000032').times(100).round(0, Big.roundHalfUp).toFixed()
  expect(Number(cents)).toBeGreaterThan(500)
  expect(amountOf(rate, state).amountMinor.toString()).toBe(cents)
  expect(await shadowLine(contract)).toMatchObject({ quantity: whole.toFixed(), amount: { amount: cents } })
}, 60_000)
