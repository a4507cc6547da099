import { Admin, Producer } from '@platformatic/kafka'
import { serveKafkaFake } from '../../connectors/kafka/fake.ts'
import { createKafkaSource } from '../../connectors/kafka/kafka.ts'
import type { KafkaSettings } from '../../connectors/kafka/settings.ts'
import type { FaultScript } from '../../connectors/fault-script.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { Stream } from './usage-source-world.ts'

/** Brokers to test against: real ones that KAFKA_BOOTSTRAP names, or the twin. `faults` are the twin's alone. */
export type Cluster = {
  readonly bootstrap: readonly string[]
  readonly faults: FaultScript | null
  cutConnections(): void
  close(): Promise<void>
}

const realBootstrap = process.env['KAFKA_BOOTSTRAP'] ?? ''

/** Whether there are real brokers; only the twin can be told to lose answers. */
export const isReal = realBootstrap !== ''

/** The real brokers where KAFKA_BOOTSTRAP names them, otherwise a twin. */
export async function openCluster(): Promise<Cluster> {
  if (isReal) {
    const bootstrap = realBootstrap.split(/[\s,]+/)
    return { bootstrap, faults: null, cutConnections: () => undefined, close: () => Promise.resolve() }
  }
  const twin = await serveKafkaFake({ clock: systemClock, random: systemRandom })
  return { ...twin, bootstrap: [twin.bootstrap] }
}

/** Headers of a record, by name. */
export type Headers = Readonly<Record<string, string>>

/** A topic of three partitions that a group of its own reads. */
export type KafkaStream = Stream & {
  readonly topic: string
  readonly settings: KafkaSettings
  send(partition: number, records: readonly { value: Buffer | null; headers?: Headers }[]): Promise<void>
  /** The group's offsets at Kafka, by partition; -1 where there is none. */
  committed(): Promise<bigint[]>
  commitForGroup(partition: number, offset: bigint): Promise<void>
}

const recordsAtOnce = 500

/** Makes a topic on a cluster. */
export async function kafkaStream({ bootstrap }: Pick<Cluster, 'bootstrap'>): Promise<KafkaStream> {
  const topic = `usage-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
  const base = { clientId: 'test', bootstrapBrokers: [...bootstrap] }
  const [admin, producer] = [new Admin(base), new Producer(base)]
  await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 })
  const settings: KafkaSettings = {
    bootstrap,
    topics: [topic],
    group: `group-of-${topic}`,
    tls: null,
    sasl: null,
    // Brokers take 6 seconds at least unless told otherwise.
    sessionTimeoutMilliseconds: isReal ? 6_000 : 1_500,
  }
  const send: KafkaStream['send'] = async (partition, records) => {
    const messages = records.map(({ value, headers = {} }) => messageOf(topic, partition, value, headers))
    for (let start = 0; start < messages.length; start += recordsAtOnce)
      await producer.send({ messages: messages.slice(start, start + recordsAtOnce) })
  }
  return {
    topic,
    settings,
    send,
    source: () => createKafkaSource(settings),
    append: (partition, texts) =>
      send(
        partition,
        texts.map((text) => ({ value: Buffer.from(text) })),
      ),
    deleteBefore: async (partition, record) => {
      await admin.deleteRecords({
        topics: [{ name: topic, partitions: [{ partition, offset: BigInt(record) }] }],
      })
    },
    committed: () => committedOffsets(admin, settings.group, topic),
    commitForGroup: (partition, offset) =>
      admin.alterConsumerGroupOffsets({
        groupId: settings.group,
        topics: [{ name: topic, partitionOffsets: [{ partition, offset }] }],
      }),
    close: async () => {
      await producer.close()
      await admin.close()
    },
  }
}

function messageOf(topic: string, partition: number, value: Buffer | null, headers: Headers) {
  const entries = Object.entries(headers).map(
    ([name, text]) => [Buffer.from(name), Buffer.from(text)] as const,
  )
  // The client's types know no message without a value, which Kafka calls a tombstone.
  return { topic, partition, value: value as Buffer, headers: new Map(entries) }
}

async function committedOffsets(admin: Admin, groupId: string, topic: string): Promise<bigint[]> {
  const groups = await admin.listConsumerGroupOffsets({
    groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [0, 1, 2] }] }],
  })
  const found = groups[0]?.topics.find(({ name }) => name === topic)?.partitions ?? []
  return [0, 1, 2].map(
    (index) => found.find(({ partitionIndex }) => partitionIndex === index)?.committedOffset ?? -1n,
  )
}
