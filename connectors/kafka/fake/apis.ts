import { Reader, Writer } from '@platformatic/kafka'
import type { Broker, Handler } from './broker.ts'
import { errorCodes } from './error-codes.ts'
import * as groups from './group-requests.ts'
import * as logs from './log-requests.ts'
import * as topics from './topic-requests.ts'

/** One request of the protocol, in the one version the twin speaks. `isFlexible`: its header and its body have tagged fields (KIP-482). */
type Api = {
  readonly key: number
  readonly name: string
  readonly version: number
  readonly isFlexible: boolean
  readonly handle: Handler
}

const apis: readonly Api[] = [
  { key: 0, name: 'Produce', version: 8, isFlexible: false, handle: logs.produce },
  { key: 1, name: 'Fetch', version: 13, isFlexible: true, handle: logs.fetchRecords },
  { key: 2, name: 'ListOffsets', version: 5, isFlexible: false, handle: topics.listOffsets },
  { key: 3, name: 'Metadata', version: 12, isFlexible: true, handle: topics.metadata },
  { key: 8, name: 'OffsetCommit', version: 7, isFlexible: false, handle: groups.offsetCommit },
  { key: 9, name: 'OffsetFetch', version: 5, isFlexible: false, handle: groups.offsetFetch },
  { key: 10, name: 'FindCoordinator', version: 2, isFlexible: false, handle: groups.findCoordinator },
  { key: 11, name: 'JoinGroup', version: 5, isFlexible: false, handle: groups.joinGroup },
  { key: 12, name: 'Heartbeat', version: 3, isFlexible: false, handle: groups.heartbeat },
  { key: 13, name: 'LeaveGroup', version: 3, isFlexible: false, handle: groups.leaveGroup },
  { key: 14, name: 'SyncGroup', version: 3, isFlexible: false, handle: groups.syncGroup },
  { key: 18, name: 'ApiVersions', version: 3, isFlexible: true, handle: apiVersions },
  { key: 19, name: 'CreateTopics', version: 4, isFlexible: false, handle: topics.createTopics },
  { key: 21, name: 'DeleteRecords', version: 1, isFlexible: false, handle: topics.deleteRecords },
]

const apiVersionsKey = 18

function apiVersions(): Writer {
  return Writer.create()
    .appendInt16(errorCodes.none)
    .appendArray([...apis], (w, { key, version }) => {
      w.appendInt16(key).appendInt16(version).appendInt16(version)
    })
    .appendInt32(0)
    .appendTaggedFields()
}

/** What is done with a connection after a request: something is sent, or it is cut. */
export type Outcome = { readonly kind: 'answer'; readonly bytes: Buffer } | { readonly kind: 'cut' }

/** Answers one request. A version that is not spoken ends the connection, as it does at a broker, except where versions are asked for. */
export async function answer(frame: Buffer, broker: Broker): Promise<Outcome> {
  const request = Reader.from(frame)
  const key = request.readInt16()
  const version = request.readInt16()
  const correlationId = request.readInt32()
  request.readNullableString(false)
  const api = apis.find((candidate) => candidate.key === key)
  if (key === apiVersionsKey && version !== api?.version) return unsupported(correlationId)
  if (api === undefined || api.version !== version) return { kind: 'cut' }
  if (api.isFlexible) request.readTaggedFields()
  const fault = broker.faults.take('KAFKA', `/${api.name}`)
  if (fault === 'cut-before') return { kind: 'cut' }
  const body = await api.handle(request, broker)
  if (fault === 'cut-after') return { kind: 'cut' }
  const head = Writer.create().appendInt32(correlationId)
  // Whoever asks for versions cannot know yet what an answer looks like, so its header has no tagged fields.
  if (api.isFlexible && key !== apiVersionsKey) head.appendTaggedFields()
  return { kind: 'answer', bytes: framed(head.appendFrom(body).buffer) }
}

function unsupported(correlationId: number): Outcome {
  const writer = Writer.create().appendInt32(correlationId).appendInt16(errorCodes.unsupportedVersion)
  return { kind: 'answer', bytes: framed(writer.appendArray([], () => undefined, false, false).buffer) }
}

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
