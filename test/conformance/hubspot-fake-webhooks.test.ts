import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { signedHeaders } from '../../connectors/hubspot/fake.ts'
import type { HubSpotWorld, Json } from './hubspot-world.ts'
import { acmeDeal, askTwin, hookTarget, hubSpotWorld } from './hubspot-world.ts'

let world: HubSpotWorld

beforeEach(async () => {
  world = await hubSpotWorld()
})
afterEach(() => world.close())

const ask = (method: string, path: string, body?: unknown, token?: string) =>
  askTwin(world.fake, method, path, body, token)

describe('webhooks of the twin', () => {
  test("bear the v1 signature of the vendor's own example", () => {
    const body =
      '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
    const target = { url: 'https://a.example', clientSecret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy' }
    expect(signedHeaders(target, body, 1)['x-hubspot-signature']).toBe(
      '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de',
    )
  })

  test('closing a deal tells its stage and its close date; loading tells nothing', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    expect(await world.fake.pump()).toBe(0)
    world.fake.closeDeal(dealId)
    expect(await world.fake.pump()).toBe(1)
    const told = world.inbox.map(({ body }) => JSON.parse(body) as Json)
    expect(new Map(told.map((event) => [event['propertyName'], event['propertyValue']]))).toEqual(
      new Map([
        ['closedate', '2026-11-20T12:00:00.000Z'],
        ['dealstage', 'closedwon'],
      ]),
    )
    expect(world.inbox.map((delivery) => delivery.dealId)).toEqual([dealId, dealId])
  })

  test('250 events go in three deliveries of at most 100', async () => {
    for (let index = 0; index < 250; index++) world.fake.createDeal({ deal: { dealname: `Deal ${index}` } })
    expect(await world.fake.pump()).toBe(3)
    expect(world.inbox.length).toBe(250)
  })
})

describe('an answer of the hub', () => {
  test('an answer of 503 is tried again a minute later, with the same events and the next attempt number', async () => {
    world.fake.createDeal({ deal: { dealname: 'Again' } })
    world.doorAnswers.push(new Response('', { status: 503 }))
    expect(await world.fake.pump()).toBe(1)
    expect(world.fake.nextDueAt()).toEqual(new Date('2026-11-20T12:01:00.000Z'))
    expect(await world.fake.pump()).toBe(0)
    await world.clock.sleep(60_000)
    expect(await world.fake.pump()).toBe(1)
    expect(world.inbox.length).toBe(1)
    expect(world.fake.nextDueAt()).toBeNull()
  })

  test.each([400, 401, 403, 404, 405])('an answer of %s is final: the event is lost', async (status) => {
    world.fake.createDeal({ deal: { dealname: 'Lost' } })
    world.doorAnswers.push(new Response('', { status }))
    await world.fake.pump()
    expect(world.fake.nextDueAt()).toBeNull()
    expect(world.fake.truth().lostEvents).toBe(1)
  })

  test('after eleven tries within 24 hours the event is lost', async () => {
    world.fake.createDeal({ deal: { dealname: 'Down all day' } })
    world.doorAnswers.push(...Array.from({ length: 11 }, () => new Response('', { status: 500 })))
    let tries = 0
    for (let due = world.fake.nextDueAt(); due !== null; due = world.fake.nextDueAt()) {
      world.clock.advanceTo(due)
      tries += await world.fake.pump()
    }
    expect(tries).toBe(11)
    expect(world.clock.now() < new Date('2026-11-21T12:00:00Z')).toBe(true)
    expect(world.fake.truth().lostEvents).toBe(1)
  })

  test('429 with Retry-After of an hour waits an hour', async () => {
    world.fake.createDeal({ deal: { dealname: 'Later' } })
    world.doorAnswers.push(new Response('', { status: 429, headers: { 'retry-after': '3600' } }))
    await world.fake.pump()
    expect(world.fake.nextDueAt()).toEqual(new Date('2026-11-20T13:00:00.000Z'))
  })
})

describe('what arrives', () => {
  test('doubled and shuffled, the same deliveries come, by their ids', async () => {
    Object.assign(world.fake.trouble, { duplicates: true, shuffle: true })
    for (let index = 0; index < 30; index++) world.fake.createDeal({ deal: { dealname: `Deal ${index}` } })
    await world.fake.pump()
    expect(world.inbox.length).toBe(60)
    expect(new Set(world.inbox.map(({ deliveryId }) => deliveryId)).size).toBe(30)
    const times = world.inbox.map(({ dealId }) => Number(dealId))
    expect(times).not.toEqual(times.toSorted((left, right) => left - right))
  })

  test('a deleted line and a merge name the deal to read', async () => {
    const [first = '', second = ''] = world.fake.load([acmeDeal(), acmeDeal()])
    world.fake.remove('line_items', world.fake.truth().deals[0]?.lines[0]?.['hs_object_id'] ?? '')
    await world.fake.pump()
    expect(world.inbox.map(({ type, dealId }) => [type, dealId])).toEqual([['deal.associationChange', first]])
    world.inbox.length = 0
    world.fake.merge(first, second)
    await world.fake.pump()
    expect(world.inbox.filter(({ type }) => type === 'deal.merge').map(({ dealId }) => dealId)).toEqual([
      first,
    ])
  })

  test('are signed for the address they go to: a hub that is known by another refuses them', async () => {
    await world.close()
    world = await hubSpotWorld({ hooks: { ...hookTarget, url: 'https://old.example/webhooks/hubspot' } })
    world.fake.createDeal({ deal: { dealname: 'Misdirected' } })
    await world.fake.pump()
    expect([world.inbox.length, world.fake.truth().lostEvents]).toEqual([0, 1])
  })
})

describe('driven from another process', () => {
  const control = async (path: string, body: unknown) => {
    const response = await fetch(`${world.basePath}/__fake/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, json: (await response.json()) as { result: unknown } }
  }

  test('a deal is loaded, changed, closed, merged and looked at over HTTP', async () => {
    const loaded = await control('load', { deals: [acmeDeal(), { deal: { dealname: 'Twin' } }] })
    const [first, second] = loaded.json.result as [string, string]
    await control('rename-stage', { stageId: 'closedwon', label: 'Won!' })
    await control('update', { type: 'deals', id: first, values: { amount: '1', description: null } })
    await control('close-deal', { dealId: first })
    expect((await control('pump', {})).json.result).toBe(1)
    const merged = (await control('merge', { primaryId: first, otherId: second })).json.result
    const truth = (await (await fetch(`${world.basePath}/__fake/truth`)).json()) as { deals: Json[] }
    expect(truth.deals.map(({ dealId, isClosedWon }) => [dealId, isClosedWon])).toEqual([[merged, true]])
  })

  test('faults, switches and time can be set; a control that is misspelt is refused', async () => {
    await control('faults', [{ kind: 'server-error', path: '/crm/' }])
    expect((await ask('GET', '/crm/v3/pipelines/deals')).status).toBe(500)
    await control('switches', { mergedInBatchRead: 'missing' })
    expect(world.fake.switches.mergedInBatchRead).toBe('missing')
    expect((await control('advance', { to: '2026-12-01T00:00:00Z' })).status).toBe(200)
    expect((await control('merge', { first: '1' })).status).toBe(400)
  })
})
