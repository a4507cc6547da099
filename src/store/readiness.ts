import { sql } from 'drizzle-orm'
import { readMigrations } from './migrate.ts'
import { rowsOf, type Reader } from './unit-of-work.ts'

/** What time the database has. */
export async function databaseTime(reader: Reader): Promise<Date> {
  const [row] = await rowsOf<{ at: string }>(reader, sql`select clock_timestamp()::text as at`)
  return new Date(row?.at ?? '')
}

/** Names of our migrations that have not run, and of those that ran and are not ours. */
export async function migrationGaps(reader: Reader): Promise<string[]> {
  const [files, rows] = await Promise.all([
    readMigrations(),
    rowsOf<{ name: string }>(reader, sql`select name from migration`),
  ])
  const [ours, applied] = [files.map(({ name }) => name), rows.map(({ name }) => name)]
  return [
    ...ours.filter((name) => !applied.includes(name)).map((name) => `${name} has not run`),
    ...applied.filter((name) => !ours.includes(name)).map((name) => `${name} ran and is not known here`),
  ]
}
