import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { appUrl } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/unit-of-work.ts'
import { got, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed } from './seeded.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
  await seed(own.store)
})
afterAll(() => own.close())

type Readiness = { status: string; checks: { name: string; state: string; detail: string }[] }

async function readiness(app = own.app): Promise<[number, string, string[]]> {
  const answer = await app.request('/readyz')
  const { status, checks } = (await answer.json()) as Readiness
  const wrong = checks.filter(({ state }) => state !== 'ok').map(({ name, detail }) => `${name}: ${detail}`)
  return [answer.status, status, wrong]
}

test('134 closing a closed month is 200 with the same seal and asks for nothing', async () => {
  const before = await own.sql`select count(*) from work_item`
  const [first, second] = [
    await posted(own, '/v1/months/us/2026-01/close', {}),
    await posted(own, '/v1/months/us/2026-01/close', {}),
  ]
  expect([first.status, second.status]).toEqual([200, 200])
  expect(first.body).toMatchObject({ state: 'closed', seal: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(second.body).toEqual(first.body)
  expect(await own.sql`select count(*) from work_item`).toEqual(before)
})

test("150 a filter of %' OR 1=1 is a text like any other", async () => {
  const filter = encodeURIComponent("%' OR 1=1 --")
  expect(await got(own, `/v1/exceptions?filter[cause]=${filter}`)).toMatchObject({
    status: 200,
    body: { data: [] },
  })
  expect((await got(own, `/v1/deals/${filter}`)).status).toBe(404)
  expect(await got(own, '/v1/exceptions?filter[state]=open')).toMatchObject({ body: { data: [{}] } })
})

test('158 a migration that has not run, or is not ours, makes the hub not ready', async () => {
  expect(await readiness()).toEqual([200, 'ready', []])
  const [held] = await own.owner`delete from migration where name like '0008%' returning *`
  expect(await readiness()).toEqual([503, 'not-ready', ['migrations: 0008_privileges.sql has not run']])
  await own.owner`insert into migration ${own.owner(held as Record<string, string>)}`
  await own.owner`insert into migration values ('9999_from_the_future.sql', 'h', now())`
  expect((await readiness())[2]).toEqual(['migrations: 9999_from_the_future.sql ran and is not known here'])
  await own.owner`delete from migration where name like '9999%'`
})

test('160 clocks two minutes apart make the hub not ready, in words', async () => {
  expect((await readiness(createApp({ ...own.options, clock: systemClock })))[0]).toBe(200)
  await own.owner.unsafe(`
    create schema elsewhere;
    create function elsewhere.clock_timestamp() returns timestamptz language sql
      as 'select pg_catalog.clock_timestamp() + interval ''2 minutes''';
    grant usage on schema elsewhere to public;`)
  const database = new URL(own.url).pathname.slice(1)
  await own.owner.unsafe(`alter database "${database}" set search_path = elsewhere, pg_catalog, public`)
  const store = openStore({
    url: appUrl(own.url),
    maxConnections: 1,
    clock: systemClock,
    random: seededRandom(1),
  })
  const [status, , wrong] = await readiness(createApp({ ...own.options, store, clock: systemClock }))
  await store.close()
  await own.owner.unsafe(`alter database "${database}" reset search_path`)
  expect(status).toBe(503)
  expect(wrong).toEqual([
    expect.stringMatching(/^clock: the clocks of hub and database are 1(19|20)\.\d s apart$/),
  ])
})
