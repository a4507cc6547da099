import type { ConsumerOptions } from '@platformatic/kafka'

/** How to reach a Kafka cluster, and what to read there. */
export type KafkaSettings = {
  /** Brokers to ask first, as `host:port`. */
  readonly bootstrap: readonly string[]
  readonly topics: readonly string[]
  readonly group: string
  /** Certificates as PEM; what is missing is the machine's own. Null for a connection that is not encrypted. */
  readonly tls: KafkaTls | null
  readonly sasl: KafkaSasl | null
  /** How long a member may be silent before the group gives its partitions to others. */
  readonly sessionTimeoutMilliseconds?: number
}

export type KafkaTls = { readonly ca?: string; readonly certificate?: string; readonly key?: string }

export type KafkaSasl = {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'
  readonly username?: string
  readonly password?: string
  /** For OAUTHBEARER. */
  readonly token?: string
}

const defaultSessionTimeoutMilliseconds = 30_000

/** How long the broker may hold a request back while nothing comes; a stop waits that long at most. */
const longestWaitMilliseconds = 500

/**
 * The client's options. Offsets are ours to commit; only what its producer has committed is read; topics are never made by asking for
 * them.
 */
export function consumerOptions(settings: KafkaSettings): ConsumerOptions<Buffer, Buffer, Buffer, Buffer> {
  const sessionTimeout = settings.sessionTimeoutMilliseconds ?? defaultSessionTimeoutMilliseconds
  return {
    clientId: 'tieout',
    groupId: settings.group,
    bootstrapBrokers: [...settings.bootstrap],
    autocommit: false,
    autocreateTopics: false,
    sessionTimeout,
    rebalanceTimeout: sessionTimeout * 2,
    heartbeatInterval: Math.floor(sessionTimeout / 10),
    heartbeatStallTimeout: sessionTimeout,
    isolationLevel: 1,
    minBytes: 1,
    maxWaitTime: longestWaitMilliseconds,
    retries: 2,
    retryDelay: 300,
    ...(settings.tls === null ? {} : { tls: tlsOptions(settings.tls) }),
    ...(settings.sasl === null ? {} : { sasl: { ...settings.sasl } }),
  }
}

function tlsOptions({ ca, certificate, key }: KafkaTls) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  }
}
