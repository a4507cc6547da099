import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../../src/store/embedded.ts'
import { livingPostmaster, processExists, stopPostmaster } from '../../src/store/embedded/postmaster.ts'
import { migrate } from '../../src/store/migrate.ts'
import { templateDatabase } from './database.ts'

/** The server all test files share: its template database, migrated once, and how to end it. */
export type TestServer = { readonly url: string; stop(): Promise<void> }

const directoryPrefix = 'tieout-test-'

/** Starts the server of one test run, in a directory of its own that names the run's process. */
export async function startTestServer(): Promise<TestServer> {
  await removeAbandonedServers()
  const directory = mkdtempSync(join(tmpdir(), `${directoryPrefix}${process.pid}-`))
  chmodSync(directory, 0o755) // as root, PostgreSQL runs as another user
  const server = await startEmbedded({
    dataDir: join(directory, 'pg'),
    durable: false,
    database: templateDatabase,
  })
  const stop = async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  await migrate(server.url).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url: server.url, stop }
}

/** A killed run leaves its server behind; the next run ends it. */
async function removeAbandonedServers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const [, run] = new RegExp(`^${directoryPrefix}(\\d+)-`).exec(name) ?? []
    if (run === undefined || processExists(Number.parseInt(run, 10))) continue
    const dataDir = join(tmpdir(), name, 'pg')
    const postmaster = livingPostmaster(dataDir)
    if (postmaster !== null) await stopPostmaster(dataDir, postmaster.pid)
    rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}
