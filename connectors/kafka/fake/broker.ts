import type { Reader, Writer } from '@platformatic/kafka'
import type { Clock } from '../../../src/ports/clock.ts'
import type { FaultScript } from '../../fault-script.ts'
import type { Group } from './group.ts'
import type { Topics } from './topics.ts'

/** A cluster of one broker. */
export type Broker = {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly faults: FaultScript
  readonly topics: Topics
  /** The group of a name, made when it is first asked for. */
  group(name: string): Group
}

/** Reads one request, after its header, and answers what follows the header of the answer. */
export type Handler = (request: Reader, broker: Broker) => Writer | Promise<Writer>
