import { dirname } from 'node:path'
import { systemClock } from '../ports/clock.ts'
import {
  databaseUrl,
  prepareCluster,
  readSecret,
  reachableDataDirectory,
  type Cluster,
} from './embedded/cluster.ts'
import { EmbeddedError } from './embedded/embedded-error.ts'
import { takeGuard, type Guard } from './embedded/guard.ts'
import { launch, type LaunchOptions } from './embedded/launch.ts'
import { clearReusedPid, livingPostmaster, stopPostmaster, type Postmaster } from './embedded/postmaster.ts'
import { preparePrograms } from './embedded/programs.ts'
import { runAsUser } from './embedded/run-as.ts'

export { EmbeddedError }

export type EmbeddedOptions = {
  /** Made when missing. As root below a directory others cannot enter, the data goes to /var/lib/tieout instead. */
  readonly dataDir: string
  /** Taken when it is free; otherwise any free port. */
  readonly port?: number
  /** Made when missing; `tieout` unless said otherwise. */
  readonly database?: string
  /** False trades the safety of committed data for speed: for tests only. */
  readonly durable?: boolean
  readonly log?: (line: string) => void
}

/** A running server. `dataDir` is where the data really is; `adopted` says that it was already running. */
export type EmbeddedServer = {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  readonly adopted: boolean
  /** Stops the server and waits until it is gone. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/**
 * Starts a PostgreSQL server of the hub's own on loopback, from the programs in node_modules, or adopts the one that a killed hub
 * left running. One hub a data directory: throws EmbeddedError naming the process of the other one, and whenever a person
 * must act before a server can run.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { database = 'tieout', durable = true, log = () => undefined } = options
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(database)) throw new TypeError(`Not a database name: ${database}`)
  const user = runAsUser()
  const dataDir = reachableDataDirectory(options.dataDir, user, log)
  const programs = await preparePrograms(user, dirname(dataDir), log)
  const cluster = await prepareCluster(dataDir, programs, user, durable)
  const { postmaster, guard, adopted } = await reachServer(cluster, { port: options.port, durable, log })
  await ensureDatabase(guard, database).catch(async (error: unknown) => {
    await stopServer(cluster, postmaster, guard)
    throw error
  })
  let stopping: Promise<void> | undefined
  return {
    url: databaseUrl(cluster, postmaster.port, database),
    port: postmaster.port,
    dataDir,
    adopted,
    stop: () => (stopping ??= stopServer(cluster, postmaster, guard)),
  }
}

/**
 * The address of the server a hub runs on a data directory, or null when none runs; for commands that look into
 * a running hub's database without being a hub.
 */
export function findEmbedded(asked: string, database = 'tieout'): string | null {
  const dataDir = reachableDataDirectory(asked, runAsUser(), () => undefined)
  const postmaster = livingPostmaster(dataDir)
  if (postmaster === null || !postmaster.isReady) return null
  return databaseUrl({ secret: readSecret(dataDir) }, postmaster.port, database)
}

type Reached = { readonly postmaster: Postmaster; readonly guard: Guard; readonly adopted: boolean }

/** Adopts or launches until a server is there that only we hold: other hubs may start and stop on the directory meanwhile. */
async function reachServer(cluster: Cluster, options: LaunchOptions): Promise<Reached> {
  for (let attempt = 1; attempt <= maximumAttempts; attempt++) {
    const running = livingPostmaster(cluster.dataDir)
    if (running === null) clearReusedPid(cluster.dataDir)
    const postmaster = running ?? (await launch(cluster, options))
    const guard = postmaster && (await takeGuard(cluster, postmaster))
    if (postmaster && guard) {
      if (!options.durable || (await isDurable(guard)))
        return { postmaster, guard, adopted: running !== null }
      options.log('the server left running does not write durably: it is started anew')
      await stopServer(cluster, postmaster, guard)
    }
    await systemClock.sleep(attemptMilliseconds)
  }
  throw new EmbeddedError(
    `PostgreSQL on ${cluster.dataDir} neither accepts connections nor lets another server start. Its log is ${cluster.dataDir}.log.`,
  )
}

/** A minute and more: long enough for the server of another hub to finish its shutdown. */
const maximumAttempts = 300
const attemptMilliseconds = 200

async function isDurable(guard: Guard): Promise<boolean> {
  const [row] = await guard<[{ fsync: string }]>`show fsync`
  return row.fsync === 'on'
}

async function ensureDatabase(guard: Guard, database: string): Promise<void> {
  const found = await guard`select from pg_database where datname = ${database}`
  if (found.length === 0) await guard`create database ${guard(database)}`
}

async function stopServer(cluster: Cluster, postmaster: Postmaster, guard: Guard): Promise<void> {
  await guard.end({ timeout: 2 })
  await stopPostmaster(cluster.dataDir, postmaster.pid)
}
