import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HubSpotWorld, Json } from './hubspot-world.ts'
import { acmeDeal, askTwin, hubSpotWorld } from './hubspot-world.ts'

let world: HubSpotWorld

beforeEach(async () => {
  world = await hubSpotWorld({ switches: { searchLagMilliseconds: 20_000 } })
})
afterEach(() => world.close())

const ask = (method: string, path: string, body?: unknown, token?: string) =>
  askTwin(world.fake, method, path, body, token)
const search = (body: Json) => ask('POST', '/crm/v3/objects/deals/search', body)

describe('search in the twin', () => {
  test('learns of a new deal only after its lag', async () => {
    world.fake.createDeal({ deal: { dealname: 'New' } })
    expect((await search({})).json['total']).toBe(0)
    await world.clock.sleep(20_000)
    expect((await search({})).json['total']).toBe(1)
  })

  test('shows the old stage of a changed deal until the index knows', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.closeDeal(dealId)
    const stage = async () => (await search({ properties: ['dealstage'] })).json
    expect(await stage()).toMatchObject({ results: [{ properties: { dealstage: 'appointmentscheduled' } }] })
    await world.clock.sleep(20_000)
    expect(await stage()).toMatchObject({ results: [{ properties: { dealstage: 'closedwon' } }] })
  })

  test('refuses to page beyond result 10,000', async () => {
    expect((await search({ limit: 200, after: '9800' })).status).toBe(200)
    expect((await search({ limit: 200, after: '9801' })).status).toBe(400)
  })

  test('refuses a page of 201, two sorts, six groups and unknown properties', async () => {
    const filters = [{ propertyName: 'amount', operator: 'GT', value: '1' }]
    const bodies = [
      { limit: 201 },
      { sorts: ['amount', 'dealname'] },
      { filterGroups: Array.from({ length: 6 }, () => ({ filters })) },
      { filterGroups: [{ filters: [{ propertyName: 'nonsense', operator: 'EQ', value: '1' }] }] },
    ]
    for (const body of bodies) expect((await search(body)).status).toBe(400)
  })

  test.each([
    ['EQ', { value: '100' }, ['b']],
    ['NEQ', { value: '100' }, ['a', 'c', 'd']],
    ['GT', { value: '20' }, ['b']],
    ['GTE', { value: '20' }, ['a', 'b']],
    ['LT', { value: '20' }, ['c']],
    ['LTE', { value: '20' }, ['a', 'c']],
    ['BETWEEN', { value: '3', highValue: '20' }, ['a', 'c']],
    ['IN', { values: ['3', '100'] }, ['b', 'c']],
    ['NOT_IN', { values: ['3', '100'] }, ['a', 'd']],
    ['HAS_PROPERTY', {}, ['a', 'b', 'c']],
    ['NOT_HAS_PROPERTY', {}, ['d']],
  ])('%s %j compares numbers as numbers', async (operator, operands, expected) => {
    world.fake.load([
      { deal: { dealname: 'a', amount: '20' } },
      { deal: { dealname: 'b', amount: '100' } },
      { deal: { dealname: 'c', amount: '3' } },
      { deal: { dealname: 'd' } },
    ])
    const filterGroups = [{ filters: [{ propertyName: 'amount', operator, ...operands }] }]
    const { json } = await search({ filterGroups, sorts: ['dealname'], properties: ['dealname'] })
    const names = (json['results'] as { properties: { dealname: string } }[]).map(
      ({ properties }) => properties.dealname,
    )
    expect(names).toEqual(expected)
  })
})

describe('limits of the twin', () => {
  const limits = { burstPerTenSeconds: 3, searchesPerSecond: 2, perDay: 6 }

  test('the fourth call in ten seconds is refused by name, and the headers count down', async () => {
    await world.close()
    world = await hubSpotWorld({ limits })
    const call = () => ask('GET', '/crm/v3/pipelines/deals')
    const remaining = []
    for (let time = 0; time < 3; time++)
      remaining.push((await call()).headers.get('x-hubspot-ratelimit-remaining'))
    expect(remaining).toEqual(['2', '1', '0'])
    expect(await call()).toMatchObject({ status: 429, json: { policyName: 'TEN_SECONDLY_ROLLING' } })
    await world.clock.sleep(10_000)
    expect((await call()).status).toBe(200)
  })

  test('the third search in a second is refused by name, without headers that count', async () => {
    await world.close()
    world = await hubSpotWorld({ limits })
    expect((await search({})).headers.get('x-hubspot-ratelimit-remaining')).toBeNull()
    await search({})
    expect(await search({})).toMatchObject({ status: 429, json: { policyName: 'SECONDLY' } })
    await world.clock.sleep(1000)
    expect((await search({})).status).toBe(200)
  })

  test('the seventh call of a day is refused until midnight in New York', async () => {
    await world.close()
    world = await hubSpotWorld({ limits })
    for (let time = 0; time < 6; time++) {
      await search({})
      await world.clock.sleep(1000)
    }
    expect(await search({})).toMatchObject({ status: 429, json: { policyName: 'DAILY' } })
    world.clock.advanceTo(new Date('2026-11-21T04:59:59Z'))
    expect((await search({})).status).toBe(429)
    world.clock.advanceTo(new Date('2026-11-21T05:00:00Z'))
    expect((await search({})).status).toBe(200)
  })

  test('a wrong token is 401, whatever it asks for', async () => {
    expect(await ask('GET', '/crm/v3/pipelines/deals', undefined, 'wrong')).toMatchObject({
      status: 401,
      json: { category: 'INVALID_AUTHENTICATION' },
    })
  })
})
