import type { Hono } from 'hono'
import type { FaultScript } from './fault-script.ts'

/**
 * A stateful twin of a vendor. Served on a loopback port for the demo and for people's own trials, or called in process.
 * Time stands still inside it until `advanceTo`; messages to the hub wait until `pump`.
 */
export interface Fake {
  /** The vendor's API, and under `/__fake/` the controls below, for driving it from another process. */
  readonly app: Hono
  readonly faults: FaultScript
  /** Does everything that falls due up to an instant, in order of time. */
  advanceTo(instant: Date): Promise<void>
  /** The instant of the next thing that will happen by itself, or null. */
  nextDueAt(): Date | null
  /** Delivers the messages that are due; answers how many requests were made. */
  pump(): Promise<number>
}
