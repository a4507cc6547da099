import { beforeAll, describe, expect, test } from 'vitest'
import { postUsage, type PostedEvent } from '../../src/cli/demo/post-usage.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { money, toDecimal } from '../../src/domain/money.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { contractsOfCustomer } from '../../src/store/contracts.ts'
import { factsOfKind } from '../../src/store/facts.ts'
import { listWindows } from '../../src/store/usage-windows.ts'
import type { Customer } from '../../src/store/customers.ts'
import { eventsOf, hasTrace, readTrace, requestsPlayed, shuffled, traceDeals } from './llm-trace.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

if (!hasTrace)
  console.log('llm trace: ../shared/data/llm-usage is absent, skipped (DATA_DIR says where it is)')

/** What one way of sending the trace came to, by customer: what the hub counted and rated, what Stripe counted, and what it billed. */
type Outcome = {
  readonly hours: readonly string[]
  readonly rated: readonly string[]
  readonly countedByStripe: readonly string[]
  readonly billed: readonly string[]
  readonly differences: readonly unknown[]
}

const meters = ['context_tokens', 'generated_tokens'] as const
const month = [new Date('2023-11-01T00:00:00Z'), new Date('2023-12-01T12:00:00Z')] as const

/** Sells to the three customers, sends their use as `send` does, and lets November end. */
async function outcomeOf(
  send: (world: SmallWorld, events: readonly PostedEvent[]) => Promise<void>,
): Promise<Outcome> {
  const world = await smallWorld({ startsAt: '2023-11-01T15:00:00Z' })
  try {
    for (const deal of traceDeals) await closeInSalesforce(world, deal)
    const customers = await Promise.all(traceDeals.map(({ account }) => customerNamed(world, account.Name)))
    const subjects = customers.map(({ crmAccountId }) => crmAccountId)
    await send(world, eventsOf(readTrace(customers.length, requestsPlayed), subjects))
    await world.advanceTo(new Date('2023-12-01T11:30:00Z'))
    const hours = await each(customers, (customer) => hoursOf(world, customer))
    const rated = await each(customers, (customer) => ratedOf(world, customer))
    await world.advanceTo(new Date('2023-12-04T18:00:00Z'))
    const countedByStripe = await each(customers, (customer) => countedByStripeOf(world, customer))
    const billed = await each(customers, (customer) => billedOf(world, customer))
    const { differences } = (await reportOn(world)).report
    return { hours, rated, countedByStripe, billed, differences }
  } finally {
    await world.close()
  }
}

async function each(
  customers: readonly Customer[],
  lines: (customer: Customer) => Promise<string[]>,
): Promise<string[]> {
  const found: string[] = []
  for (const customer of customers)
    found.push(...(await lines(customer)).map((line) => `${customer.name}: ${line}`))
  return found
}

async function hoursOf({ hub }: SmallWorld, { customerId }: Customer): Promise<string[]> {
  const windows = await Promise.all(
    meters.map((meter) =>
      listWindows(hub.context.store.read, { customerId, meter, from: month[0], to: month[1] }),
    ),
  )
  return windows
    .flat()
    .map(
      ({ meter, startsAt, quantity, eventCount }) =>
        `${meter} ${startsAt.toISOString()} ${quantity} in ${eventCount}`,
    )
}

type Upcoming = {
  lines: { meter: string; quantity: string; amount: { amount: string }; explanation: string }[]
}

async function ratedOf({ hub }: SmallWorld, { customerId }: Customer): Promise<string[]> {
  const { store, clock, random } = hub.context
  const [contract] = await contractsOfCustomer(store.read, customerId)
  const key = { name: 'test', scopes: ['contracts:read'], by: 'test' } as const
  const { secret } = await createApiKey({ store, clock, random }, key)
  const answer = await hub.app.request(`/v1/contracts/${contract?.contractId}/upcoming-usage`, {
    headers: { authorization: `Bearer ${secret}` },
  })
  const { lines } = (await answer.json()) as Upcoming
  return lines.map(
    ({ meter, quantity, amount, explanation }) => `${meter} ${quantity} ${amount.amount}: ${explanation}`,
  )
}

async function countedByStripeOf({ hub }: SmallWorld, { providerCustomerId }: Customer): Promise<string[]> {
  const counted: string[] = []
  for (const meter of meters) {
    const hours = await hub.context.billing.meterHours(
      meter,
      providerCustomerId ?? '',
      month[0],
      new Date('2023-12-01T00:00:00Z'),
    )
    if (hours.kind !== 'ok') throw new Error(`Stripe answers ${hours.kind}`)
    counted.push(
      ...hours.value.map(({ startsAt, quantity }) => `${meter} ${startsAt.toISOString()} ${quantity}`),
    )
  }
  return counted.sort()
}

async function billedOf({ hub }: SmallWorld, { customerId }: Customer): Promise<string[]> {
  const [contract] = await contractsOfCustomer(hub.context.store.read, customerId)
  const lines: string[] = []
  for await (const page of factsOfKind(hub.context.store.read, ['invoice-finalized'])) {
    for (const fact of page)
      if (fact.kind === 'invoice-finalized' && fact.contractId === contract?.contractId)
        lines.push(...fact.lines.map(({ net }) => toDecimal(net)), `total ${toDecimal(fact.total)}`)
  }
  return lines.sort()
}

