import { join } from 'node:path'
import type { Environment } from '../config.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { startEmbedded } from '../store/embedded.ts'
import { appUrl, migrate } from '../store/migrate.ts'
import { assertPrivileges } from '../store/privileges.ts'
import { quickSocket } from '../store/quick-socket.ts'
import type { Store } from '../store/unit-of-work.ts'
import { openStore } from '../store/unit-of-work.ts'

/** An open database: migrated, with the application's own role checked. */
export type OpenDatabase = {
  readonly store: Store
  /** The address as owner, which the doorbell needs to make its schema. */
  readonly ownerUrl: string
  close(): Promise<void>
}

export type DatabaseOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly log: (line: string) => void
  readonly maxConnections?: number
  /** False trades the safety of an embedded server's data for speed; for books that are thrown away. */
  readonly durable?: boolean
}

/** Opens DATABASE_URL, or an embedded server in the data directory; throws with a sentence when neither can be had. */
export async function openDatabase(
  environment: Pick<Environment, 'DATABASE_URL' | 'TIEOUT_DATA_DIR'>,
  options: DatabaseOptions,
): Promise<OpenDatabase> {
  const { clock, random, log, maxConnections = 12, durable = true } = options
  const embedded =
    environment.DATABASE_URL === undefined
      ? await startEmbedded({ dataDir: join(environment.TIEOUT_DATA_DIR, 'pg'), log, durable })
      : null
  const ownerUrl = embedded?.url ?? environment.DATABASE_URL ?? ''
  await migrate(ownerUrl, log)
  const store = openStore({ url: appUrl(ownerUrl), maxConnections, clock, random, socket: quickSocket })
  await assertPrivileges(store.read)
  return {
    store,
    ownerUrl,
    close: async () => {
      await store.close()
      await embedded?.stop()
    },
  }
}
