import { ConfigurationError } from '../config.ts'
import type { ServerState } from '../store/inspect-server.ts'
import { inspectServer, oldestVersion } from '../store/inspect-server.ts'

/** What is wrong with the version of a server, as a sentence; null when it will do. */
export function versionFault({
  version,
  versionName,
}: Pick<ServerState, 'version' | 'versionName'>): string | null {
  if (version >= oldestVersion) return null
  return `DATABASE_URL is a PostgreSQL ${versionName}, and Tieout needs ${Math.floor(oldestVersion / 10_000)} or newer.`
}

/** Throws ConfigurationError when a server of one's own is too old for the hub. */
export async function assertVersion(url: string): Promise<void> {
  const fault = versionFault(await inspectServer(url))
  if (fault !== null) throw new ConfigurationError([fault])
}
