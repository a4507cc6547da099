import postgres from 'postgres'
import { afterEach, expect, test } from 'vitest'
import { reportOn } from '../../src/cli/demo/report.ts'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import { migrate } from '../../src/store/migrate.ts'
import { pendingCount } from '../../src/store/work-overview.ts'
import type { SmallWorld } from './small-world.ts'
import { bookOf, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

async function dropQueue(): Promise<void> {
  const sql = postgres(world.databaseUrl, { max: 1, onnotice: () => undefined })
  await sql`drop schema pgboss cascade`
  await sql.end()
}

test('the schema of the queue is dropped in mid-flight: the deal still becomes active, is billed once and booked', async () => {
  world = await smallWorld({ rings: true })
  const id = world.twins.salesforce.addDeal(graniteFee)
  world.twins.salesforce.closeDeal(id)
  await world.fakes.pump()
  await dropQueue()
  await world.settle()
  await world.advanceTo(new Date('2026-02-04T18:00:00Z'))
  const { report } = await reportOn(world)
  expect(report.deals).toMatchObject({ won: 1, active: 1, exceptions: 0 })
  expect(report.differences).toEqual([])
  expect(await bookOf(world, 'us', '2026-01')).toContain(
    '2026-01-31 revenue-recognized credit revenue:Platform 200000 USD',
  )
  const subscriptions = await world.hub.context.billing.listSubscriptions(null)
  expect(subscriptions.kind === 'ok' && subscriptions.value.items.length).toBe(1)
}, 150_000)

test('the next start makes the schema anew', async () => {
  world = await smallWorld()
  await dropQueue()
  await migrate(world.databaseUrl)
  const sql = postgres(world.databaseUrl, { max: 1 })
  const [schema] =
    await sql`select schema_owner from information_schema.schemata where schema_name = 'pgboss'`
  await sql.end()
  expect(schema).toEqual({ schema_owner: 'tieout_app' })
  expect(await pendingCount(world.hub.context.store.read)).toBeGreaterThan(0)
})
