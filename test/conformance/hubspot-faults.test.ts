import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultKind } from '../../connectors/fault-script.ts'
import type { HubSpotWorld } from './hubspot-world.ts'
import { acmeDeal, hubSpotWorld, valueOf } from './hubspot-world.ts'

let world: HubSpotWorld
beforeEach(async () => {
  world = await hubSpotWorld()
})
afterEach(() => world.close())

const paths = [
  '/account-info/v3/details',
  '/crm/v3/properties/companies',
  '/crm/v3/objects/deals/batch/read',
  '/crm/v4/associations/deals/line_items/batch/read',
  '/crm/v3/objects/line_items/batch/read',
  '/crm/v3/pipelines/deals',
]
const faults: [FaultKind, string][] = [
  ['cut-before', 'transient'],
  ['cut-after', 'transient'],
  ['throttle', 'throttled'],
  ['server-error', 'transient'],
  ['malformed-body', 'transient'],
  ['html-body', 'broken'],
  ['expired-session', 'auth'],
]

describe('through the real client', () => {
  test.each(paths.flatMap((path) => faults.map(([kind, ends]) => [path, kind, ends] as const)))(
    'reading deals, %s meets %s: %s, and the next read is whole',
    async (path, kind, ends) => {
      const [dealId = ''] = world.fake.load([acmeDeal()])
      world.fake.faults.add({ kind, path })
      expect((await world.crm.readDeals([dealId])).kind).toBe(ends)
      expect(world.fake.faults.remaining()).toBe(0)
      const [read] = valueOf(await world.crm.readDeals([dealId]))
      expect(read?.kind === 'found' && read.deal.fields.lines.length).toBe(2)
    },
  )

  test.each(faults)('sweeping, %s: %s', async (kind, ends) => {
    world.fake.load([acmeDeal()])
    world.fake.faults.add({ kind, path: '/crm/v3/objects/deals/search' })
    expect((await world.crm.sweep(null)).kind).toBe(ends)
    expect(valueOf(await world.crm.sweep(null)).changes.length).toBe(1)
  })

  test.each([
    ['SECONDLY', 1000],
    ['TEN_SECONDLY_ROLLING', 10_000],
    ['DAILY', 3_600_000],
  ] as const)('the limit %s makes us wait %s ms', async (throttlePolicy, retryAfterMilliseconds) => {
    world.fake.switches.throttlePolicy = throttlePolicy
    world.fake.faults.add({ kind: 'throttle', path: '/crm/v3/objects/deals/search' })
    expect(await world.crm.sweep(null)).toEqual({ kind: 'throttled', retryAfterMilliseconds })
  })
})

describe('a connection', () => {
  test('a wrong token pauses the connection', async () => {
    const crm = world.connect({ accessToken: 'pat-na1-wrong' })
    expect((await crm.sweep(null)).kind).toBe('auth')
  })

  test('JSON of another shape is broken, not an empty answer', async () => {
    const crm = world.connect({ transport: () => Promise.resolve(Response.json({ hello: 'world' })) })
    expect((await crm.sweep(null)).kind).toBe('broken')
    expect((await crm.readDeals(['1'])).kind).toBe('broken')
    expect((await crm.writeStatuses([])).kind).toBe('broken')
  })

  test('a server that never answers is given up after the time-out', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const basePath = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    try {
      const answer = await world.connect({ basePath, timeoutMilliseconds: 50 }).sweep(null)
      expect(answer.kind).toBe('transient')
    } finally {
      silent.closeAllConnections()
      silent.close()
    }
  })

  test('a closed port is transient', async () => {
    await world.close()
    expect((await world.crm.sweep(null)).kind).toBe('transient')
    world = await hubSpotWorld()
  })

  test('two portals in one process keep their own tokens: the singleton of the bundled client is not used', async () => {
    const other = await hubSpotWorld({ accessToken: 'pat-eu1-second', portalId: 990_001 })
    try {
      world.fake.load([acmeDeal()])
      other.fake.load([acmeDeal(), acmeDeal()])
      const counts = await Promise.all([world.crm, other.crm].map((crm) => crm.sweep(null)))
      expect(counts.map((answer) => valueOf(answer).changes.length)).toEqual([1, 2])
    } finally {
      await other.close()
    }
  })
})
