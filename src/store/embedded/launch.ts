import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { systemClock } from '../../ports/clock.ts'
import { programEnvironment, type Cluster } from './cluster.ts'
import { EmbeddedError } from './embedded-error.ts'
import { livingPostmaster, type Postmaster } from './postmaster.ts'
import { programPath } from './programs.ts'

/** How a server is to be started. Without `durable`, a power failure may lose the last transactions: for tests only. */
export type LaunchOptions = {
  readonly port?: number | undefined
  readonly durable: boolean
  readonly log: (line: string) => void
}

/**
 * Starts a server and waits until it accepts connections. Answers null when somebody else was faster, on the data directory
 * or on the port, so that trying again makes sense. Throws EmbeddedError with the end of the server's log otherwise.
 */
export async function launch(cluster: Cluster, options: LaunchOptions): Promise<Postmaster | null> {
  const port = await freePort(options.port)
  const logFile = `${cluster.dataDir}.log`
  const logStart = existsSync(logFile) ? statSync(logFile).size : 0
  const end = await waitForReady(spawnServer(cluster, port, logFile, options.durable), cluster, options.log)
  if (end === 'ready') return livingPostmaster(cluster.dataDir)
  const report = readFileSync(logFile).subarray(logStart).toString('utf8')
  if (passingTroubles.some((trouble) => trouble.test(report))) return null
  throw new EmbeddedError(`PostgreSQL did not start (${end}). ${logFile} says:\n${report.slice(-2000)}`)
}

const passingTroubles = [
  /could not bind IPv4 address/,
  /lock file "postmaster\.pid" already exists/,
  // Children of a killed postmaster need a moment to notice.
  /pre-existing shared memory block .* is still in use/,
]

function spawnServer(cluster: Cluster, port: number, logFile: string, durable: boolean): ChildProcess {
  const logDescriptor = openSync(logFile, 'a', 0o600)
  const settings = { ...commonSettings, ...(durable ? durableSettings : hastySettings) }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  try {
    // Detached: Ctrl-C at the terminal reaches the hub alone, which finishes its work before it stops the server.
    return spawn(
      programPath(cluster.programs, 'postgres'),
      ['-D', cluster.dataDir, '-p', String(port), ...options],
      {
        ...cluster.user,
        env: programEnvironment,
        cwd: '/',
        detached: true,
        stdio: ['ignore', logDescriptor, logDescriptor],
      },
    )
  } finally {
    closeSync(logDescriptor)
  }
}

const commonSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 100,
  // The index that a month's usage is looked up in is written all over: what of it is in memory, and seldom written whole, costs half.
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
}

const durableSettings = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }

/** Commits still reach the operating system at once, so killing processes loses nothing. */
const hastySettings = { ...durableSettings, fsync: 'off', full_page_writes: 'off' }

/** Answers `ready`, or how the process ended. Recovery after a crash may take minutes, so only the process's end ends the wait. */
async function waitForReady(
  child: ChildProcess,
  cluster: Cluster,
  log: (line: string) => void,
): Promise<string> {
  const end: { reason?: string } = {}
  child.once('error', (error) => (end.reason = error.message))
  child.once('exit', (code, signal) => (end.reason ??= `it ended with ${code ?? signal}`))
  for (let waited = 0; end.reason === undefined; waited += pollMilliseconds) {
    const postmaster = livingPostmaster(cluster.dataDir)
    if (postmaster?.pid === child.pid && postmaster?.isReady) break
    if (waited > 0 && waited % 10_000 === 0) log('PostgreSQL is still starting: it repairs what a crash left')
    await systemClock.sleep(pollMilliseconds)
  }
  child.unref()
  return end.reason ?? 'ready'
}

const pollMilliseconds = 20

/** The port asked for, or any free one when it is taken or none was asked for. */
async function freePort(asked: number | undefined): Promise<number> {
  if (asked === undefined) return tryPort(0)
  return tryPort(asked).catch(() => tryPort(0))
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const found = (probe.address() as AddressInfo).port
      probe.close(() => resolve(found))
    })
  })
}
