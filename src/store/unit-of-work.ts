import type { ExtractTablesWithRelations, SQL } from 'drizzle-orm'
import type { PgDatabase, PgTransaction } from 'drizzle-orm/pg-core'
import { drizzle, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Clock } from '../ports/clock.ts'
import { fraction, idsFrom, type Ids, type Random } from '../ports/random.ts'
import { preparing } from './prepared-statements.ts'

/** A Drizzle handle: the pool's, or that of an open unit of work. */
export type Database = PgDatabase<PostgresJsQueryResultHKT, Record<string, never>>

/** The handle of an open database transaction. */
export type Transaction = PgTransaction<
  PostgresJsQueryResultHKT,
  Record<string, never>,
  ExtractTablesWithRelations<Record<string, never>>
>

/** One database transaction: rows and work commit together, or not at all. */
export type Unit = { readonly tx: Transaction; readonly ids: Ids }

/** Where a reading function may read: the pool, or a unit whose own changes it must see. */
export type Reader = Database | Unit

export type StoreOptions = {
  readonly url: string
  readonly maxConnections: number
  /** Makes connected sockets, where the platform's own are not wanted. */
  readonly socket?: SocketMaker
  readonly clock: Clock
  readonly random: Random
}

/** A server's address as the driver reads it of a URL: hosts and ports, or the path of a socket. */
export type ServerAddress = {
  readonly host: readonly string[]
  readonly port: readonly number[]
  readonly path?: string | false
  /** How TLS is wanted, as the driver reads it: false or left out for none. */
  readonly ssl?: unknown
}

/** Connects to a server and answers once it is there. */
export type SocketMaker = (address: ServerAddress) => Promise<unknown>

/** The database as the rest of the hub sees it. */
export type Store = {
  readonly read: Database
  /**
   * Runs `work` in a database transaction. When the database gives up because of a conflict (40001, 40P01), the whole of `work`
   * runs again, five times at most; so `work` must do nothing outside the unit.
   */
  unitOfWork<T>(work: (unit: Unit) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Thrown when a runner whose lease was taken over tries to commit; the whole unit is undone. */
export class StaleFenceError extends Error {
  override readonly name = 'StaleFenceError'
}

const attemptsAtMost = 5

/** Opens a pool of connections. No connection is made before the first query. */
export function openStore(options: StoreOptions): Store {
  const client = postgres(options.url, {
    max: options.maxConnections,
    onnotice: () => undefined,
    // Drizzle and JSON parameters need no array types, and poolers answer the query for them badly.
    fetch_types: false,
    connection: { application_name: 'tieout', TimeZone: 'UTC' },
    ...(options.socket === undefined ? {} : { socket: options.socket as never }),
  })
  const database = drizzle(preparing(client))
  const ids = idsFrom(options.clock, options.random)
  return {
    read: database,
    unitOfWork: (work) => repeated(options, () => database.transaction((tx) => work({ tx, ids }))),
    close: () => client.end({ timeout: 5 }),
  }
}

async function repeated<T>({ clock, random }: StoreOptions, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === attemptsAtMost || !isConflict(error)) throw error
      await clock.sleep(Math.ceil(fraction(random) * 10 * 2 ** attempt))
    }
  }
}

function isConflict(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** The SQLSTATE of a database error, also when Drizzle has wrapped it; null for anything else. */
export function sqlState(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof postgres.PostgresError) return cause.code
  }
  return null
}

/** Whether the database will never take these values (data exceptions, constraints, program limits), rather than not now. */
export function isRefusedByDatabase(error: unknown): boolean {
  return /^(22|23|54)/.test(sqlState(error) ?? '')
}

/** Whether the books refused an entry because its month is closed or closing. */
export function isMonthClosed(error: unknown): boolean {
  return sqlState(error) === 'TO001'
}

/** The handle behind a reader. */
export function databaseOf(reader: Reader): Database {
  return 'tx' in reader ? reader.tx : reader
}

/** Runs a statement written by hand and gives its rows as the driver reads them. */
export async function rowsOf<Row extends Record<string, unknown>>(
  reader: Reader,
  statement: SQL,
): Promise<Row[]> {
  return Array.from(await databaseOf(reader).execute(statement)) as Row[]
}

/**
 * Writes rows into a table by COPY, which costs the server half of what INSERT does. `rows` is in COPY's text format, a line each
 * (PostgreSQL, "COPY", "Text Format").
 */
export async function copyRows(
  { tx }: Unit,
  table: string,
  columns: readonly string[],
  rows: string | Uint8Array,
): Promise<void> {
  // Drizzle has no COPY; its handle is asked for the connection the unit runs on.
  const { client } = (tx as unknown as { session: { client: postgres.TransactionSql } }).session
  const copy = client.unsafe(`copy ${table} (${columns.join(', ')}) from stdin`) as Copying
  await new Promise<void>((resolve, reject) => {
    // The driver tells of a refusal only whoever waits for the copy to begin, and nobody does any more when it comes.
    const { reject: tell } = copy
    copy.reject = (error) => {
      tell(error)
      reject(error)
    }
    copy.writable().then((stream) => {
      stream.once('error', reject)
      stream.once('finish', resolve)
      return stream.end(rows)
    }, reject)
  })
}

type Copying = postgres.PendingQuery<never[]> & { reject: (error: unknown) => void }
