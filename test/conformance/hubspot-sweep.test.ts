import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Crm, DealChange } from '../../src/ports/crm.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import type { HubSpotWorld } from './hubspot-world.ts'
import { acmeDeal, hubSpotWorld, valueOf } from './hubspot-world.ts'

let world: HubSpotWorld

beforeEach(async () => {
  world = await hubSpotWorld()
})
afterEach(() => world.close())

/** Sweeps until there is no more. */
async function sweepAll(
  crm: Crm,
  from: string | null,
): Promise<{ changes: DealChange[]; mark: string; calls: number }> {
  const changes: DealChange[] = []
  let mark = from
  for (let calls = 1; ; calls++) {
    const swept = valueOf(await crm.sweep(mark))
    changes.push(...swept.changes)
    mark = swept.mark
    if (!swept.more) return { changes, mark, calls }
  }
}

const seeds = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ deal: { dealname: `Deal ${index}` } }))

describe('a sweep', () => {
  test('of a portal without deals finds nothing, and its mark stays ten minutes behind our clock', async () => {
    expect(valueOf(await world.crm.sweep(null))).toEqual({
      changes: [],
      mark: '2026-11-20T11:50:00.000Z',
      more: false,
    })
  })

  test('finds won, lost and open deals, and says of one in three that it is closed-won', async () => {
    const [won = '', lost = '', open = ''] = world.fake.load(seeds(3))
    await world.clock.sleep(1000)
    world.fake.closeDeal(won)
    await world.clock.sleep(1000)
    world.fake.update('deals', lost, { dealstage: 'closedlost' })
    expect(valueOf(await world.crm.sweep(null)).changes).toEqual([
      { dealId: open, modifiedAt: '2026-11-20T12:00:00.000Z', isClosedWon: false },
      { dealId: won, modifiedAt: '2026-11-20T12:00:01.000Z', isClosedWon: true },
      { dealId: lost, modifiedAt: '2026-11-20T12:00:02.000Z', isClosedWon: false },
    ])
  })

  test('looks back five minutes, no further', async () => {
    const [early = '', late = ''] = world.fake.load(seeds(2))
    world.fake.closeDeal(early)
    const { mark } = await sweepAll(world.crm, null)
    expect(mark).toBe('2026-11-20T12:00:00.000Z')
    await world.clock.sleep(301_000)
    world.fake.closeDeal(late)
    const second = await sweepAll(world.crm, mark)
    expect(second.changes.map(({ dealId }) => dealId)).toEqual([early, late])
    const third = await sweepAll(world.crm, second.mark)
    expect(third.changes.map(({ dealId }) => dealId)).toEqual([late])
  })

  test('a deal that reaches the index four minutes late, after a younger one, is found; without the overlap it would be lost', async () => {
    const [late = '', quick = ''] = world.fake.load(seeds(2))
    const careless = world.connect({ sweepOverlapMilliseconds: 0 })
    await world.clock.sleep(60_000)
    world.fake.switches.searchLagMilliseconds = 240_000
    world.fake.closeDeal(late)
    world.fake.switches.searchLagMilliseconds = 0
    await world.clock.sleep(1000)
    world.fake.closeDeal(quick)
    const first = await sweepAll(world.crm, null)
    expect(first.changes.filter(({ isClosedWon }) => isClosedWon).map(({ dealId }) => dealId)).toEqual([
      quick,
    ])
    await world.clock.sleep(240_000)
    const wonLater = ({ changes }: { changes: DealChange[] }) =>
      changes.filter(({ dealId, isClosedWon }) => dealId === late && isClosedWon).length
    expect(wonLater(await sweepAll(careless, first.mark))).toBe(0)
    expect(wonLater(await sweepAll(world.crm, first.mark))).toBe(1)
  })
})

describe('many deals', () => {
  test('10,450 deals of one instant are all found, each once, past the ceiling of 10,000 and in calls of 2,000', async () => {
    const ids = world.fake.load(seeds(10_450))
    const { changes, calls, mark } = await sweepAll(world.crm, null)
    expect(new Set(changes.map(({ dealId }) => dealId))).toEqual(new Set(ids))
    expect(calls).toBe(6)
    expect(mark).toBe('2026-11-20T12:00:00.000Z')
  })

  test('450 deals at one instant between two others come in order of time', async () => {
    const first = world.fake.load(seeds(1))
    await world.clock.sleep(1000)
    const many = world.fake.load(seeds(450))
    await world.clock.sleep(1000)
    const last = world.fake.load(seeds(1))
    const { changes } = await sweepAll(world.crm, null)
    expect(changes.map(({ dealId }) => dealId)).toEqual([...first, ...many, ...last])
  })

  test('a deal that changes while pages are read does not make its neighbours slip through', async () => {
    const ids: string[] = []
    for (let index = 0; index < 600; index++) {
      ids.push(...world.fake.load(seeds(1)))
      await world.clock.sleep(10)
    }
    let searches = 0
    const crm = world.connect({
      transport: (input, init) => {
        // Before the second page: the first ten deals move to the end of the order.
        if (String(input).endsWith('/search') && ++searches === 2)
          for (const id of ids.slice(0, 10)) world.fake.update('deals', id, { description: 'touched' })
        return systemTransport(input, init)
      },
    })
    const { changes } = await sweepAll(crm, null)
    expect(new Set(changes.map(({ dealId }) => dealId)).size).toBe(600)
  })
})

