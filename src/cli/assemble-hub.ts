import type { Hub } from '../hub.ts'
import { createHub } from '../hub.ts'
import type { Environment } from '../config.ts'
import { ConfigurationError, isLive } from '../config.ts'
import type { Mapping } from '../domain/mapping.ts'
import { canonicalMapping } from '../domain/mapping.ts'
import type { DeploymentEnvironment } from '../http/access/secret.ts'
import { loadLiveMapping } from '../jobs/live-mappings.ts'
import type { JobContext } from '../jobs/job.ts'
import { passEveryCheckpoint } from '../ports/checkpoint.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { idsFrom } from '../ports/random.ts'
import { systemTransport } from '../ports/transport.ts'
import { hashOf } from '../store/fingerprint.ts'
import { liveMapping, mappingVersions } from '../store/mappings.ts'
import type { Store } from '../store/unit-of-work.ts'
import type { ConnectOptions, Connections } from './connections.ts'
import { connect } from './connections.ts'
import type { MappingFile } from './setting-files.ts'
import { publishMappings } from './setting-files.ts'
import type { Settings } from './settings.ts'

/** What a hub is put together from besides its settings. */
export type Parts = {
  readonly store: Store
  readonly doorbell: JobContext['doorbell']
  readonly clock: Clock
  readonly random: Random
  /** The address the world calls the hub by. */
  readonly publicUrl: string
  /** Whether mappings that are new are published; a command beside a running hub leaves that to the hub. */
  readonly publishes: boolean
  readonly report: (error: unknown) => void
}

/** Puts a hub together: publishes mappings, and connects the vendors by those that are live. Nothing runs yet. */
export async function assembleHub(settings: Settings, parts: Parts): Promise<Hub> {
  const { environment, books } = settings
  const { store, doorbell, clock, random, publicUrl, report } = parts
  if (parts.publishes) await publishNewMappings(store, settings.mappings, clock.now())
  const mappings = await liveMappings(store, settings.mappings)
  const connections = connectVendors(settings, { clock, mappings, publicUrl })
  return createHub({
    ...connections,
    store,
    doorbell,
    clock,
    random,
    ids: idsFrom(clock, random),
    checkpoint: passEveryCheckpoint,
    books,
    settings: {
      publicUrl,
      automaticTax: environment.TIEOUT_AUTOMATIC_TAX === 'true',
      closeAfterDays: environment.TIEOUT_CLOSE_AFTER_DAYS ?? null,
      sweepIntervalSeconds: environment.TIEOUT_SWEEP_INTERVAL_SECONDS,
      ...(environment.TIEOUT_USAGE_THRESHOLDS.length > 0 && {
        usageThresholds: environment.TIEOUT_USAGE_THRESHOLDS,
      }),
      usageGatherMilliseconds: environment.TIEOUT_USAGE_GATHER_MILLISECONDS,
      streamFromHours: environment.STRIPE_STREAM_FROM_HOURS,
    },
    report,
    environment: deploymentOf(environment),
  })
}

/** Which money moves: an address of its own for Stripe means that a twin stands in for it, and that none does. */
function deploymentOf(environment: Environment): DeploymentEnvironment {
  if (environment.STRIPE_API_URL !== undefined) return 'demo'
  return isLive(environment) ? 'live' : 'test'
}

/** Connects the vendors; calls none. Throws ConfigurationError when a key cannot be used. */
export function connectVendors(
  { environment, books }: Settings,
  options: Omit<ConnectOptions, 'books' | 'transport'>,
): Connections {
  try {
    return connect(environment, { ...options, books, transport: systemTransport })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new ConfigurationError([error.message])
  }
}

/**
 * Publishes files whose text was never published. One that was published before stays as it is: whoever put another version live
 * since then, with a lookup row more, keeps it over a restart.
 */
async function publishNewMappings(store: Store, files: readonly MappingFile[], at: Date): Promise<void> {
  for (const file of files) {
    const contentHash = hashOf(canonicalMapping(file.text))
    const versions = await mappingVersions(store.read, file.mapping.source)
    if (versions.some((version) => version.contentHash === contentHash)) continue
    await publishMappings(store, [file], at)
  }
}

async function liveMappings(store: Store, files: readonly MappingFile[]): Promise<Mapping[]> {
  const live: Mapping[] = []
  for (const { mapping } of files) {
    const isPublished = (await liveMapping(store.read, mapping.source)) !== null
    live.push(isPublished ? (await loadLiveMapping(store.read, mapping.source)).mapping : mapping)
  }
  return live
}
