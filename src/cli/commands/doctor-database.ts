import { join, resolve } from 'node:path'
import type { Environment } from '../../config.ts'
import { ConfigurationError, readOwnSettings } from '../../config.ts'
import { systemClock } from '../../ports/clock.ts'
import { systemRandom } from '../../ports/random.ts'
import { EmbeddedError, startEmbedded } from '../../store/embedded.ts'
import type { ServerState } from '../../store/inspect-server.ts'
import { inspectServer } from '../../store/inspect-server.ts'
import { appUrl } from '../../store/migrate.ts'
import { assertPrivileges, PrivilegeError } from '../../store/privileges.ts'
import { openStore } from '../../store/unit-of-work.ts'
import { versionFault } from '../database-version.ts'
import { sentenceOf } from '../failures.ts'
import { hasData, runningUrl } from './command-database.ts'
import type { Check } from './doctor-checks.ts'
import { fault, good, note } from './doctor-checks.ts'
import type { Session } from './run-command.ts'

const mostSkewMilliseconds = 120_000

/** Checks the database the hub works on, without changing it: version, time, migrations, privileges, and whether a hub is at work. */
export async function databaseChecks({ variables, progress }: Session): Promise<Check[]> {
  const environment = readSoundPart(variables)
  if (environment === null) return [note('database', 'database', 'not looked at', 'Mend the settings first.')]
  try {
    const running = runningUrl(environment)
    if (running !== null) return await checksAt(running)
    if (!hasData(environment)) return [noDataYet(environment)]
    const server = await startEmbedded({
      dataDir: join(environment.TIEOUT_DATA_DIR, 'pg'),
      log: (line) => progress.say(line),
    })
    return await checksAt(server.url).finally(() => server.stop())
  } catch (error) {
    const fix =
      error instanceof EmbeddedError
        ? 'Do what it says, then look again.'
        : 'Check DATABASE_URL and that the server runs.'
    return [fault('database', 'database', sentenceOf(error), fix)]
  }
}

function readSoundPart(variables: Session['variables']): Environment | null {
  try {
    return readOwnSettings(variables)
  } catch (error) {
    if (error instanceof ConfigurationError) return null
    throw error
  }
}

function noDataYet({ TIEOUT_DATA_DIR }: Environment): Check {
  return note(
    'database',
    'database',
    `none yet: the first start makes an embedded PostgreSQL in ${resolve(TIEOUT_DATA_DIR)}`,
    null,
  )
}

async function checksAt(url: string): Promise<Check[]> {
  const server = await inspectServer(url)
  const tooOld = versionFault(server)
  const version =
    tooOld === null
      ? good('database', 'database', `PostgreSQL ${server.versionName} answers`)
      : fault('database', 'database', tooOld, 'Upgrade the server.')
  return [
    version,
    clockCheck(server.now, systemClock.now()),
    migrationCheck(server),
    ...(await privilegeChecks(url, server)),
    hubCheck(server),
  ]
}

/** Compares the database's time with ours; two minutes apart, signatures and tokens begin to be refused. */
export function clockCheck(theirs: Date, ours: Date): Check {
  const skew = Math.abs(theirs.getTime() - ours.getTime())
  const seconds = Math.round(skew / 1_000)
  if (skew < mostSkewMilliseconds) return good('database', 'clock', `${seconds} seconds from the database's`)
  return fault(
    'database',
    'clock',
    `${seconds} seconds from the database's`,
    'Set the clock of this machine, or of the database, by NTP.',
  )
}

function migrationCheck({ outstanding, foreign }: ServerState): Check {
  if (foreign.length > 0) {
    return fault(
      'database',
      'migrations',
      `made by another version of Tieout: ${foreign.join(', ')}`,
      'Run the version that migrated this database, or a newer one.',
    )
  }
  if (outstanding.length === 0) return good('database', 'migrations', 'all applied')
  return note(
    'database',
    'migrations',
    `not applied yet: ${outstanding.join(', ')}`,
    'The next start applies them; so does tieout migrate.',
  )
}

async function privilegeChecks(url: string, { outstanding, foreign }: ServerState): Promise<Check[]> {
  if (outstanding.length + foreign.length > 0) return []
  const store = openStore({ url: appUrl(url), maxConnections: 1, clock: systemClock, random: systemRandom })
  try {
    await assertPrivileges(store.read)
    return [good('database', 'privileges', 'as they should be: facts can only be added')]
  } catch (error) {
    if (!(error instanceof PrivilegeError)) throw error
    return [
      fault(
        'database',
        'privileges',
        error.message,
        'Take the grants back, or restore the database from before.',
      ),
    ]
  } finally {
    await store.close()
  }
}

function hubCheck({ hubRuns }: ServerState): Check {
  return hubRuns
    ? good('database', 'hub', 'one is at work')
    : note('database', 'hub', 'none is at work', 'Start one with npm start.')
}