describe('a sweep of several calls', () => {
  test('what changes while a long sweep runs is seen again by the next one', async () => {
    world.fake.load(seeds(2500))
    const first = valueOf(await world.crm.sweep(null))
    expect(first.more).toBe(true)
    await world.clock.sleep(3_600_000)
    const [during = ''] = world.fake.load(seeds(1))
    const rest = await sweepAll(world.crm, first.mark)
    expect(rest.changes.at(-1)?.dealId).toBe(during)
    // The mark stays at the begin of the sweep, not at its newest find.
    expect(rest.mark).toBe('2026-11-20T12:00:00.000Z')
  })

  test('keeps the pages it has when the third is refused, and goes on there', async () => {
    const ids = world.fake.load(seeds(700))
    world.fake.faults.add({ kind: 'throttle', path: '/crm/v3/objects/deals/search', skip: 2 })
    const first = valueOf(await world.crm.sweep(null))
    expect(first.more).toBe(true)
    expect(first.changes.length).toBe(200)
    const rest = await sweepAll(world.crm, first.mark)
    const found = new Set([...first.changes, ...rest.changes].map(({ dealId }) => dealId))
    expect(found).toEqual(new Set(ids))
  })

  test('a mark of another connector is a bug, not a sweep from the beginning', async () => {
    await expect(world.crm.sweep('next page please')).rejects.toThrow('Not a mark of a HubSpot sweep')
  })

  test('stays within five searches a second and 190 calls in ten seconds of a real portal', async () => {
    const strict = await hubSpotWorld({
      limits: { burstPerTenSeconds: 190, searchesPerSecond: 5, perDay: 625_000 },
    })
    try {
      const ids = strict.fake.load(seeds(4100))
      const statuses = new Set<number>()
      const crm = strict.connect({
        transport: async (input, init) => {
          const response = await systemTransport(input, init)
          statuses.add(response.status)
          return response
        },
      })
      const { changes } = await sweepAll(crm, null)
      expect(new Set(changes.map(({ dealId }) => dealId)).size).toBe(ids.length)
      expect([...statuses]).toEqual([200])
    } finally {
      await strict.close()
    }
  })
})

describe('closed-won', () => {
  test('goes by the stage id: renaming the won stage changes nothing', async () => {
    world.fake.renameStage('closedwon', 'Gewonnen')
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.closeDeal(dealId)
    expect(valueOf(await world.crm.sweep(null)).changes[0]?.isClosedWon).toBe(true)
  })

  test('knows the won stage of a second pipeline, whose ids are numbers', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal({ pipeline: '78452011' })])
    world.fake.closeDeal(dealId)
    expect(valueOf(await world.crm.sweep(null)).changes[0]?.isClosedWon).toBe(true)
    expect(world.fake.truth().deals[0]?.values['dealstage']).toBe('148811203')
  })

  test('learns of a won stage that was added after the pipelines were read', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    expect(valueOf(await world.crm.sweep(null)).changes[0]?.isClosedWon).toBe(false)
    world.fake.addStage('default', {
      id: '990001',
      label: 'Won by renewal',
      isClosed: true,
      probability: '1.0',
    })
    world.fake.update('deals', dealId, { dealstage: '990001' })
    expect(valueOf(await world.crm.sweep(null)).changes[0]?.isClosedWon).toBe(true)
  })

  test('learns that a stage known as open has been made a won one', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    expect(valueOf(await world.crm.sweep(null)).changes[0]?.isClosedWon).toBe(false)
    world.fake.changeStage('contractsent', { isClosed: true, probability: '1.0' })
    world.fake.update('deals', dealId, { dealstage: 'contractsent' })
    expect(valueOf(await world.crm.sweep(null)).changes[0]?.isClosedWon).toBe(true)
  })

  test('a deal taken back from won is seen as not won', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.closeDeal(dealId)
    const { mark } = valueOf(await world.crm.sweep(null))
    await world.clock.sleep(1000)
    world.fake.update('deals', dealId, { dealstage: 'contractsent' })
    expect(valueOf(await world.crm.sweep(mark)).changes).toEqual([
      { dealId, modifiedAt: '2026-11-20T12:00:01.000Z', isClosedWon: false },
    ])
  })
})
