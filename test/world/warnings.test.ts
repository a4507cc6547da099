import { afterEach, expect, test } from 'vitest'
import { acmeBank, graniteFee } from '../../src/cli/demo/story-deals.ts'
import { dealNamed, loadDealDetail } from '../../src/http/deal-detail.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

/** Salesforce adds the price of a thousand tokens to the fee: an amount that is neither a period's nor the term's. */
const oddAmount = { ...graniteFee, lines: [...graniteFee.lines, { ...acmeBank.lines[1], UnitPrice: 3 }] }

async function standing(): Promise<[string, string][]> {
  const open = await listExceptions(world.hub.context.store.read, { state: 'open' })
  return open.map(({ code, openedAt }) => [code, openedAt.toISOString().slice(0, 10)])
}

test('a warning given at close on 1 January stands when the deal is read again, with changes or without', async () => {
  world = await smallWorld()
  const dealId = await closeInSalesforce(world, { ...oddAmount, PO_Number__c: 'PO-1' })
  expect(await standing()).toEqual([['TCV_MISMATCH', '2026-01-01']])
  await world.advanceTo(new Date('2026-01-10T12:00:00Z'))
  world.twins.salesforce.update(dealId, { PO_Number__c: 'PO-2' })
  await world.catchUp()
  expect(await standing()).toEqual([['TCV_MISMATCH', '2026-01-01']])
  world.twins.salesforce.update(dealId, { NextStep: 'Call them' })
  await world.catchUp()
  expect(await standing()).toEqual([['TCV_MISMATCH', '2026-01-01']])
})

test('the story of a deal that went on says that its warning was noticed, not that it stopped', async () => {
  world = await smallWorld()
  const dealId = await closeInSalesforce(world, oddAmount)
  const { read } = world.hub.context.store
  const { held, timeline } = await loadDealDetail(read, await dealNamed(read, dealId))
  expect(held.state).toBe('active')
  const titles = timeline.filter(({ kind }) => kind === 'exception').map(({ title }) => title)
  expect(titles).toEqual(['Noticed: TCV_MISMATCH'])
})

test('what kept a deal from becoming a contract is still called what stopped it', async () => {
  world = await smallWorld()
  const dealId = await closeInSalesforce(world, { ...graniteFee, Payment_Terms__c: 'whenever' })
  const { read } = world.hub.context.store
  const { held, timeline } = await loadDealDetail(read, await dealNamed(read, dealId))
  expect(held.state).toBe('exception')
  const titles = timeline.filter(({ kind }) => kind === 'exception').map(({ title }) => title)
  expect(titles).toEqual(['Stopped: TERMS'])
})
