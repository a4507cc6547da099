import { readFileSync } from 'node:fs'

/** Whose a file of a spool is: a process, told from others of the same id by when it started, and one spool of it. */
export type SpoolOwner = { readonly pid: number; readonly startedAt: string; readonly instance: string }

/** Where the system does not say when a process started. */
const unknownStart = '0'

/** A file that its process let go of has no owner, and no process has the id 0. */
export const nobody: Omit<SpoolOwner, 'instance'> = { pid: 0, startedAt: unknownStart }

/** Spools that are open in this process, also those of another copy of this package. */
const open: unique symbol = Symbol.for('tieout.usage.spools') as never
const here = ((globalThis as { [open]?: Set<string> })[open] ??= new Set<string>())

/** Makes this process the owner of a spool. */
export function ownSpool(instance: string): SpoolOwner {
  here.add(instance)
  return { pid: process.pid, startedAt: startOf(process.pid)?.startedAt ?? unknownStart, instance }
}

/** Lets go of a spool. */
export function disownSpool({ instance }: SpoolOwner): void {
  here.delete(instance)
}

/** The name of a file of a spool. The name is the lock: who renames a file to a name of its own has it, and only one can. */
export function nameOf({ pid, startedAt, instance }: SpoolOwner, number: number): string {
  return `${pid}-${startedAt}-${instance}-${number}.events`
}

/** Whose a file is; null for a name that is none of a spool's. */
export function ownerOf(name: string): SpoolOwner | null {
  const [, pid, startedAt = '', instance = ''] =
    /^(\d+)-([0-9a-f]+)-([0-9a-f]+)-\d+\.events$/.exec(name) ?? []
  return pid === undefined ? null : { pid: Number(pid), startedAt, instance }
}

/**
 * Whether an owner may still write. A process id alone does not tell: the first process of a container has the same one after every
 * restart, and a killed process keeps its own until its parent has looked.
 */
export function isAlive({ pid, startedAt, instance }: SpoolOwner): boolean {
  if (here.has(instance)) return true
  if (pid === 0 || !exists(pid)) return false
  const now = startOf(pid)
  if (now?.isZombie === true) return false
  if (now !== null && startedAt !== unknownStart) return now.startedAt === startedAt
  return pid !== process.pid
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Linux tells in which tick since boot a process started (proc_pid_stat(5), fields 3 and 22); the boot has an id of its own. */
function startOf(pid: number): { readonly startedAt: string; readonly isZombie: boolean } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    const [state = '', ticks = 0] = [fields[0], Number(fields[19])]
    return ticks > 0 ? { startedAt: `${boot}${ticks.toString(16)}`, isZombie: 'ZX'.includes(state) } : null
  } catch {
    return null
  }
}
