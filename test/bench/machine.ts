import { cpus, loadavg, release, totalmem } from 'node:os'

/** What the figures were measured on. `load` is the machine's load of the last minute before the run began. */
export type Machine = {
  readonly cores: number
  readonly processor: string
  readonly memoryGigabytes: number
  readonly system: string
  readonly node: string
  readonly load: number
}

/** Reads the facts of this machine, now. */
export function readMachine(): Machine {
  const [first] = cpus()
  return {
    cores: cpus().length,
    processor: first?.model ?? 'unknown',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
  }
}

/** The facts in two lines; `postgresql` is the server's own version. */
export function machineText(machine: Machine, postgresql: string): string {
  const { cores, processor, memoryGigabytes, system, node, load } = machine
  const busy = load >= 1 ? ' - the machine was busy before the run: trust ratios, not absolute figures' : ''
  return `${cores} cores, ${processor}, ${memoryGigabytes} GB, ${system}\nNode ${node}, PostgreSQL ${postgresql}, load ${load.toFixed(2)}${busy}\n`
}
