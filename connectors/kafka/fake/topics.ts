import { uuidFrom } from './uuid.ts'
import type { Random } from '../../../src/ports/random.ts'

/** A record batch as a producer sent it, with the offset the broker gave it; `end` is the offset after its last record. */
export type StoredBatch = { readonly start: bigint; readonly end: bigint; readonly bytes: Buffer }

/** The log of one partition, from the oldest offset that is still held. */
export type PartitionLog = { oldest: bigint; end: bigint; batches: StoredBatch[] }

export type Topic = { readonly name: string; readonly id: string; readonly partitions: PartitionLog[] }

/** The topics of the twin. */
export type Topics = {
  add(name: string, partitionCount: number): Topic
  named(name: string): Topic | undefined
  withId(id: string): Topic | undefined
  all(): readonly Topic[]
  /** Settles at the next append to any partition. */
  appended(): Promise<void>
  /** Writes record batches to a partition; answers the offset of the first record. */
  append(log: PartitionLog, records: Buffer): bigint
}

export function createTopics(random: Random): Topics {
  const byName = new Map<string, Topic>()
  let next = Promise.withResolvers<void>()
  return {
    add: (name, partitionCount) => {
      const partitions = Array.from({ length: partitionCount }, emptyLog)
      const topic = { name, id: uuidFrom(random), partitions }
      byName.set(name, topic)
      return topic
    },
    named: (name) => byName.get(name),
    withId: (id) => [...byName.values()].find((topic) => topic.id === id),
    all: () => [...byName.values()],
    appended: () => next.promise,
    append: (log, records) => {
      const start = log.end
      for (const bytes of batchesIn(records)) store(log, bytes)
      next.resolve()
      next = Promise.withResolvers()
      return start
    },
  }
}

function emptyLog(): PartitionLog {
  return { oldest: 0n, end: 0n, batches: [] }
}

/** Where a record batch says how long it is, and which offset its last record has (Kafka protocol, "Record Batch"). */
const lengthAt = 8
const headLength = 12
const lastOffsetDeltaAt = 23

function batchesIn(records: Buffer): Buffer[] {
  const batches: Buffer[] = []
  for (let at = 0; at + headLength <= records.length;) {
    const length = headLength + records.readInt32BE(at + lengthAt)
    batches.push(Buffer.from(records.subarray(at, at + length)))
    at += length
  }
  return batches
}

/** The first offset of a batch is outside of what its checksum covers, so that the broker can set it. */
function store(log: PartitionLog, bytes: Buffer): void {
  const start = log.end
  bytes.writeBigInt64BE(start, 0)
  log.end = start + BigInt(bytes.readInt32BE(lastOffsetDeltaAt)) + 1n
  log.batches.push({ start, end: log.end, bytes })
}

/** The batches from the one that holds an offset on, as many as fit, and one at least: a broker sends whole batches. */
export function readLog(log: PartitionLog, offset: bigint, mostBytes: number): Buffer {
  const wanted = log.batches.filter(({ end }) => end > offset)
  let size = 0
  const taken = wanted.filter(({ bytes }, index) => {
    size += bytes.length
    return index === 0 || size <= mostBytes
  })
  return Buffer.concat(taken.map(({ bytes }) => bytes))
}

/** Forgets what lies before an offset, as retention does. */
export function deleteBefore(log: PartitionLog, offset: bigint): void {
  log.oldest = offset
  log.batches = log.batches.filter(({ end }) => end > offset)
}
