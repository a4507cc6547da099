import { IS_CONTROL, IS_TRANSACTIONAL, type fetchV17, type RecordsBatch } from '@platformatic/kafka'
import type { RawEvent, UsageBatch } from '../../src/ports/usage-source.ts'
import { rawEventOf } from './record-event.ts'

type FetchedPartition = fetchV17.FetchResponsePartition

/** A partition that is ours to read: where its stored position is, and where to read on. */
export type Place = {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** What its position is stored under. */
  readonly name: string
  /** The stored position; null before the first. */
  after: string | null
  next: bigint
}

/** The most events that are kept in one unit of work. */
const mostEvents = 1_000

type FoundEvent = { readonly offset: bigint; readonly raw: RawEvent }

/**
 * Cuts what was fetched of one partition into batches to be kept one after the other. The last one ends where the fetched records end, also when
 * nothing in them is an event: control records and aborted transactions are passed over for good.
 */
export function batchesOf(place: Place, fetched: FetchedPartition): UsageBatch[] {
  const records = fetched.records ?? []
  const end = records.reduce((latest, batch) => later(latest, endOf(batch)), place.next)
  if (end === place.next) return []
  const found = eventsOf(place, fetched)
  const batches: UsageBatch[] = []
  let after = place.after
  for (let start = 0; start === 0 || start < found.length; start += mostEvents) {
    const events = found.slice(start, start + mostEvents)
    const isLast = start + mostEvents >= found.length
    const position = String(isLast ? end : (events.at(-1)?.offset ?? end) + 1n)
    batches.push({ partition: place.name, after, position, events: events.map(({ raw }) => raw) })
    after = position
  }
  return batches
}

/** The records that are events: data of no aborted transaction, from where we read on. A broker sends whole batches, so earlier ones come along. */
function eventsOf(place: Place, fetched: FetchedPartition): FoundEvent[] {
  return committedBatches(fetched).flatMap((batch) =>
    batch.records
      .map((record) => ({ record, offset: batch.firstOffset + BigInt(record.offsetDelta) }))
      .filter(({ offset }) => offset >= place.next)
      .map(({ record, offset }) => ({
        offset,
        raw: rawEventOf(record, `${place.topic}/${place.partition} at ${offset}`),
      })),
  )
}

/**
 * The data batches without those of aborted transactions. The client leaves out what it sees the end of; a transaction whose abort lies beyond
 * what was fetched is known only by its first offset.
 */
function committedBatches({ records, abortedTransactions }: FetchedPartition): RecordsBatch[] {
  const starts = [...(abortedTransactions ?? [])].sort((left, right) =>
    left.firstOffset < right.firstOffset ? -1 : 1,
  )
  const aborting = new Set<bigint>()
  return (records ?? []).filter((batch) => {
    while (starts[0] !== undefined && starts[0].firstOffset < endOf(batch)) {
      aborting.add(starts[0].producerId)
      starts.shift()
    }
    if ((batch.attributes & IS_CONTROL) !== 0) {
      if (isAbort(batch)) aborting.delete(batch.producerId)
      return false
    }
    return (batch.attributes & IS_TRANSACTIONAL) === 0 || !aborting.has(batch.producerId)
  })
}

/** The key of a control record is its version and its type, and type 0 is an abort. */
function isAbort({ records }: RecordsBatch): boolean {
  const key = records[0]?.key
  return key !== null && key !== undefined && key.length >= 4 && key.readInt16BE(2) === 0
}

function endOf({ firstOffset, lastOffsetDelta }: RecordsBatch): bigint {
  return firstOffset + BigInt(lastOffsetDelta) + 1n
}

function later(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
