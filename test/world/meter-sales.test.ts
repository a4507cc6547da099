import { afterEach, expect, test } from 'vitest'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { countDealsByState } from '../../src/store/deals.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

async function standing() {
  const { read } = world.hub.context.store
  const states = (await countDealsByState(read)).map(({ state, count }) => `${state} ${count}`)
  const open = await listExceptions(read, { state: 'open' })
  return { states, open: open.map(({ code, sentence }) => `${code} ${sentence}`) }
}

test('a second deal that sells tokens to the same customer for the same year waits; one for the year after goes on', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  await closeInSalesforce(world, { ...acmeBank, Name: 'Acme Bank: more tokens' })
  const stopped = {
    states: ['active 1', 'exception 1'],
    open: [
      "METER_SOLD_TWICE Deal 'Acme Bank: more tokens' could not be provisioned because the meter 'tokens' is sold to this " +
        'customer already, by contract C-1001 from 2026-01-01 until 2027-01-01.',
    ],
  }
  expect(await standing()).toEqual(stopped)
  await closeInSalesforce(world, {
    ...acmeBank,
    Name: 'Acme Bank: second year',
    Contract_Start__c: '2027-01-01',
  })
  expect(await standing()).toEqual({ ...stopped, states: ['active 2', 'exception 1'] })
})

test('of two that close at the same moment one is sold', async () => {
  world = await smallWorld()
  for (const Name of ['One', 'Two']) {
    world.twins.salesforce.closeDeal(world.twins.salesforce.addDeal({ ...acmeBank, Name }))
  }
  await world.settle()
  const { states, open } = await standing()
  expect(states).toEqual(['active 1', 'exception 1'])
  expect(open).toHaveLength(1)
})