/** Every request as it happens, within the hour. */
async function sendInOrder(world: SmallWorld, events: readonly PostedEvent[]): Promise<void> {
  await world.advanceTo(new Date('2023-11-16T19:30:00Z'))
  expect(await postUsage(world, events)).toMatchObject({ accepted: events.length, duplicates: 0 })
}

/** In any order, in four parts up to two weeks late, each of which repeats a half of what was sent before. */
async function sendLateAndTwice(world: SmallWorld, events: readonly PostedEvent[]): Promise<void> {
  const order = shuffled(events, 11)
  const part = Math.ceil(order.length / 4)
  const times = [
    '2023-11-16T19:30:00Z',
    '2023-11-16T22:40:00Z',
    '2023-11-20T03:00:00Z',
    '2023-11-30T18:00:00Z',
  ]
  for (const [turn, time] of times.entries()) {
    await world.advanceTo(new Date(time))
    const fresh = order.slice(turn * part, (turn + 1) * part)
    const before = order.slice(0, turn * part)
    const again = shuffled([...before, ...fresh], turn).slice(
      0,
      Math.ceil((before.length + fresh.length) / 2),
    )
    const counts = await postUsage(world, shuffled([...fresh, ...again], 7 + turn))
    expect(counts).toEqual({ accepted: fresh.length, unmatched: 0, duplicates: again.length, refused: 0 })
  }
}

describe.skipIf(!hasTrace)(`${requestsPlayed} requests of a production trace of LLMs`, () => {
  let inOrder: Outcome
  let lateAndTwice: Outcome
  beforeAll(async () => {
    inOrder = await outcomeOf(sendInOrder)
    lateAndTwice = await outcomeOf(sendLateAndTwice)
  }, 300_000)

  test('shuffled, duplicated and two weeks late they come to the same hours, amounts, sums at Stripe and invoice lines', () => {
    expect(lateAndTwice).toEqual(inOrder)
    expect(inOrder.differences).toEqual([])
  })

  test('the hours hold what the file holds, and Stripe counts the same', () => {
    const expected = new Map<string, [number, number]>()
    for (const { customer, time, tokensIn, tokensOut } of readTrace(traceDeals.length, requestsPlayed)) {
      const name = traceDeals[customer]?.account.Name
      for (const [meter, tokens] of [
        ['context_tokens', tokensIn],
        ['generated_tokens', tokensOut],
      ]) {
        const key = `${name}: ${meter} ${time.slice(0, 13)}:00:00.000Z`
        const [sum, count] = expected.get(key) ?? [0, 0]
        expected.set(key, [sum + Number(tokens), count + 1])
      }
    }
    const inHours = [...expected].map(([key, [sum, count]]) => `${key} ${sum} in ${count}`)
    expect(inOrder.hours.toSorted()).toEqual(inHours.toSorted())
    expect(inHours).toHaveLength(12)
    const atStripe = [...expected].map(([key, [sum]]) => `${key} ${sum}`)
    expect(inOrder.countedByStripe.toSorted()).toEqual(atStripe.toSorted())
  })

  test('each line is billed as it was rated before, rounded once', () => {
    const amounts = inOrder.rated.map((line) => {
      const [, name, minor = ''] = /^(.+): \w+ \d+ (\d+): /.exec(line) ?? []
      return `${name}: ${toDecimal(money('USD', BigInt(minor)))}`
    })
    const lines = inOrder.billed.filter((line) => !line.includes('total'))
    expect(lines.toSorted()).toEqual(amounts.toSorted())
  })

  test.runIf(requestsPlayed === 2_000)(
    '2,000 requests cost 0.61, 25.93 and 139.09, each line with its reason',
    () => {
      expect(inOrder.rated).toEqual([
        'Quartz Assistants: context_tokens 792151 40: 792,151 context tokens ÷ 1,000,000 × 0.5 = 0.3960755, rounded 0.40',
        'Quartz Assistants: generated_tokens 136778 21: 136,778 generated tokens ÷ 1,000,000 × 1.5 = 0.205167, rounded 0.21',
        'Opal Answers: context_tokens 736423 1408: 536,423 context tokens over ÷ 1,000,000 × 30 × (1 − 12.5 %) = 14.08110375, rounded 14.08',
        'Opal Answers: generated_tokens 140303 1185: 90,303 generated tokens over ÷ 1,000,000 × 150 × (1 − 12.5 %) = 11.85226875, rounded 11.85',
        'Topaz Tutors: context_tokens 799487 2662: 799,487 context tokens ÷ 1,000 × 0.0333 = 26.6229171, rounded 26.62',
        'Topaz Tutors: generated_tokens 144751 11247: 144,751 generated tokens × 0.000777 = 112.471527, rounded 112.47',
      ])
      expect(inOrder.billed.filter((line) => line.includes('total'))).toEqual([
        'Quartz Assistants: total 0.61',
        'Opal Answers: total 25.93',
        'Topaz Tutors: total 139.09',
      ])
    },
  )
})
