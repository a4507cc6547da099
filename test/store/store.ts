import { virtualClock, type VirtualClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { appUrl } from '../../src/store/migrate.ts'
import { openStore, type Store } from '../../src/store/unit-of-work.ts'
import postgres from 'postgres'
import { ownDatabase } from '../support/database.ts'

/** A store on a database of its own, working as the app role; `owner` and `app` send statements as they are. */
export type OwnStore = {
  readonly store: Store
  readonly clock: VirtualClock
  readonly url: string
  readonly owner: postgres.Sql
  readonly app: postgres.Sql
  close(): Promise<void>
}

export const start = new Date('2026-03-02T09:00:00Z')

/** Opens a store for one test file. */
export async function ownStore(): Promise<OwnStore> {
  const database = await ownDatabase()
  const clock = virtualClock(start)
  const store = openStore({
    url: appUrl(database.url),
    maxConnections: 8,
    clock,
    random: seededRandom(1),
  })
  const options = { max: 4, onnotice: () => undefined }
  const [owner, app] = [postgres(database.url, options), postgres(appUrl(database.url), options)]
  return {
    store,
    clock,
    url: database.url,
    owner,
    app,
    close: async () => {
      await Promise.all([store.close(), owner.end(), app.end()])
      await database.drop()
    },
  }
}

/** The SQLSTATE a statement was refused with; null when it went through. */
export async function refusalOf(statement: Promise<unknown>): Promise<string | null> {
  try {
    await statement
    return null
  } catch (error) {
    const cause = (error as Error).cause ?? error
    return (cause as postgres.PostgresError).code
  }
}

/** Seconds after the start of the test's time. */
export function after(seconds: number): Date {
  return new Date(start.getTime() + seconds * 1000)
}
