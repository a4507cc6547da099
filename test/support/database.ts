import postgres from 'postgres'
import { inject } from 'vitest'
import { systemClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'

/** The database every test file's own is copied from. Nothing may stay connected to it. */
export const templateDatabase = 'tieout_template'

export type OwnDatabase = {
  /** The address as owner: may do everything. */
  readonly url: string
  /** Removes the database, also while something is still connected. */
  drop(): Promise<void>
}

/** Makes a migrated, empty database that belongs to one test file alone, by copying the template: about 0.1 s. */
export async function ownDatabase(): Promise<OwnDatabase> {
  const templateUrl = inject('databaseUrl')
  const name = `test_${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
  await onServer(templateUrl, (sql) => cloneTemplate(sql, name))
  return {
    url: withDatabase(templateUrl, name),
    drop: () =>
      onServer(templateUrl, async (sql) => {
        await sql`drop database if exists ${sql(name)} with (force)`
      }),
  }
}

async function cloneTemplate(sql: postgres.Sql, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await sql`create database ${sql(name)} template ${sql(templateDatabase)} strategy file_copy`
      return
    } catch (error) {
      // object_in_use: another file is copying the template at this moment.
      if ((error as { code?: string }).code !== '55006' || attempt === 100) throw error
      await systemClock.sleep(50)
    }
  }
}

async function onServer(templateUrl: string, act: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(withDatabase(templateUrl, 'postgres'), { max: 1, onnotice: () => undefined })
  try {
    await act(sql)
  } finally {
    await sql.end()
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
