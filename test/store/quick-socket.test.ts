import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { appUrl } from '../../src/store/migrate.ts'
import { quickSocket } from '../../src/store/quick-socket.ts'
import { isUnavailable } from '../../src/store/unavailable.ts'
import { copyRows, openStore, rowsOf, type Store, type Unit } from '../../src/store/unit-of-work.ts'
import { ownStore, type OwnStore } from './store.ts'

let own: OwnStore
let store: Store
beforeAll(async () => {
  own = await ownStore()
  const url = appUrl(own.url)
  store = openStore({
    url,
    maxConnections: 1,
    clock: systemClock,
    random: seededRandom(1),
    socket: quickSocket,
  })
})
afterAll(async () => {
  await store.close()
  await own.close()
})

/** The server ends the connection a unit works on; nothing tells the client before it asks again. */
async function endConnectionOf(unit: Unit): Promise<void> {
  const [row] = await rowsOf<{ pid: number }>(unit, sql`select pg_backend_pid() as pid`)
  await own.owner`select pg_terminate_backend(${row?.pid ?? 0}, 5000)`
  await systemClock.sleep(20)
}

const losses: readonly [string, (unit: Unit) => Promise<unknown>][] = [
  ['asks once more', (unit) => unit.tx.execute(sql`select 1`)],
  [
    'asks again and again',
    async (unit) => {
      for (let turn = 0; turn < 3; turn++) await unit.tx.execute(sql`select 1`).catch(() => undefined)
      await unit.tx.execute(sql`select 1`)
    },
  ],
  ['copies', (unit) => copyRows(unit, 'work_item', ['queue', 'subject'], 'a\tb\n')],
  [
    'copies more than a packet',
    (unit) => copyRows(unit, 'work_item', ['queue', 'subject'], 'a\tb\n'.repeat(100_000)),
  ],
]

test.each(losses)(
  'a unit of work whose connection is lost, and that %s, fails; the next one works',
  async (_how, go) => {
    const failed = await store
      .unitOfWork(async (unit) => {
        await endConnectionOf(unit)
        return go(unit)
      })
      .catch((error: unknown) => error)
    expect(isUnavailable(failed)).toBe(true)
    await systemClock.sleep(1_100)
    expect(await store.unitOfWork((unit) => rowsOf(unit, sql`select 7 as value`))).toEqual([{ value: 7 }])
  },
)

test('a connection that is lost while nothing is asked is made anew', async () => {
  await own.owner`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and application_name = 'tieout' and state = 'idle'`
  await systemClock.sleep(1_100)
  expect(await rowsOf(store.read, sql`select 8 as value`)).toEqual([{ value: 8 }])
})

test('a store that is closed does not wait for anything to pass', async () => {
  const options = { url: appUrl(own.url), maxConnections: 1, clock: systemClock, random: seededRandom(1) }
  const other = openStore({ ...options, socket: quickSocket })
  await other.read.execute(sql`select 1`)
  const began = performance.now()
  await other.close()
  expect(performance.now() - began).toBeLessThan(500)
})
