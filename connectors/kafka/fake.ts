import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Clock } from '../../src/ports/clock.ts'
import type { Random } from '../../src/ports/random.ts'
import { faultScript, type FaultScript } from '../fault-script.ts'
import type { Broker } from './fake/broker.ts'
import { serveConnection } from './fake/connection.ts'
import { createGroup, type Group } from './fake/group.ts'
import { createTopics } from './fake/topics.ts'
import { uuidFrom } from './fake/uuid.ts'

/** A cluster of one broker that speaks Kafka's protocol on a loopback port. */
export type KafkaFake = {
  /** `host:port`, for KAFKA_BOOTSTRAP. */
  readonly bootstrap: string
  /** Requests are named as in the protocol: `{ method: 'KAFKA', path: '/OffsetCommit' }`. Only cuts are understood. */
  readonly faults: FaultScript
  /** Cuts every connection that is open. */
  cutConnections(): void
  close(): Promise<void>
}

/** Starts the twin; it holds no topics yet. */
export async function serveKafkaFake({
  clock,
  random,
}: {
  readonly clock: Clock
  readonly random: Random
}): Promise<KafkaFake> {
  const sockets = new Set<Socket>()
  const faults = faultScript()
  const groups = new Map<string, Group>()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const group = (name: string) => {
    const held = groups.get(name) ?? createGroup(clock, () => `member-${uuidFrom(random)}`)
    groups.set(name, held)
    return held
  }
  const topics = createTopics(random)
  const broker: Broker = { nodeId: 1, host: '127.0.0.1', port, clock, faults, topics, group }
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    // A connection that breaks off is the client's to mend.
    void serveConnection(socket, broker).catch(() => undefined)
  })
  const cutConnections = () => sockets.forEach((socket) => socket.destroy())
  return {
    bootstrap: `127.0.0.1:${port}`,
    faults,
    cutConnections,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      cutConnections()
      await closed
    },
  }
}
