import { readdirSync, readFileSync } from 'node:fs'
import { systemClock } from '../../src/ports/clock.ts'

/** What a process and its descendants used so far. Their own children count as descendants, also those that have ended. */
export type Usage = {
  readonly ownSeconds: number
  readonly descendantSeconds: number
  /** The memory the process itself holds (VmRSS), and the most it ever held (VmHWM). */
  readonly residentMegabytes: number
  readonly peakMegabytes: number
}

const nothing: Usage = { ownSeconds: 0, descendantSeconds: 0, residentMegabytes: 0, peakMegabytes: 0 }

/** The kernel counts processor time in hundredths of a second, whatever its own tick (proc(5), sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = 100

type ProcessTimes = { readonly parent: number; readonly own: number; readonly reaped: number }

/** Reads what a process has used; null when it is gone, or where the system has no /proc. */
export function usageOf(pid: number): Usage | null {
  const processes = readProcesses()
  const self = processes.get(pid)
  if (self === undefined) return null
  const children = Map.groupBy(processes.keys(), (candidate) => processes.get(candidate)?.parent ?? 0)
  const below = (parent: number): number =>
    (children.get(parent) ?? []).reduce((total, child) => {
      const { own = 0, reaped = 0 } = processes.get(child) ?? {}
      return total + own + reaped + below(child)
    }, 0)
  return {
    ownSeconds: self.own / ticksPerSecond,
    descendantSeconds: (self.reaped + below(pid)) / ticksPerSecond,
    residentMegabytes: memoryOf(pid, 'VmRSS'),
    peakMegabytes: memoryOf(pid, 'VmHWM'),
  }
}

/** Watches a process until told to stop; answers the last that was seen of it; times and the peak only ever grow. */
export function watchUsage(pid: number, everyMilliseconds = 500): () => Usage {
  const seen = { last: usageOf(pid) ?? nothing, isOver: false }
  const look = () => {
    seen.last = largest(seen.last, usageOf(pid))
    return seen.last
  }
  const keepLooking = async () => {
    for (; !seen.isOver; await systemClock.sleep(everyMilliseconds)) look()
  }
  void keepLooking()
  return () => {
    seen.isOver = true
    return look()
  }
}

function largest(left: Usage, right: Usage | null): Usage {
  if (right === null) return left
  return {
    ownSeconds: Math.max(left.ownSeconds, right.ownSeconds),
    descendantSeconds: Math.max(left.descendantSeconds, right.descendantSeconds),
    residentMegabytes: right.residentMegabytes,
    peakMegabytes: Math.max(left.peakMegabytes, right.peakMegabytes),
  }
}

function readProcesses(): Map<number, ProcessTimes> {
  const processes = new Map<number, ProcessTimes>()
  for (const name of entriesOf('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readText(`/proc/${name}/stat`)
    // The command may hold spaces and brackets; the fields after it begin with the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const field = (number: number) => Number(fields[number - 3] ?? 0)
    if (stat !== '')
      processes.set(Number(name), {
        parent: field(4),
        own: field(14) + field(15),
        reaped: field(16) + field(17),
      })
  }
  return processes
}

function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes = '0'] =
    new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readText(`/proc/${pid}/status`)) ?? []
  return Number(kilobytes) / 1024
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** A process may end between being listed and being read. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
