import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Environment } from '../../config.ts'
import { ConfigurationError, readOwnSettings } from '../../config.ts'
import { systemClock } from '../../ports/clock.ts'
import { systemRandom } from '../../ports/random.ts'
import { findEmbedded } from '../../store/embedded.ts'
import { reachableDataDirectory } from '../../store/embedded/cluster.ts'
import { runAsUser } from '../../store/embedded/run-as.ts'
import type { ServerState } from '../../store/inspect-server.ts'
import { inspectServer } from '../../store/inspect-server.ts'
import { appUrl } from '../../store/migrate.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { openStore } from '../../store/unit-of-work.ts'
import { openDatabase } from '../database.ts'
import { versionFault } from '../database-version.ts'
import { CommandError } from '../exit-codes.ts'
import type { Session } from './run-command.ts'

/** A hub's database as a command sees it. */
export type CommandDatabase = {
  readonly store: Store
  readonly ownerUrl: string
  /** Whether a hub is at work on it now. */
  readonly hubRuns: boolean
}

const maxConnections = 4

/**
 * Opens the database for a command and closes it afterwards: DATABASE_URL; else that of a running hub; else the hub's data, with a server of
 * its own for the duration. Throws ConfigurationError where there is no data, CommandError where it is of another version.
 */
export async function withDatabase<T>(
  session: Session,
  work: (database: CommandDatabase) => Promise<T>,
): Promise<T> {
  const environment = readOwnSettings(session.variables)
  const running = runningUrl(environment)
  session.progress.say('Opening the database')
  return running === null ? withOwnServer(environment, session, work) : withRunning(running, work)
}

/** The address of a database that somebody else runs; null when there is none. */
export function runningUrl({ DATABASE_URL, TIEOUT_DATA_DIR }: Environment): string | null {
  if (DATABASE_URL !== undefined) return DATABASE_URL
  return existsSync(TIEOUT_DATA_DIR) ? findEmbedded(join(TIEOUT_DATA_DIR, 'pg')) : null
}

async function withRunning<T>(ownerUrl: string, work: (database: CommandDatabase) => Promise<T>): Promise<T> {
  const server = await inspectServer(ownerUrl)
  assertFits(server)
  const store = openStore({
    url: appUrl(ownerUrl),
    maxConnections,
    clock: systemClock,
    random: systemRandom,
  })
  try {
    return await work({ store, ownerUrl, hubRuns: server.hubRuns })
  } finally {
    await store.close()
  }
}

async function withOwnServer<T>(
  environment: Environment,
  { progress }: Session,
  work: (database: CommandDatabase) => Promise<T>,
): Promise<T> {
  if (!hasData(environment)) {
    const folder = resolve(environment.TIEOUT_DATA_DIR)
    throw new ConfigurationError([
      `There is no hub's data in ${folder}. Start a hub with npm start, name its folder with --data-dir, or set DATABASE_URL.`,
    ])
  }
  const opened = await openDatabase(environment, {
    clock: systemClock,
    random: systemRandom,
    log: (line) => progress.say(line),
    maxConnections,
  })
  try {
    return await work({ store: opened.store, ownerUrl: opened.ownerUrl, hubRuns: false })
  } finally {
    await opened.close()
  }
}

/** Whether a hub has kept anything in its data directory. */
export function hasData({ TIEOUT_DATA_DIR }: Environment): boolean {
  if (!existsSync(TIEOUT_DATA_DIR)) return false
  const folder = reachableDataDirectory(join(TIEOUT_DATA_DIR, 'pg'), runAsUser(), () => undefined)
  return existsSync(join(folder, 'PG_VERSION'))
}

/** A database that is behind or ahead of this version is not touched: the hub that starts next brings it up to date. */
function assertFits(server: ServerState): void {
  const fault = versionFault(server)
  if (fault !== null) throw new ConfigurationError([fault])
  const { outstanding, foreign } = server
  if (foreign.length > 0) {
    throw new CommandError(
      'failed',
      `The database was migrated by another version of Tieout: ${foreign.join(', ')}. Use the version that runs the hub.`,
    )
  }
  if (outstanding.length > 0) {
    const count = outstanding.length === 1 ? 'One migration has' : `${outstanding.length} migrations have`
    throw new CommandError('failed', `${count} not run: ${outstanding.join(', ')}.`, 'tieout migrate')
  }
}
