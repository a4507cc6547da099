import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startEmbedded } from '../../src/store/embedded.ts'
import { livingPostmaster } from '../../src/store/embedded/postmaster.ts'
import { migrate } from '../../src/store/migrate.ts'

/** The PostgreSQL server the benchmarks share. It writes durably, as in production. */
export type BenchServer = {
  readonly version: string
  /** The server's first process, whose descendants do its work. */
  readonly pid: number
  /** Makes a migrated, empty database; answers its address as owner. */
  database(name: string): Promise<string>
  stop(): Promise<void>
}

/** Starts a server in a directory of its own, which is removed in the end. */
export async function startBenchServer(): Promise<BenchServer> {
  const directory = mkdtempSync(join(tmpdir(), 'tieout-bench-server-'))
  chmodSync(directory, 0o755) // as root, PostgreSQL runs as another user
  const server = await startEmbedded({ dataDir: join(directory, 'pg') })
  const first = postgres(server.url, { max: 1, onnotice: () => undefined })
  const [row] = await first<[{ server_version: string }]>`show server_version`
  return {
    version: row.server_version,
    pid: livingPostmaster(server.dataDir)?.pid ?? 0,
    database: async (name) => {
      await first`drop database if exists ${first(name)} with (force)`
      await first`create database ${first(name)}`
      const url = new URL(server.url)
      url.pathname = `/${name}`
      await migrate(url.href)
      return url.href
    },
    stop: async () => {
      await first.end()
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
