import { Writer, type Reader } from '@platformatic/kafka'
import type { Broker } from './broker.ts'
import { errorCodes } from './error-codes.ts'
import { appendTopics, readTopics } from './topic-requests.ts'
import { readLog, type Topic } from './topics.ts'

/** Produce 8. */
export function produce(request: Reader, broker: Broker): Writer {
  request.readNullableString(false)
  request.readInt16()
  request.readInt32()
  const topics = readTopics(request, (r) => ({ records: r.readBytes(false) }))
  const writer = appendTopics(Writer.create(), topics, (w, name, { partition, records }) => {
    const log = broker.topics.named(name)?.partitions[partition]
    w.appendInt32(partition)
      .appendInt16(log === undefined ? errorCodes.unknownTopicOrPartition : errorCodes.none)
      .appendInt64(log === undefined ? -1n : broker.topics.append(log, records))
      .appendInt64(-1n)
      .appendInt64(log?.oldest ?? -1n)
      .appendArray([], () => undefined, false, false)
      .appendString(null, false)
  })
  return writer.appendInt32(0)
}

type Wanted = { readonly partition: number; readonly offset: bigint; readonly mostBytes: number }
type WantedTopic = { readonly id: string; readonly partitions: readonly Wanted[] }

/** Fetch 13, without sessions: each request says all it wants. Waits for the first record as long as it is asked to. */
export async function fetchRecords(request: Reader, broker: Broker): Promise<Writer> {
  request.readInt32()
  const longestWaitMilliseconds = request.readInt32()
  request.readInt32()
  request.readInt32()
  request.readInt8()
  request.readInt32()
  request.readInt32()
  const topics = request.readArray((r) => ({ id: r.readUUID(), partitions: r.readArray(wantedPartition) }))
  const appended = broker.topics.appended()
  if (!topics.some((topic) => hasAnswer(topic, broker)))
    await Promise.race([appended, broker.clock.sleep(longestWaitMilliseconds)])
  return fetched(topics, broker)
}

function wantedPartition(request: Reader): Wanted {
  const partition = request.readInt32()
  request.readInt32()
  const offset = request.readInt64()
  request.readInt32()
  request.readInt64()
  return { partition, offset, mostBytes: request.readInt32() }
}

/** Whether there is something to send, be it an error. */
function hasAnswer({ id, partitions }: WantedTopic, broker: Broker): boolean {
  const topic = broker.topics.withId(id)
  return partitions.some((wanted) => {
    const end = topic?.partitions[wanted.partition]?.end
    return faultOf(topic, wanted) !== errorCodes.none || (end !== undefined && end > wanted.offset)
  })
}

function faultOf(topic: Topic | undefined, { partition, offset }: Wanted): number {
  if (topic === undefined) return errorCodes.unknownTopicId
  const log = topic.partitions[partition]
  if (log === undefined) return errorCodes.unknownTopicOrPartition
  return offset < log.oldest || offset > log.end ? errorCodes.offsetOutOfRange : errorCodes.none
}

function fetched(topics: readonly WantedTopic[], broker: Broker): Writer {
  return Writer.create()
    .appendInt32(0)
    .appendInt16(errorCodes.none)
    .appendInt32(0)
    .appendArray([...topics], (w, { id, partitions }) => {
      const topic = broker.topics.withId(id)
      w.appendUUID(id).appendArray([...partitions], (inner, wanted) => appendFetched(inner, topic, wanted))
    })
    .appendTaggedFields()
}

function appendFetched(writer: Writer, topic: Topic | undefined, wanted: Wanted): void {
  const error = faultOf(topic, wanted)
  const log = topic?.partitions[wanted.partition]
  const isSound = error === errorCodes.none && log !== undefined
  const records = isSound ? readLog(log, wanted.offset, wanted.mostBytes) : Buffer.alloc(0)
  writer
    .appendInt32(wanted.partition)
    .appendInt16(error)
    .appendInt64(log?.end ?? -1n)
    .appendInt64(log?.end ?? -1n)
    .appendInt64(log?.oldest ?? -1n)
    .appendArray([], () => undefined)
    .appendInt32(-1)
    .appendBytes(records)
}
