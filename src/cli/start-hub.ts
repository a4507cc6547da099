import { ConfigurationError } from '../config.ts'
import type { Hub } from '../hub.ts'
import { pgBossDoorbell } from '../jobs/doorbell.ts'
import { readUsageSources } from '../jobs/read-usage-sources.ts'
import type { Clock } from '../ports/clock.ts'
import { systemRandom } from '../ports/random.ts'
import { appUrl } from '../store/migrate.ts'
import { assembleHub, connectVendors } from './assemble-hub.ts'
import { assertVersion } from './database-version.ts'
import { bootstrapFault, keepBootstrapKey } from './bootstrap-key.ts'
import { openDatabase } from './database.ts'
import type { Log } from './log.ts'
import { serveHub } from './serve-hub.ts'
import type { Settings } from './settings.ts'
import { connectUsageSources } from './usage-sources.ts'

/** A hub at work. */
export type RunningHub = {
  readonly url: string
  readonly hub: Hub
  /** Takes no new requests, ends what is under way, and lets go of the database. */
  stop(): Promise<void>
}

/**
 * Starts a hub as in production: database, mappings, vendors, doorbell, work, and then the door. Throws ConfigurationError with sentences
 * for whatever a person must mend; nothing is left running then.
 */
export async function startHub(
  settings: Settings,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<RunningHub> {
  const { environment } = settings
  // Keys that cannot be used are told before anything is begun.
  const fault = bootstrapFault(environment)
  if (fault !== null) throw new ConfigurationError([fault])
  connectVendors(settings, { clock, mappings: [], publicUrl: publicUrlOf(settings) })
  if (environment.DATABASE_URL !== undefined) await assertVersion(environment.DATABASE_URL)
  const opened: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of opened.splice(0).toReversed()) await close()
  }
  const report = (error: unknown) => log.error('trouble', error)
  try {
    const random = systemRandom
    const database = await openDatabase(environment, {
      clock,
      random,
      log: (message) => log.info('database', { message }),
    })
    opened.push(database.close)
    const doorbell = pgBossDoorbell(appUrl(database.ownerUrl), report)
    opened.push(doorbell.stop)
    await doorbell.start()
    const publicUrl = publicUrlOf(settings)
    const hub = await assembleHub(settings, {
      store: database.store,
      doorbell,
      clock,
      random,
      publicUrl,
      publishes: true,
      report,
    })
    await keepBootstrapKey(environment, database.store, clock)
    opened.pop()
    opened.push(hub.stop)
    await hub.start()
    opened.push(readUsageSources(connectUsageSources(environment), hub.context).stop)
    const address = { host: environment.TIEOUT_HOST, port: environment.TIEOUT_PORT }
    const served = await serveHub(hub.app, address, clock)
    opened.push(served.close)
    return { url: served.url, hub, stop: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function publicUrlOf({ environment }: Settings): string {
  const { TIEOUT_PUBLIC_URL, TIEOUT_HOST, TIEOUT_PORT } = environment
  return (TIEOUT_PUBLIC_URL ?? `http://${TIEOUT_HOST}:${TIEOUT_PORT}`).replace(/\/+$/, '')
}
