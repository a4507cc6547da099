import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { allScopes } from '../../src/http/access/scopes.ts'
import { batchType } from '../../src/http/event-forms.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { keepStandings } from '../../src/jobs/keep-standings.ts'
import { passEveryCheckpoint } from '../../src/ports/checkpoint.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { idsFrom, seededRandom } from '../../src/ports/random.ts'
import { appUrl, migrate } from '../../src/store/migrate.ts'
import { quickSocket } from '../../src/store/quick-socket.ts'
import { openStore, type Store } from '../../src/store/unit-of-work.ts'
import { bareVariables, ownFolder, start, type Running } from '../cli/processes.ts'
import { defaultBooks } from '../http/books-sample.ts'
import { bearing, posted } from '../http/own-app.ts'
import { seed } from '../http/seeded.ts'
import { start as begins } from '../store/store.ts'

/** The programs that give a process a small volume nobody else sees: as root, or as anybody where that is allowed. */
const serverProgram = new URL('./full-disk-server.ts', import.meta.url)
const megabytes = 48
const mounting = `mount -t tmpfs -o size=${megabytes}m,mode=0755 tmpfs "$0" && exec "$@"`
const isRoot = process.getuid?.() === 0
const apart = isRoot ? ['-m'] : ['-U', '--map-current-user', '--keep-caps', '-m']
const canMount =
  spawnSync('unshare', [...apart, 'sh', '-c', mounting, '/mnt', 'true'], { stdio: 'ignore' }).status === 0
if (!canMount)
  console.log(
    'full disk: no volume can be mounted here, skipped (test/http/usage-unavailable.test.ts raises the same error)',
  )

describe.skipIf(!canMount)('on a volume that is really full', () => {
  const folder = ownFolder()
  const clock = virtualClock(begins)
  let server: Running
  let owner: postgres.Sql
  let store: Store
  let hub: { app: ReturnType<typeof createApp>; secret: string }

  beforeAll(async () => {
    const volume = join(folder.path, 'volume')
    mkdirSync(volume)
    const program = [process.execPath, fileURLToPath(serverProgram), join(folder.path, 'pg')]
    const words = [...apart, 'sh', '-c', mounting, volume, ...program, volume]
    server = start('unshare', words, bareVariables(folder.path))
    await server.saying('"url"')
    const { url } = JSON.parse(server.said().stdout) as { url: string }
    await migrate(url)
    owner = postgres(url, { max: 1, onnotice: () => undefined })
    store = openStore({
      url: appUrl(url),
      maxConnections: 4,
      clock,
      random: seededRandom(1),
      socket: quickSocket,
    })
    hub = await openHub()
  }, 120_000)

  afterAll(async () => {
    await Promise.all([owner?.end({ timeout: 1 }), store?.close()])
    server?.kill('SIGTERM')
    await server?.ended
    folder.remove()
  })

  async function openHub() {
    const random = seededRandom(7)
    const options = {
      store,
      clock,
      ids: idsFrom(clock, random),
      doorbell: silentDoorbell,
      checkpoint: passEveryCheckpoint,
      hooks: new Map(),
      books: defaultBooks(),
      settings: { publicUrl: 'https://hub.example.com' },
      report: () => undefined,
    }
    await seed(store)
    const settings = { publicUrl: '', automaticTax: false, closeAfterDays: null, sweepIntervalSeconds: 600 }
    await keepStandings({ ...options, settings })
    const key = { name: 'test', scopes: allScopes, by: 'test' }
    const { secret } = await createApiKey({ store, clock, random }, key)
    return { app: createApp(options), secret }
  }

  const thousand = (turn: number) =>
    Array.from({ length: 1_000 }, (_none, index) => ({
      specversion: '1.0',
      id: `${turn}-${index}`,
      source: 'full',
      type: 'tokens',
      subject: '001ACME',
      time: '2026-03-02T08:30:00Z',
      data: { value: '2', properties: { note: 'x'.repeat(500) } },
    }))

  const send = (turn: number) =>
    posted<Record<string, unknown>>(hub, '/v1/events', thousand(turn), bearing(hub.secret, batchType))

  async function stream(turn: number): Promise<{ object: string; through?: number }[]> {
    const answer = await hub.app.request('/v1/events/stream', {
      method: 'POST',
      headers: bearing(hub.secret, 'application/x-ndjson'),
      body: thousand(turn)
        .map((event) => JSON.stringify(event))
        .join('\n'),
    })
    const lines = (await answer.text()).trim().split('\n')
    return lines.map((line) => JSON.parse(line) as { object: string })
  }

  async function used(): Promise<string> {
    const question = { customer: '001ACME', meter: 'tokens' }
    const { status, body } = await posted(hub, '/v1/entitlements/check', question, bearing(hub.secret))
    expect(status).toBe(200)
    return body['used'] as string
  }

  /** Takes what is left of the volume, in pieces of half a megabyte. */
  async function fillUp(): Promise<void> {
    await owner`create table ballast (piece text not null)`
    await owner`alter table ballast alter column piece set storage external`
    for (const bytes of [500_000, 8_000])
      for (;;) {
        const refused = await owner`insert into ballast select repeat('x', ${bytes})`.catch(
          (error: unknown) => error,
        )
        if (!(refused instanceof postgres.PostgresError)) continue
        expect(refused.code).toBe('53100')
        break
      }
  }

  test('usage is 503 with a problem and kept in no part, rights are still told; sent again with room it counts once', async () => {
    expect((await send(0)).body).toMatchObject({ accepted: 1_000 })
    await fillUp()
    let turn = 1
    // Pages that were begun before still take some; then there is no room for more.
    while ((await send(turn)).status === 202) turn++
    const refused = await send(turn)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
    expect(refused.body).toMatchObject({ status: 503, code: 'unavailable' })
    expect((await stream(turn)).at(-1)).toMatchObject({ object: 'usage_stream_failure', through: 0 })
    const [kept] = await owner<[{ count: number }]>`select count(*)::integer as count from usage_event`
    expect(await used()).toBe(String(2 * kept.count))
    await owner`drop table ballast`
    expect((await send(turn)).status).toBe(202)
    expect(await stream(turn)).toMatchObject([
      { object: 'usage_stream_receipt', accepted: 0, duplicates: 1_000, refused: 0 },
    ])
    expect(await used()).toBe(String(2_000 * (turn + 1)))
  }, 120_000)
})
