import { afterEach, expect, test } from 'vitest'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { contractsOfCustomer } from '../../src/store/contracts.ts'
import type { MeterDefinition } from '../../src/domain/meter.ts'
import { publishMeter } from '../../src/store/meters.ts'
import { billedLines } from '../../src/store/tie-out-lookup.ts'
import { sampleMeter } from '../domain/meter-samples.ts'
import { closeInSalesforce, smallWorld, type SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const [platform, tokens] = acmeBank.lines

/** A line that sells each unit of a meter at a price, none of them included. */
const perUnit = (meter: string, price: number) => ({
  ...tokens,
  product: { ...tokens.product, Name: meter, ProductCode: meter },
  Meter__c: meter,
  Included_Units__c: 0,
  Unit_Size__c: 1,
  Overage_Price__c: price,
  Overage_Discount__c: 0,
})

const definitions: readonly Partial<MeterDefinition>[] = [
  { meter: 'users', eventType: 'login', aggregation: 'unique', valuePath: 'properties.user' },
  { meter: 'seats', eventType: 'plan', aggregation: 'maximum' },
  { meter: 'hosts', eventType: 'fleet', aggregation: 'last' },
  { meter: 'storage', eventType: 'stored', aggregation: 'time-weighted' },
  { meter: 'requests', eventType: 'call', aggregation: 'count', valuePath: null },
  {
    meter: 'gold-seconds',
    eventType: 'call',
    valuePath: 'properties.seconds',
    groupBy: ['region'],
    filters: [{ property: 'tier', oneOf: ['gold'] }],
  },
]

const prices: Readonly<Record<string, number>> = {
  users: 2,
  seats: 10,
  hosts: 5,
  storage: 1,
  requests: 0.5,
  'gold-seconds': 0.1,
}

async function publishAll(): Promise<void> {
  const { store, clock } = world.hub.context
  for (const changes of definitions) {
    const meter = {
      definition: sampleMeter(changes),
      effectiveFrom: new Date('2025-12-01T00:00:00Z'),
      by: 'test',
    }
    expect(await store.unitOfWork((unit) => publishMeter(unit, meter, clock.now()))).toMatchObject({
      ok: true,
    })
  }
}

let turn = 0

/** Acme Bank tells of an event in January 2026: `12:30` of the 3rd is `03T12:30`. */
async function use(type: string, at: string, data: object): Promise<void> {
  const { crmAccountId: subject } = await customerNamed(world, 'Acme Bank')
  const time = `2026-01-${at}:00Z`
  const event = { specversion: '1.0', id: `m-${++turn}`, source: 'test', type, subject, time, data }
  const answer = await world.hub.app.request('/v1/events', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await world.usageKey()}`,
      'content-type': 'application/cloudevents+json',
    },
    body: JSON.stringify(event),
  })
  expect(answer.status).toBe(202)
  await countUsage(world.hub.context.store, world.hub.context)
}

/** Cents on finalized invoices by product. */
async function billed(): Promise<Record<string, bigint[]>> {
  const { store } = world.hub.context
  const { customerId } = await customerNamed(world, 'Acme Bank')
  const [contract] = await contractsOfCustomer(store.read, customerId)
  const nameOf = new Map(contract?.version.terms.lines.map(({ lineId, product }) => [lineId, product.name]))
  const lines = (await billedLines(store.read)).filter(({ startsOn }) => startsOn >= '2026-01-01')
  const amounts: Record<string, bigint[]> = {}
  for (const { lineId, netMinor } of lines) {
    const name = nameOf.get(lineId) ?? lineId
    amounts[name] = [...(amounts[name] ?? []), netMinor]
  }
  return amounts
}

test('January: 3 users, 8 seats at most, 2 hosts at last, 3 on the average stored, 4 requests, 30 gold seconds', async () => {
  world = await smallWorld({ startsAt: '2026-01-01T12:00:00Z' })
  await publishAll()
  const lines = Object.entries(prices).map(([meter, price]) => perUnit(meter, price))
  await closeInSalesforce(world, { ...acmeBank, lines: [platform, ...lines] } as never)
  await world.advanceTo(new Date('2026-01-12T10:30:00Z'))
  for (const [at, user] of [
    ['05T10:00', 'ann'],
    ['06T10:00', 'bob'],
    ['06T11:00', 'ann'],
  ] as const)
    await use('login', at, { value: '1', properties: { user } })
  for (const [at, value] of [
    ['05T10:00', '5'],
    ['07T10:00', '8'],
    ['09T10:00', '6'],
  ] as const)
    await use('plan', at, { value })
  for (const [at, value] of [
    ['05T10:00', '7'],
    ['12T10:00', '4'],
  ] as const)
    await use('fleet', at, { value })
  for (const [tier, seconds] of [
    ['gold', '12.5'],
    ['gold', '17.5'],
    ['free', '99'],
    ['gold', '0'],
  ] as const)
    await use('call', '08T10:00', { value: '1', properties: { tier, seconds, region: 'eu' } })
  await world.advanceTo(new Date('2026-01-30T10:30:00Z'))
  // Late, and below what was told: the hour of the last number of hosts goes to Stripe as a difference below zero.
  await use('login', '05T09:00', { value: '1', properties: { user: 'ann' } })
  await use('login', '20T09:00', { value: '1', properties: { user: 'cy' } })
  await use('fleet', '29T10:00', { value: '2' })
  await world.advanceTo(new Date('2026-01-31T18:00:00Z'))
  // Stripe bills January until 12:00 UTC on 1 February: the level holds for 18 of its 744 hours.
  await use('stored', '31T18:00', { value: '124' })
  await world.advanceTo(new Date('2026-02-01T15:00:00Z'))
  await world.jumpTo(new Date('2026-02-03T18:00:00Z'))
  await world.advanceTo(new Date('2026-02-03T18:30:00Z'))
  expect(await billed()).toMatchObject({
    users: [600n],
    seats: [8000n],
    hosts: [1000n],
    requests: [200n],
    'gold-seconds': [300n],
    storage: [300n],
  })
  expect((await reportOn(world)).report.differences).toEqual([])
}, 120_000)
