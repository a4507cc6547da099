import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { systemClock } from '../../ports/clock.ts'

/** The parent process of a PostgreSQL server, as its pid file tells. */
export type Postmaster = { readonly pid: number; readonly port: number; readonly isReady: boolean }

/** The living postmaster of a data directory, or null. A pid file left by a dead one, or whose pid another program bears, is none. */
export function livingPostmaster(dataDir: string): Postmaster | null {
  const noted = readPidFile(dataDir)
  return noted !== null && isPostmaster(noted.pid, dataDir) ? noted : null
}

/**
 * Removes a pid file whose pid now belongs to another program. PostgreSQL itself clears the file of a dead process, but
 * refuses to start while any process bears the pid, which is the rule after a reboot of a container.
 */
export function clearReusedPid(dataDir: string): void {
  const noted = readPidFile(dataDir)
  if (noted !== null && processExists(noted.pid) && !isPostmaster(noted.pid, dataDir))
    rmSync(pidPath(dataDir), { force: true })
}

/** Whether a process exists, whoever owns it. */
export function processExists(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Stops a server: open transactions are rolled back, everything committed is written out. Waits until it is gone. */
export async function stopPostmaster(dataDir: string, pid: number): Promise<void> {
  if (!isPostmaster(pid, dataDir)) return
  process.kill(pid, 'SIGINT') // PostgreSQL's "fast shutdown"
  for (let polls = 0; isPostmaster(pid, dataDir); polls++) {
    // A session that cannot be ended: "immediate shutdown", after which the next start repairs from the log of changes.
    if (polls === maximumStopPolls) process.kill(pid, 'SIGQUIT')
    await systemClock.sleep(stopPollMilliseconds)
  }
}

const stopPollMilliseconds = 10
const maximumStopPolls = 6_000

/** Lines of postmaster.pid as PostgreSQL writes them (src/include/utils/pidfile.h): pid, directory, start, port, …, status. */
function readPidFile(dataDir: string): Postmaster | null {
  let lines: string[]
  try {
    lines = readFileSync(pidPath(dataDir), 'utf8').split('\n')
  } catch {
    return null
  }
  const pid = Number.parseInt(lines[0] ?? '', 10)
  const port = Number.parseInt(lines[3] ?? '', 10)
  // A file still being written has fewer lines.
  if (!(pid > 0 && port > 0)) return null
  return { pid, port, isReady: lines[7]?.trim() === 'ready' }
}

function pidPath(dataDir: string): string {
  return join(dataDir, 'postmaster.pid')
}

/** The postmaster's working directory is its data directory; its children bear the directory too, but other names. */
function isPostmaster(pid: number, dataDir: string): boolean {
  if (!processExists(pid)) return false
  if (process.platform !== 'linux') return commandOf(pid).includes(dataDir)
  if (basename(commandOf(pid).split('\0')[0] ?? '') !== 'postgres') return false
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === dataDir
  } catch (error) {
    // A directory we may not look into: rather take it for ours than start a second server on one directory.
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

function commandOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
