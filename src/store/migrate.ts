import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { systemClock, type Clock } from '../ports/clock.ts'
import { hashOf } from './fingerprint.ts'

/** The role the application works as. It may do what `0008_privileges.sql` grants, and nothing else. */
export const appRole = 'tieout_app'

/** Thrown when the migrations that ran are not the ones we have. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

export type MigrateOptions = {
  /** With a password the app role may sign in by itself; without, its owner's connections change to it. */
  readonly appPassword?: string
  readonly clock?: Clock
  readonly folder?: URL
}

type Migration = { readonly name: string; readonly hash: string; readonly text: string }

const ownFolder = new URL('../../migrations/', import.meta.url)

/** One number for every deployment: whoever migrates a database holds this advisory lock. */
const lockKey = 7_463_851_290_114_001n

/**
 * Brings a database up to date: applies the numbered files of `migrations/` that have not run, in order, each together with the note
 * that it ran. Several processes may start at once; the others wait. Throws MigrationError when a file that ran was edited, renamed or removed.
 */
export async function migrate(
  ownerUrl: string,
  log: (line: string) => void = () => undefined,
  { appPassword, clock = systemClock, folder = ownFolder }: MigrateOptions = {},
): Promise<void> {
  const migrations = await readMigrations(folder)
  const session = postgres(ownerUrl, { max: 1, onnotice: () => undefined, fetch_types: false })
  try {
    await session`select pg_advisory_lock(${lockKey.toString()}::bigint)`
    await ensureAppRole(session, appPassword)
    for (const migration of await outstanding(session, migrations)) {
      await apply(session, migration, clock.now())
      log(`Applied migration ${migration.name}`)
    }
    // The queue is no record: whoever throws its schema away gets a new one at the next start.
    await session.unsafe(`create schema if not exists pgboss authorization ${appRole}`)
  } finally {
    await session.end({ timeout: 5 })
  }
}

/** The numbered files, in order. */
export async function readMigrations(folder: URL = ownFolder): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8')
      return { name, text, hash: hashOf(text) }
    }),
  )
}

async function outstanding(session: postgres.Sql, migrations: readonly Migration[]): Promise<Migration[]> {
  await session`
    create table if not exists migration (name text primary key, hash text not null, applied_at timestamptz not null)`
  const applied = await session<
    { name: string; hash: string }[]
  >`select name, hash from migration order by name`
  applied.forEach(({ name, hash }, index) => {
    const ours = migrations[index]
    if (ours?.name !== name)
      throw new MigrationError(
        `Migration ${name} has run, but the files have ${ours?.name ?? 'none'} in its place`,
      )
    if (ours.hash !== hash)
      throw new MigrationError(`Migration ${name} was edited after it had run; add a new one`)
  })
  return migrations.slice(applied.length)
}

/** Statements sent in one message are one database transaction: the file and its note stand or fall together. */
async function apply(session: postgres.Sql, { name, hash, text }: Migration, at: Date): Promise<void> {
  const note = `insert into migration values ('${name}', '${hash}', '${at.toISOString()}');`
  await session.unsafe(`${text}\n${note}`).simple()
}

async function ensureAppRole(session: postgres.Sql, password: string | undefined): Promise<void> {
  const held = await session`select 1 from pg_roles where rolname = ${appRole}`
  if (held.length === 0) await session.unsafe(`create role ${appRole} nologin`).catch(ignoreExisting)
  if (password !== undefined) await session.unsafe(`alter role ${appRole} login password ${quoted(password)}`)
  const [owner] = await session<{ is_super: boolean }[]>`
    select rolsuper as is_super from pg_roles where rolname = current_user`
  if (owner?.is_super === false) await session.unsafe(`grant ${appRole} to current_user`).catch(ignoreGranted)
}

/** An owner who is no superuser must be a member to change to the role; an administrator may have seen to that. */
function ignoreGranted(error: unknown): void {
  if (!(error instanceof postgres.PostgresError && error.code === '42501')) throw error
}

/** Roles belong to the whole server, so another database's migration may have made it at the same moment. */
function ignoreExisting(error: unknown): void {
  const isThere = error instanceof postgres.PostgresError && ['42710', '23505'].includes(error.code)
  if (!isThere) throw error
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * The URL under which the application connects: as the app role itself when it has a password, otherwise as the owner who changes to the
 * app role before the first statement.
 */
export function appUrl(ownerUrl: string, appPassword?: string): string {
  const url = new URL(ownerUrl)
  if (appPassword === undefined) {
    // Statements stay prepared; a plan kept from when a table was small would read all of it long after it has grown.
    url.searchParams.set('options', `-c role=${appRole} -c plan_cache_mode=force_custom_plan`)
    url.search = url.search.replaceAll('+', '%20')
  } else {
    url.username = appRole
    url.password = encodeURIComponent(appPassword)
  }
  return url.href
}
