import { Writer, type Reader } from '@platformatic/kafka'
import { errorCodes } from './error-codes.ts'
import type { Group } from './group.ts'
import type { Broker } from './broker.ts'

/** FindCoordinator 2: the twin is its own coordinator. */
export function findCoordinator(_request: Reader, broker: Broker): Writer {
  return Writer.create()
    .appendInt32(0)
    .appendInt16(errorCodes.none)
    .appendString(null, false)
    .appendInt32(broker.nodeId)
    .appendString(broker.host, false)
    .appendInt32(broker.port)
}

/** JoinGroup 5. */
export async function joinGroup(request: Reader, broker: Broker): Promise<Writer> {
  const group = broker.group(request.readString(false))
  const sessionTimeoutMilliseconds = request.readInt32()
  const rebalanceTimeoutMilliseconds = request.readInt32()
  const memberId = request.readString(false)
  request.readNullableString(false)
  request.readString(false)
  const protocols = request.readArray(
    (r) => ({ name: r.readString(false), metadata: r.readBytes(false) }),
    false,
    false,
  )
  const answer = await group.join({
    memberId,
    sessionTimeoutMilliseconds,
    rebalanceTimeoutMilliseconds,
    protocols,
  })
  return Writer.create()
    .appendInt32(0)
    .appendInt16(answer.error)
    .appendInt32(answer.generation)
    .appendString(answer.protocol, false)
    .appendString(answer.leader, false)
    .appendString(answer.memberId, false)
    .appendArray(
      [...answer.members],
      (w, member) => {
        w.appendString(member.memberId, false).appendString(null, false).appendBytes(member.metadata, false)
      },
      false,
      false,
    )
}

/** SyncGroup 3. */
export async function syncGroup(request: Reader, broker: Broker): Promise<Writer> {
  const group = broker.group(request.readString(false))
  const claim = claimIn(request)
  const assignments = request.readArray(
    (r): [string, Buffer] => [r.readString(false), r.readBytes(false)],
    false,
    false,
  )
  const answer = await group.sync(claim, new Map(assignments))
  return Writer.create().appendInt32(0).appendInt16(answer.error).appendBytes(answer.assignment, false)
}

/** Generation, member and group instance, in the order of four of the requests. */
function claimIn(request: Reader): { generation: number; memberId: string } {
  const generation = request.readInt32()
  const memberId = request.readString(false)
  request.readNullableString(false)
  return { generation, memberId }
}

/** Heartbeat 3. */
export function heartbeat(request: Reader, broker: Broker): Writer {
  const group = broker.group(request.readString(false))
  return Writer.create()
    .appendInt32(0)
    .appendInt16(group.heartbeat(claimIn(request)))
}

/** LeaveGroup 3. */
export function leaveGroup(request: Reader, broker: Broker): Writer {
  const group = broker.group(request.readString(false))
  const members = request.readArray(
    (r) => {
      const memberId = r.readString(false)
      r.readNullableString(false)
      return memberId
    },
    false,
    false,
  )
  return Writer.create()
    .appendInt32(0)
    .appendInt16(errorCodes.none)
    .appendArray(
      members,
      (w, memberId) => {
        w.appendString(memberId, false).appendString(null, false).appendInt16(group.leave(memberId))
      },
      false,
      false,
    )
}

/** OffsetCommit 7. */
export function offsetCommit(request: Reader, broker: Broker): Writer {
  const group = broker.group(request.readString(false))
  const error = group.mayCommit(claimIn(request))
  const topics = request.readArray(
    (r) => ({ name: r.readString(false), partitions: r.readArray(committedPartition, false, false) }),
    false,
    false,
  )
  if (error === errorCodes.none) {
    for (const { name, partitions } of topics)
      for (const { partition, offset } of partitions) group.offsets.set(`${name}/${partition}`, offset)
  }
  return Writer.create()
    .appendInt32(0)
    .appendArray(
      topics,
      (w, { name, partitions }) => {
        w.appendString(name, false).appendArray(
          partitions,
          (inner, { partition }) => inner.appendInt32(partition).appendInt16(error),
          false,
          false,
        )
      },
      false,
      false,
    )
}

function committedPartition(request: Reader): { partition: number; offset: bigint } {
  const partition = request.readInt32()
  const offset = request.readInt64()
  request.readInt32()
  request.readNullableString(false)
  return { partition, offset }
}

/** OffsetFetch 5; -1 where nothing was committed. */
export function offsetFetch(request: Reader, broker: Broker): Writer {
  const group = broker.group(request.readString(false))
  const topics = request.readArray(
    (r) => ({ name: r.readString(false), partitions: r.readArray((p) => p.readInt32(), false, false) }),
    false,
    false,
  )
  return Writer.create()
    .appendInt32(0)
    .appendArray(
      topics,
      (w, { name, partitions }) => {
        w.appendString(name, false).appendArray(
          partitions,
          (inner, partition) => appendCommitted(inner, group, `${name}/${partition}`, partition),
          false,
          false,
        )
      },
      false,
      false,
    )
    .appendInt16(errorCodes.none)
}

function appendCommitted(writer: Writer, group: Group, key: string, partition: number): void {
  writer
    .appendInt32(partition)
    .appendInt64(group.offsets.get(key) ?? -1n)
    .appendInt32(-1)
    .appendString(null, false)
    .appendInt16(errorCodes.none)
}
