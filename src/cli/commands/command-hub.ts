import { readOwnSettings } from '../../config.ts'
import type { Hub } from '../../hub.ts'
import { silentDoorbell } from '../../jobs/doorbell.ts'
import { systemClock } from '../../ports/clock.ts'
import { systemRandom } from '../../ports/random.ts'
import { readSettings } from '../settings.ts'
import type { CommandDatabase } from './command-database.ts'
import type { Session } from './run-command.ts'

/**
 * Puts together a hub for one command, with the vendors connected and nothing listening. With `publishes` it stands in for a hub that does not
 * run, and publishes mappings that are new. Throws ConfigurationError with everything that is missing.
 */
export async function commandHub(
  { variables, progress, warn }: Session,
  { store }: CommandDatabase,
  publishes: boolean,
): Promise<Hub> {
  const settings = await readSettings(variables)
  progress.say('Connecting the vendors')
  // The vendors' clients take a second to load, which only commands that need them should cost.
  const { assembleHub } = await import('../assemble-hub.ts')
  const { TIEOUT_PUBLIC_URL, TIEOUT_HOST, TIEOUT_PORT } = readOwnSettings(variables)
  return assembleHub(settings, {
    store,
    doorbell: silentDoorbell,
    clock: systemClock,
    random: systemRandom,
    publicUrl: TIEOUT_PUBLIC_URL ?? `http://${TIEOUT_HOST}:${TIEOUT_PORT}`,
    publishes,
    report: (error) => warn(error instanceof Error ? error.message : String(error)),
  })
}
