import postgres from 'postgres'
import { systemClock } from '../../ports/clock.ts'
import { databaseUrl, type Cluster } from './cluster.ts'
import { OtherHubError } from './embedded-error.ts'
import { processExists, type Postmaster } from './postmaster.ts'

/** The session that holds the right to be the only hub of a data directory; it ends with the process. */
export type Guard = postgres.Sql

/**
 * Takes the right to be the only hub of a data directory, as an advisory lock of a session that lives as long as the hub.
 * Answers null while the server is starting up or shutting down. Throws OtherHubError naming the process
 * that holds the right.
 */
export async function takeGuard(cluster: Cluster, postmaster: Postmaster): Promise<Guard | null> {
  const guard = postgres(databaseUrl(cluster, postmaster.port, 'postgres'), {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => undefined,
    connection: { application_name: `${applicationPrefix}${process.pid}` },
  })
  try {
    await lockOrRefuse(guard, cluster.dataDir)
    return guard
  } catch (error) {
    await guard.end({ timeout: 1 })
    if (passingCodes.has((error as { code?: string }).code ?? '')) return null
    throw error
  }
}

const applicationPrefix = 'tieout-hub-'

/** Arbitrary, but the same in every hub ("tie" and "out" on a telephone). */
const lockKey = 843_688

/** Errors of a server that is coming or going (PostgreSQL, appendix A, class 57) and of its socket. */
const passingCodes = new Set(['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED'])

async function lockOrRefuse(guard: Guard, dataDir: string): Promise<void> {
  for (;;) {
    const [row] = await guard<[{ taken: boolean }]>`select pg_try_advisory_lock(${lockKey}) as taken`
    if (row.taken) return
    const holder = await lockHolder(guard)
    if (holder !== null && processExists(holder))
      throw new OtherHubError(
        `Another hub (process ${holder}) already runs on ${dataDir}. Stop it, or give this one a data directory of its own.`,
      )
    // The session of a killed hub outlives it by a moment.
    await systemClock.sleep(50)
  }
}

async function lockHolder(guard: Guard): Promise<number | null> {
  const [row] = await guard<{ name: string }[]>`
    select activity.application_name as name
    from pg_locks lock join pg_stat_activity activity using (pid)
    where lock.locktype = 'advisory' and lock.granted
      and lock.classid = 0 and lock.objid = ${lockKey} and lock.objsubid = 1
      and lock.database = (select oid from pg_database where datname = current_database())`
  return row ? Number.parseInt(row.name.slice(applicationPrefix.length), 10) : null
}
