import { Writer, type Reader } from '@platformatic/kafka'
import type { Broker } from './broker.ts'
import { errorCodes } from './error-codes.ts'
import { deleteBefore, type Topic } from './topics.ts'

const noAuthorizedOperations = -2_147_483_648

/** Metadata 12. Topics are never made by asking for them. */
export function metadata(request: Reader, broker: Broker): Writer {
  const asked = request.readNullableArray((r) => {
    const id = r.readUUID()
    return { id, name: r.readNullableString() }
  })
  const topics = asked?.map(({ id, name }) => ({
    id,
    name,
    topic: broker.topics.named(name ?? '') ?? broker.topics.withId(id),
  }))
  const listed = topics ?? broker.topics.all().map((topic) => ({ id: topic.id, name: topic.name, topic }))
  return Writer.create()
    .appendInt32(0)
    .appendArray([broker], (w, { nodeId, host, port }) => {
      w.appendInt32(nodeId).appendString(host).appendInt32(port).appendString(null)
    })
    .appendString('tieout-twin')
    .appendInt32(broker.nodeId)
    .appendArray(listed, (w, { id, name, topic }) => {
      w.appendInt16(topic === undefined ? errorCodes.unknownTopicOrPartition : errorCodes.none)
        .appendString(topic?.name ?? name)
        .appendUUID(topic?.id ?? id)
        .appendBoolean(false)
      appendPartitions(w, topic, broker.nodeId)
      w.appendInt32(noAuthorizedOperations)
    })
    .appendTaggedFields()
}

function appendPartitions(writer: Writer, topic: Topic | undefined, nodeId: number): void {
  writer.appendArray([...(topic?.partitions.keys() ?? [])], (w, partition) => {
    w.appendInt16(errorCodes.none).appendInt32(partition).appendInt32(nodeId).appendInt32(0)
    for (const nodes of [[nodeId], [nodeId], []])
      w.appendArray(nodes, (inner, node) => inner.appendInt32(node), true, false)
  })
}

/** CreateTopics 4. */
export function createTopics(request: Reader, broker: Broker): Writer {
  const asked = request.readArray(
    (r) => {
      const name = r.readString(false)
      const partitionCount = r.readInt32()
      r.readInt16()
      r.readArray((a) => [a.readInt32(), a.readArray((b) => b.readInt32(), false, false)], false, false)
      r.readArray((c) => [c.readString(false), c.readNullableString(false)], false, false)
      return { name, partitionCount }
    },
    false,
    false,
  )
  return Writer.create()
    .appendInt32(0)
    .appendArray(
      asked,
      (w, { name, partitionCount }) => {
        const isNew = broker.topics.named(name) === undefined
        if (isNew) broker.topics.add(name, partitionCount)
        const error = isNew ? errorCodes.none : errorCodes.topicAlreadyExists
        w.appendString(name, false).appendInt16(error).appendString(null, false)
      },
      false,
      false,
    )
}

type Asked<Wanted> = {
  readonly name: string
  readonly partitions: readonly ({ partition: number } & Wanted)[]
}

/** Topics with partitions in the way of requests without tagged fields. */
export function readTopics<Wanted>(request: Reader, wanted: (partition: Reader) => Wanted): Asked<Wanted>[] {
  return request.readArray(
    (r) => ({
      name: r.readString(false),
      partitions: r.readArray((p) => ({ partition: p.readInt32(), ...wanted(p) }), false, false),
    }),
    false,
    false,
  )
}

/** Writes topics with partitions in the way of answers without tagged fields. */
export function appendTopics<Wanted>(
  writer: Writer,
  topics: readonly Asked<Wanted>[],
  each: (writer: Writer, topic: string, partition: { partition: number } & Wanted) => void,
): Writer {
  return writer.appendArray(
    [...topics],
    (w, { name, partitions }) => {
      w.appendString(name, false).appendArray(
        [...partitions],
        (inner, asked) => each(inner, name, asked),
        false,
        false,
      )
    },
    false,
    false,
  )
}

/** ListOffsets 5: the oldest (-2) or the next (-1); the twin keeps no times. */
export function listOffsets(request: Reader, broker: Broker): Writer {
  request.readInt32()
  request.readInt8()
  const topics = readTopics(request, (r) => {
    r.readInt32()
    return { timestamp: r.readInt64() }
  })
  return appendTopics(Writer.create().appendInt32(0), topics, (w, name, { partition, timestamp }) => {
    const log = broker.topics.named(name)?.partitions[partition]
    w.appendInt32(partition)
      .appendInt16(log === undefined ? errorCodes.unknownTopicOrPartition : errorCodes.none)
      .appendInt64(-1n)
      .appendInt64((timestamp === -2n ? log?.oldest : log?.end) ?? -1n)
      .appendInt32(0)
  })
}

/** DeleteRecords 1. */
export function deleteRecords(request: Reader, broker: Broker): Writer {
  const topics = readTopics(request, (r) => ({ offset: r.readInt64() }))
  return appendTopics(Writer.create().appendInt32(0), topics, (w, name, { partition, offset }) => {
    const log = broker.topics.named(name)?.partitions[partition]
    if (log !== undefined) deleteBefore(log, offset < 0n ? log.end : offset)
    w.appendInt32(partition)
      .appendInt64(log?.oldest ?? -1n)
      .appendInt16(log === undefined ? errorCodes.unknownTopicOrPartition : errorCodes.none)
  })
}
