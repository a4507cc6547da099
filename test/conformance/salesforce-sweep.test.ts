import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemTransport } from '../../src/ports/transport.ts'
import { drain, value, wonIds } from './crm-world.ts'
import { salesforceWorld, type SalesforceWorld } from './salesforce-world.ts'

let world: SalesforceWorld
beforeEach(async () => {
  world = await salesforceWorld()
})
afterEach(() => world.close())

const nextPage = '/services/data/v67.0/query/'

/** Loads won deals, a second passing after each `perSecond` of them, and as many open ones between. */
async function loadDeals(
  { fake, clock }: SalesforceWorld,
  count: number,
  perSecond: number,
): Promise<string[]> {
  const [accountId] = fake.load([{ type: 'Account', ref: 'buyer', fields: { Name: 'Buyer' } }])
  const won: string[] = []
  for (let number = 0; number < count; number++) {
    if (number % perSecond === 0) await clock.sleep(1000)
    const common = { CloseDate: '2026-11-18', Amount: 100, AccountId: accountId }
    const [id = ''] = fake.load([
      { type: 'Opportunity', fields: { ...common, Name: `Won ${number}`, StageName: 'Closed Won' } },
      { type: 'Opportunity', fields: { ...common, Name: `Open ${number}`, StageName: 'Prospecting' } },
    ])
    won.push(id)
  }
  return won
}

test('2,500 won deals, 700 to a stamp, come each once over two pages although the token expires between them', async () => {
  const won = await loadDeals(world, 2500, 700)
  world.fake.faults.add({ kind: 'expired-session', path: nextPage })
  const { changes, calls } = await drain(world.crm, null)
  expect(world.fake.faults.remaining()).toBe(0)
  expect(calls).toBe(1)
  expect(changes).toHaveLength(2500)
  expect(wonIds(changes).sort()).toEqual([...won].sort())
  expect(world.fake.truth().tokensIssued).toBe(2)
})

test('4,500 won deals of one and the same second come each once over two calls', async () => {
  const won = await loadDeals(world, 4500, 10_000)
  const { changes, calls } = await drain(world.crm, null)
  expect(calls).toBe(2)
  expect(changes).toHaveLength(4500)
  expect(wonIds(changes).sort()).toEqual([...won].sort())
})

test('all tokens die after the first page, and no page is lost or doubled', async () => {
  await loadDeals(world, 2500, 700)
  let queries = 0
  const crm = world.connect({
    transport: async (input, init) => {
      const response = await systemTransport(input, init)
      if (String(input).includes('/query') && ++queries === 1) world.fake.expireTokens()
      return response
    },
  })
  const { changes } = await drain(crm, null)
  expect(new Set(changes.map(({ dealId }) => dealId)).size).toBe(2500)
  expect(changes).toHaveLength(2500)
})

test('a cursor that expires after the first page costs one more call and no deal', async () => {
  await loadDeals(world, 2500, 700)
  let queries = 0
  const crm = world.connect({
    transport: async (input, init) => {
      const response = await systemTransport(input, init)
      if (String(input).includes('/query') && ++queries === 1) world.fake.expireCursors()
      return response
    },
  })
  const { changes, calls } = await drain(crm, null)
  expect(calls).toBe(2)
  expect(changes).toHaveLength(2500)
})

test('a cut on the second page loses nothing: the whole sweep is asked for again', async () => {
  await loadDeals(world, 2500, 700)
  world.fake.faults.add({ kind: 'cut-after', path: nextPage })
  expect((await world.crm.sweep(null)).kind).toBe('transient')
  expect((await drain(world.crm, null)).changes).toHaveLength(2500)
})

test.each([
  [4, 5, 1],
  [6, 5, 0],
  [6, 10, 1],
])(
  'a deal that shows %i minutes after its stamp, under an overlap of %i: found %i',
  async (late, overlap, found) => {
    const crm = world.connect({ overlapMilliseconds: overlap * 60_000 })
    const id = world.fake.addDeal({ Name: 'Slow', CloseDate: '2026-11-18' })
    world.clock.advanceTo(new Date('2026-11-18T10:00:00Z'))
    let { mark } = await drain(crm, null)
    ;({ mark } = await drain(crm, mark))
    const stamped = new Date(world.clock.now().getTime() - late * 60_000)
    world.fake.update(id, { StageName: 'Closed Won' }, stamped)
    expect(wonIds((await drain(crm, mark)).changes)).toHaveLength(found)
  },
)

test('a deal that is lost again while the first sweep runs shows as not won afterwards', async () => {
  const won = await loadDeals(world, 4500, 1000)
  const first = value(await world.crm.sweep(null))
  expect(first.more).toBe(true)
  await world.clock.sleep(60_000)
  world.fake.update(won[0] ?? '', { StageName: 'Closed Lost' })
  const rest = await drain(world.crm, first.mark)
  const next = await drain(world.crm, rest.mark)
  const last = next.changes.filter(({ dealId }) => dealId === won[0]).at(-1)
  expect(last?.isClosedWon).toBe(false)
})

test('a long first sweep with an hour between its calls still sees what was committed late meanwhile', async () => {
  await loadDeals(world, 4500, 1000)
  const slow = world.fake.addDeal({ Name: 'Slow', CloseDate: '2026-11-18' })
  const first = value(await world.crm.sweep(null))
  const behindTheMark = new Date('2026-11-18T09:00:01Z')
  world.fake.update(slow, { StageName: 'Closed Won' }, behindTheMark)
  await world.clock.sleep(3_600_000)
  const rest = await drain(world.crm, first.mark)
  const next = await drain(world.crm, rest.mark)
  expect(wonIds(rest.changes)).not.toContain(slow)
  expect(wonIds(next.changes)).toContain(slow)
})

test('an undeleted deal is won again', async () => {
  const id = world.fake.addDeal({ Name: 'Acme', CloseDate: '2026-11-18', StageName: 'Closed Won' })
  const { mark } = await drain(world.crm, null)
  await world.clock.sleep(60_000)
  world.fake.delete(id)
  const deleted = await drain(world.crm, mark)
  expect(deleted.changes.at(-1)).toMatchObject({ dealId: id, isClosedWon: false })
  await world.clock.sleep(60_000)
  world.fake.undelete(id)
  expect((await drain(world.crm, deleted.mark)).changes.at(-1)).toMatchObject({
    dealId: id,
    isClosedWon: true,
  })
})

test('a mark nobody can read starts over instead of failing', async () => {
  const id = world.fake.addDeal({ Name: 'Acme', CloseDate: '2026-11-18', StageName: 'Closed Won' })
  expect(wonIds((await drain(world.crm, 'not a mark')).changes)).toEqual([id])
})
