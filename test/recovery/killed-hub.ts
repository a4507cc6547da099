import { join } from 'node:path'
import postgres from 'postgres'
import { freePort } from '../../src/cli/demo/serve.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import { startEmbedded } from '../../src/store/embedded.ts'
import { livingPostmaster } from '../../src/store/embedded/postmaster.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { Running, Twins, Variables } from '../cli/processes.ts'
import { bareVariables, logOf, startHub, startTwins } from '../cli/processes.ts'

/** A hub of the production entry on a durable PostgreSQL, among twins, all as processes that can be killed and come back at their place. */
export type KilledHub = {
  readonly url: string
  readonly key: string
  readonly twins: Twins
  /** The address of the database as its owner. */
  readonly databaseUrl: string
  /** Ends the hub with SIGKILL, and starts another. */
  killHub(): Promise<void>
  /** Ends PostgreSQL as `pg_ctl -m immediate` does, without writing anything out, and starts it again. */
  killDatabase(): Promise<void>
  /** Waits until the hub answers that it is ready. */
  untilReady(): Promise<void>
  /** How often a hub that had come up ended without being killed. */
  readonly endedByItself: () => readonly string[]
  close(): Promise<void>
}

const key = 'tieout_test_s30hksnn3y8dxzbz8tkqz4xqzvdas79vv9yfq8'

/** Starts all of it in a folder. */
export async function startKilledHub(folder: string): Promise<KilledHub> {
  const database = await durableDatabase(join(folder, 'pg'))
  await migrate(database.url)
  const port = await freePort()
  const bare = bareVariables(folder)
  const twins = await startTwins(port, bare)
  const hub = supervised({
    ...bare,
    ...twins.variables,
    DATABASE_URL: database.url,
    TIEOUT_PORT: String(port),
    TIEOUT_BOOTSTRAP_API_KEY: key,
    TIEOUT_SWEEP_INTERVAL_SECONDS: '10',
  })
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    key,
    twins,
    databaseUrl: database.url,
    killHub: hub.kill,
    killDatabase: database.kill,
    untilReady: () => untilReady(url, hub.said),
    endedByItself: hub.endedByItself,
    close: async () => {
      await hub.end()
      await twins.stop()
      await database.stop()
    },
  }
}

async function durableDatabase(dataDir: string) {
  let server = await startEmbedded({ dataDir })
  const { url, port } = server
  return {
    url,
    kill: async () => {
      const { pid } = livingPostmaster(server.dataDir) ?? {}
      if (pid === undefined) throw new Error('PostgreSQL has ended before it was killed')
      process.kill(pid, 'SIGQUIT')
      while (livingPostmaster(server.dataDir) !== null) await systemClock.sleep(5)
      server = await startEmbedded({ dataDir, port })
      if (server.url !== url) throw new Error(`PostgreSQL came back at ${server.url}`)
    },
    stop: () => server.stop(),
  }
}

/** Keeps a hub running, as whatever runs services does: one that ends is started again. */
function supervised(env: Variables) {
  const endedByItself: string[] = []
  let running: Running
  let wanted: 'up' | 'killed' | 'ended' = 'up'
  const keep = async () => {
    while (wanted !== 'ended') {
      wanted = 'up'
      running = startHub(env)
      const { code, stdout, stderr } = await running.ended
      // One that finds no database at its start ends; one that had come up stays.
      const wasUp = logOf(stdout).some(({ event }) => event === 'started')
      if (wanted === 'up' && wasUp) endedByItself.push(`${code}: ${stderr}\n${stdout.slice(-2_000)}`)
      if (wanted === 'up') await systemClock.sleep(100)
    }
  }
  const kept = keep()
  return {
    endedByItself: () => endedByItself,
    said: () => running.said(),
    kill: async () => {
      const victim = running
      wanted = 'killed'
      victim.kill('SIGKILL')
      await victim.ended
    },
    end: async () => {
      wanted = 'ended'
      running.kill('SIGKILL')
      await kept
    },
  }
}

async function untilReady(url: string, said: () => { stdout: string; stderr: string }): Promise<void> {
  const until = systemClock.now().getTime() + 60_000
  while (systemClock.now().getTime() < until) {
    const answer = await systemTransport(`${url}/readyz`).catch(() => null)
    if (answer?.ok === true) return
    await systemClock.sleep(50)
  }
  throw new Error(`The hub did not become ready.\n${said().stdout.slice(-3_000)}\n${said().stderr}`)
}

/** A connection of a test's own to the database, as its owner. */
export function ownConnection(url: string): postgres.Sql {
  return postgres(url, { max: 1, onnotice: () => undefined, connection: { TimeZone: 'UTC' } })
}
