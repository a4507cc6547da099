import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HubSpotWorld } from './hubspot-world.ts'
import { acmeDeal, askTwin, hubSpotWorld } from './hubspot-world.ts'

let world: HubSpotWorld

beforeEach(async () => {
  world = await hubSpotWorld()
})
afterEach(() => world.close())

const ask = (method: string, path: string, body?: unknown, token?: string) =>
  askTwin(world.fake, method, path, body, token)

describe('records of the twin', () => {
  test('are created, read, changed and deleted, and every value is text', async () => {
    const created = await ask('POST', '/crm/v3/objects/deals', {
      properties: { dealname: 'Nord', amount: 5000 },
    })
    expect(created.status).toBe(201)
    const id = String(created.json['id'])
    expect(
      await ask('PATCH', `/crm/v3/objects/deals/${id}`, { properties: { amount: '6000.50' } }),
    ).toMatchObject({
      status: 200,
      json: { properties: { amount: '6000.50' } },
    })
    const read = await ask('GET', `/crm/v3/objects/0-3/${id}?properties=amount,dealstage,nonsense,dealtype`)
    expect(read.json).toMatchObject({
      id,
      archived: false,
      properties: { amount: '6000.50', dealstage: 'appointmentscheduled', dealtype: null, hs_object_id: id },
    })
    expect(read.json['properties']).not.toHaveProperty('nonsense')
    expect((await ask('DELETE', `/crm/v3/objects/deals/${id}`)).status).toBe(204)
    expect((await ask('GET', `/crm/v3/objects/deals/${id}`)).json).toMatchObject({
      category: 'OBJECT_NOT_FOUND',
    })
  })

  test.each([
    [{ nonsense: '1' }, 'PROPERTY_DOESNT_EXIST'],
    [{ amount: 'five' }, 'INVALID_NUMBER'],
    [{ contract_start: '2026-02-30' }, 'INVALID_DATE'],
    [{ dealstage: 'Closed Won' }, 'INVALID_OPTION'],
    [{ tieout_status: 'Exploded' }, 'INVALID_OPTION'],
    [{ hs_is_closed_won: 'true' }, 'READ_ONLY_VALUE'],
  ])('refuse %j with %s', async (properties, code) => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    const refused = await ask('PATCH', `/crm/v3/objects/deals/${dealId}`, { properties })
    expect(refused.status).toBe(400)
    expect(refused.json).toMatchObject({ category: 'VALIDATION_ERROR', errors: [{ code }] })
    expect(refused.json['message']).toContain(`"error":"${code}"`)
  })
})

describe('what the twin itself writes', () => {
  test('a deal that reaches a closed stage gets its close date, unless one comes with it', async () => {
    const [first = '', second = ''] = world.fake.load([acmeDeal(), acmeDeal()])
    world.fake.closeDeal(first)
    world.fake.closeDeal(second, { closedate: '2026-10-01T00:00:00Z' })
    expect(world.fake.truth().deals.map(({ values }) => values['closedate'])).toEqual([
      '2026-11-20T12:00:00.000Z',
      '2026-10-01T00:00:00.000Z',
    ])
  })

  test('a line of 3 at 19.99 less 10 % amounts to 53.973', async () => {
    const made = await ask('POST', '/crm/v3/objects/line_items', {
      properties: { quantity: '3', price: '19.99', hs_discount_percentage: '10' },
    })
    expect(made.json).toMatchObject({ properties: { amount: '53.973' } })
  })
})

describe('batches of the twin', () => {
  test('a batch read of two and one missing answers 207, in the order of ids, not of the request', async () => {
    const [first = '', second = ''] = world.fake.load([acmeDeal(), acmeDeal()])
    const inputs = [second, '5', first].map((id) => ({ id }))
    const read = await ask('POST', '/crm/v3/objects/deals/batch/read', { inputs, properties: ['dealname'] })
    expect(read.status).toBe(207)
    expect(read.json).toMatchObject({
      status: 'COMPLETE',
      numErrors: 1,
      results: [{ id: first }, { id: second }],
      errors: [{ category: 'OBJECT_NOT_FOUND', context: { ids: ['5'] } }],
    })
  })

  test('101 inputs, none, or the same twice are refused', async () => {
    for (const inputs of [
      Array.from({ length: 101 }, (_, id) => ({ id: String(id) })),
      [],
      [{ id: '1' }, { id: '1' }],
    ])
      expect((await ask('POST', '/crm/v3/objects/deals/batch/read', { inputs })).status).toBe(400)
  })

  test('an upsert by a unique property creates once and says so', async () => {
    await ask('POST', '/crm/v3/properties/deals', { name: 'order_ref', type: 'string', hasUniqueValue: true })
    const upsert = () =>
      ask('POST', '/crm/v3/objects/deals/batch/upsert', {
        inputs: [{ idProperty: 'order_ref', id: 'A-1', properties: { dealname: 'Once' } }],
      })
    expect((await upsert()).json).toMatchObject({ results: [{ new: true }] })
    expect((await upsert()).json).toMatchObject({ results: [{ new: false }] })
    const twice = await ask('POST', '/crm/v3/objects/deals', { properties: { order_ref: 'A-1' } })
    expect(twice.status).toBe(409)
  })
})

describe('merges and associations of the twin', () => {
  test('two merged deals become a third: the old id answers the new one and has no associations', async () => {
    const [first = '', second = ''] = world.fake.load([acmeDeal(), acmeDeal({ dealname: 'Twin' })])
    const merged = await ask('POST', '/crm/v3/objects/deals/merge', {
      primaryObjectId: first,
      objectIdToMerge: second,
    })
    const id = String(merged.json['id'])
    expect([first, second]).not.toContain(id)
    expect((await ask('GET', `/crm/v3/objects/deals/${first}?properties=dealname`)).json).toMatchObject({
      id,
      properties: { dealname: 'Acme Bank' },
    })
    const associations = (dealId: string) =>
      ask('GET', `/crm/v4/objects/deals/${dealId}/associations/line_items`)
    expect((await associations(first)).json).toEqual({ results: [] })
    expect((await associations(id)).json['results']).toHaveLength(4)
  })

  test("associations name HubSpot's types by number, and none found is an error entry", async () => {
    const [dealId = '', bare = ''] = world.fake.load([acmeDeal(), { deal: { dealname: 'Bare' } }])
    const read = await ask('POST', '/crm/v4/associations/deals/companies/batch/read', {
      inputs: [{ id: dealId }, { id: bare }],
    })
    expect(read.status).toBe(207)
    expect(read.json).toMatchObject({
      results: [
        {
          from: { id: dealId },
          to: [
            {
              associationTypes: [
                { typeId: 341, label: null },
                { typeId: 5, label: 'Deal with Primary Company' },
              ],
            },
          ],
        },
      ],
      errors: [{ subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND', context: { fromObjectId: [bare] } }],
    })
  })
})
