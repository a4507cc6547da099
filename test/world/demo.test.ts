import { afterEach, expect, test } from 'vitest'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import { makeSecret } from '../../src/http/access/secret.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

async function openCodes(): Promise<string[]> {
  const open = await listExceptions(world.hub.context.store.read, { state: 'open' })
  return open.map(({ code }) => code)
}

test('a replay reads a deal that is gone from the CRM again by its own name, and finds it once it is back', async () => {
  world = await smallWorld()
  const id = await closeInSalesforce(world, graniteFee)
  world.twins.salesforce.delete(id)
  await world.jumpTo(new Date('2026-01-03T15:00:00Z'))
  expect(await openCodes()).toContain('CRM_RECORD_GONE')
  await world.replay()
  expect(await openCodes()).toContain('CRM_RECORD_GONE')
  expect(await openCodes()).not.toContain('POISON')
  world.twins.salesforce.undelete(id)
  await world.replay()
  expect(await openCodes()).not.toContain('CRM_RECORD_GONE')
}, 60_000)

test('the hub of the demo says that it is one: a key for live money is refused by that name', async () => {
  world = await smallWorld()
  const authorization = `Bearer ${makeSecret(seededRandom(1), 'live')}`
  const answer = await world.hub.app.request('/v1/deals', { headers: { authorization } })
  expect(await answer.json()).toMatchObject({
    status: 401,
    code: 'wrong-environment',
    detail: 'This is a live key, and this is the demo deployment.',
  })
})
