import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemTransport } from '../../src/ports/transport.ts'
import type { StatusUpdate } from '../../src/ports/crm.ts'
import { value } from './crm-world.ts'
import { salesforceWorld, type SalesforceWorld } from './salesforce-world.ts'

let world: SalesforceWorld
beforeEach(async () => {
  world = await salesforceWorld()
})
afterEach(() => world.close())

function wonDeal(name = 'Acme'): string {
  return world.fake.addDeal({ Name: name, CloseDate: '2026-11-18', StageName: 'Closed Won' })
}

function active(dealId: string): StatusUpdate {
  return { dealId, status: 'Active', message: 'Billing runs.', link: 'https://hub.example/deals/1' }
}

test('100 statuses are one read and one write', async () => {
  const ids = Array.from({ length: 100 }, (_, number) => wonDeal(`Deal ${number}`))
  value(await world.crm.writeStatuses([active(wonDeal())]))
  const before = world.fake.truth().apiRequests
  value(await world.crm.writeStatuses(ids.map(active)))
  expect(world.fake.truth().apiRequests - before).toBe(2)
  expect(world.fake.truth().deals.filter(({ status }) => status === 'Active')).toHaveLength(101)
})

test('of two statuses only the changed one is written, by our own user', async () => {
  const [first, second] = [wonDeal('First'), wonDeal('Second')]
  value(await world.crm.writeStatuses([active(first)]))
  value(await world.crm.writeStatuses([active(first), active(second)]))
  expect(world.fake.truth().writes.map(({ id }) => id)).toEqual([first, second])
})

test('a locked row is worth another try, which does not repeat what went through', async () => {
  const [first, second] = [wonDeal('First'), wonDeal('Second')]
  world.fake.lockRow(second, 1)
  expect((await world.crm.writeStatuses([active(first), active(second)])).kind).toBe('transient')
  const again = value(await world.crm.writeStatuses([active(first), active(second)]))
  expect(again.map(({ refusal }) => refusal)).toEqual([null, null])
  expect(world.fake.truth().writes.map(({ id }) => id)).toEqual([first, second])
})

test('a write whose answer was lost is found done when it is tried again', async () => {
  const id = wonDeal()
  world.fake.faults.add({ kind: 'cut-after', path: '/services/data/v67.0/composite/sobjects' })
  expect((await world.crm.writeStatuses([active(id)])).kind).toBe('transient')
  expect(world.fake.truth().deals[0]?.status).toBe('Active')
  expect(value(await world.crm.writeStatuses([active(id)]))).toEqual([{ dealId: id, refusal: null }])
  expect(world.fake.truth().writes).toHaveLength(1)
})

test('a message of 300 characters is cut to the 255 of its field, and then counts as unchanged', async () => {
  const update = { ...active(wonDeal()), message: 'x'.repeat(300) }
  value(await world.crm.writeStatuses([update]))
  value(await world.crm.writeStatuses([update]))
  expect(world.fake.truth().deals[0]?.message).toBe(`${'x'.repeat(254)}…`)
  expect(world.fake.truth().writes).toHaveLength(1)
})

test.each(['hidden', 'read'] as const)(
  'a status field that is %s is a refusal that names it',
  async (access) => {
    const id = wonDeal()
    world.fake.setFieldSecurity('Opportunity', 'Tieout_Link__c', access)
    const [written] = value(await world.crm.writeStatuses([active(id)]))
    expect(written?.refusal).toContain('Tieout_Link__c')
    expect(world.fake.truth().writes).toEqual([])
  },
)

test('an organisation without the link field can do without it', async () => {
  world.fake.setFieldSecurity('Opportunity', 'Tieout_Link__c', 'hidden')
  const crm = world.connect({
    statusFields: { status: 'Tieout_Status__c', message: 'Tieout_Message__c', link: null },
  })
  const id = wonDeal()
  expect(value(await crm.writeStatuses([active(id)]))).toEqual([{ dealId: id, refusal: null }])
  expect(world.fake.truth().deals[0]).toMatchObject({ status: 'Active', link: null })
})

test('results that do not match the records one to one are never taken for done', async () => {
  const crm = world.connect({
    transport: (input, init) =>
      init?.method === 'PATCH' ? Promise.resolve(Response.json([])) : systemTransport(input, init),
  })
  expect((await crm.writeStatuses([active(wonDeal())])).kind).toBe('broken')
})
