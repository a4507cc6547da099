import postgres from 'postgres'
import { readMigrations } from './migrate.ts'

/** What a database server says of itself, and how far the hub's database on it is. */
export type ServerState = {
  /** As PostgreSQL counts: 180004 is 18.4. */
  readonly version: number
  readonly versionName: string
  readonly now: Date
  /** Migrations that have not run, in order. */
  readonly outstanding: readonly string[]
  /** Migrations that ran and are not, or not so, among our files: the database is newer than we are, or a file was edited. */
  readonly foreign: readonly string[]
  /** Whether some hub listens on this database now. */
  readonly hubRuns: boolean
}

/** The oldest PostgreSQL the hub's SQL is written for. */
export const oldestVersion = 150_000

/**
 * Looks at a server without changing anything; `ownerUrl` is the address as owner, because the application's role may not be
 * there yet. Throws the driver's error when it cannot be reached.
 */
export async function inspectServer(ownerUrl: string): Promise<ServerState> {
  const session = postgres(ownerUrl, {
    max: 1,
    onnotice: () => undefined,
    fetch_types: false,
    connect_timeout: 5,
    connection: { application_name: 'tieout-inspection' },
  })
  try {
    const [server] = await session<[ServerRow]>`
      select current_setting('server_version_num')::integer as version, current_setting('server_version') as version_name,
        clock_timestamp() as now, to_regclass('public.migration') is not null as has_migrations,
        exists (select from pg_stat_activity
          where datname = current_database() and application_name = 'tieout-doorbell') as hub_runs`
    const applied = server.has_migrations
      ? await session<{ name: string; hash: string }[]>`select name, hash from public.migration`
      : []
    const { version, version_name: versionName, now, hub_runs: hubRuns } = server
    return { version, versionName, now, hubRuns, ...compared(await readMigrations(), applied) }
  } finally {
    await session.end({ timeout: 5 })
  }
}

type ServerRow = {
  version: number
  version_name: string
  now: Date
  has_migrations: boolean
  hub_runs: boolean
}

type Known = { readonly name: string; readonly hash: string }

function compared(
  ours: readonly Known[],
  applied: readonly Known[],
): Pick<ServerState, 'outstanding' | 'foreign'> {
  const ran = new Map(applied.map(({ name, hash }) => [name, hash]))
  const files = new Map(ours.map(({ name, hash }) => [name, hash]))
  return {
    outstanding: ours.map(({ name }) => name).filter((name) => !ran.has(name)),
    foreign: [...ran.keys()].filter((name) => files.get(name) !== ran.get(name)).sort(),
  }
}
