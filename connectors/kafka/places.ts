import {
  ListOffsetTimestamps,
  type ClusterMetadata,
  type Consumer,
  type GroupAssignment,
} from '@platformatic/kafka'
import type { UsageKeeper } from '../../src/ports/usage-source.ts'
import type { Place } from './fetched-batches.ts'

/**
 * Finds where to read on in each assigned partition: where our own position says, otherwise where the group's offset at Kafka says, otherwise
 * at the oldest record there is.
 */
export async function placesOf(
  consumer: Consumer,
  assignments: readonly GroupAssignment[],
  metadata: ClusterMetadata,
  keeper: UsageKeeper,
): Promise<Place[]> {
  const assigned = assignments.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => {
      const topicId = metadata.topics.get(topic)?.id ?? ''
      return { topic, topicId, partition, name: positionName(topic, partition, topicId) }
    }),
  )
  const stored = await keeper.positionsOf(assigned.map(({ name }) => name))
  const known = assigned.filter(({ name }) => stored.has(name))
  const fresh = assigned.filter(({ name }) => !stored.has(name))
  return [
    ...known.map((place) => {
      const after = stored.get(place.name) ?? ''
      return { ...place, after, next: BigInt(after) }
    }),
    ...(await firstPlaces(consumer, fresh)),
  ]
}

/** A topic that is deleted and made anew, or one of another cluster, has another id: offsets of the old one say nothing about it. */
function positionName(topic: string, partition: number, topicId: string): string {
  return `${topic}/${partition} ${topicId}`
}

type Assigned = Omit<Place, 'after' | 'next'>

async function firstPlaces(consumer: Consumer, assigned: readonly Assigned[]): Promise<Place[]> {
  if (assigned.length === 0) return []
  const byTopic = partitionsByTopic(assigned)
  const topics = [...byTopic].map(([topic, partitions]) => ({ topic, partitions }))
  const committed = await consumer.listCommittedOffsets({ topics })
  const oldest = await boundOffsets(consumer, byTopic, 'EARLIEST')
  return assigned.map((place) => {
    const offset = committed.get(place.topic)?.[place.partition] ?? -1n
    const next = offset >= 0n ? offset : (oldest.get(place.topic)?.[place.partition] ?? 0n)
    return { ...place, after: null, next }
  })
}

/** Where a partition that no longer holds what we want to read begins now, and what is gone in words. */
export type Cut = { readonly place: Place; readonly oldest: bigint; readonly gap: string }

/** Finds the places that lie outside of what Kafka still holds: retention went over them, or the log was cut back. */
export async function cutPlaces(consumer: Consumer, places: readonly Place[]): Promise<Cut[]> {
  const byTopic = partitionsByTopic(places)
  const oldest = await boundOffsets(consumer, byTopic, 'EARLIEST')
  const newest = await boundOffsets(consumer, byTopic, 'LATEST')
  return places.flatMap((place) => {
    const from = oldest.get(place.topic)?.[place.partition] ?? 0n
    const to = newest.get(place.topic)?.[place.partition] ?? 0n
    if (place.next < from)
      return [{ place, oldest: from, gap: `offsets ${place.next} to ${from - 1n} were deleted unread` }]
    if (place.next > to)
      return [{ place, oldest: from, gap: `the log ends at ${to}, and was read to ${place.next}` }]
    return []
  })
}

function boundOffsets(
  consumer: Consumer,
  byTopic: ReadonlyMap<string, number[]>,
  bound: 'EARLIEST' | 'LATEST',
): Promise<Map<string, bigint[]>> {
  return consumer.listOffsets({
    topics: [...byTopic.keys()],
    partitions: Object.fromEntries(byTopic),
    timestamp: ListOffsetTimestamps[bound],
  })
}

function partitionsByTopic(places: readonly Assigned[]): Map<string, number[]> {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of places) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  return byTopic
}
