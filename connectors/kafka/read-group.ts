import { Consumer, findErrorBy, type ClusterMetadata, type fetchV17 } from '@platformatic/kafka'
import type { UsageBatch, UsageKeeper } from '../../src/ports/usage-source.ts'
import { batchesOf, type Place } from './fetched-batches.ts'
import { cutPlaces, placesOf } from './places.ts'
import { consumerOptions, type KafkaSettings } from './settings.ts'
import { explained } from './trouble.ts'

/** What one fetch may bring of a partition, and of all partitions of a broker together; a single larger record comes all the same. */
const mostBytesAPartition = 1_048_576
const mostBytesABroker = 8_388_608

/** How metadata says that a partition has none. */
const noLeader = -1

/** Where a member of the group stands. `isStale` asks for the places to be looked up again before the next round. */
type Reading = {
  readonly consumer: Consumer
  readonly keeper: UsageKeeper
  readonly topics: readonly string[]
  /** Settles when the reading is to stop. */
  readonly stopped: Promise<void>
  places: Place[]
  isStale: boolean
  partitionCount: number
  trouble: Error | null
}

/**
 * Reads as a member of a consumer group until the signal aborts: round by round, one fetch of each broker and one batch of each partition at a time.
 * Throws when the broker or the keeper does.
 */
export async function readGroup(
  settings: KafkaSettings,
  keeper: UsageKeeper,
  signal: AbortSignal,
): Promise<void> {
  const consumer = new Consumer(consumerOptions(settings))
  const reading: Reading = {
    consumer,
    keeper,
    topics: settings.topics,
    stopped: abortOf(signal),
    places: [],
    isStale: true,
    partitionCount: 0,
    trouble: null,
  }
  follow(reading)
  try {
    consumer.topics.trackAll(...settings.topics)
    // Others may take their time to join too.
    await Promise.race([consumer.joinGroup(), reading.stopped])
    while (!signal.aborted) {
      if (reading.trouble !== null) throw reading.trouble
      await readRound(reading)
    }
  } catch (error) {
    throw explained(error)
  } finally {
    // Leaves the group, so that others need not wait for the session to run out. What is read is stored, whether or not they hear of it.
    await consumer.close(true).catch(() => undefined)
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Follows what the client does by itself beside the rounds: it joins again when the group changes, and gives up when it cannot. */
function follow(reading: Reading): void {
  const { consumer } = reading
  consumer.on('consumer:group:join', () => {
    reading.isStale = true
  })
  consumer.on('error', (error: unknown) => {
    reading.trouble = error instanceof Error ? error : new Error(String(error))
  })
  consumer.on('consumer:heartbeat:stalled', ({ lastError }) => {
    reading.trouble = lastError ?? new Error('The coordinator of the group does not answer.')
  })
}

async function readRound(reading: Reading): Promise<void> {
  const { consumer, topics } = reading
  const metadata = await consumer.metadata({ topics: [...topics] })
  const partitionCount = [...metadata.topics.values()].reduce((sum, topic) => sum + topic.partitionsCount, 0)
  // The leader of the group deals out partitions that were added only when somebody asks to join again.
  if (reading.partitionCount !== 0 && partitionCount > reading.partitionCount) await consumer.joinGroup()
  reading.partitionCount = partitionCount
  if (reading.isStale) {
    reading.isStale = false
    reading.places = await placesOf(consumer, consumer.assignments ?? [], metadata, reading.keeper)
  }
  if (reading.places.length === 0) return idle(reading)
  const byLeader = Map.groupBy(reading.places, ({ topic, partition }) => leaderOf(metadata, topic, partition))
  // While brokers choose, a partition has no leader: the others are read, and this one as soon as it has.
  byLeader.delete(noLeader)
  if (byLeader.size === 0) throw new Error('Kafka: no partition of ours has a leader.')
  const read = await Promise.all([...byLeader].map(([leader, places]) => readBroker(reading, leader, places)))
  await commit(reading, read.flat())
}

function leaderOf(metadata: ClusterMetadata, topic: string, partition: number): number {
  return metadata.topics.get(topic)?.partitions[partition]?.leader ?? noLeader
}

/** More members than partitions: wait for the next sign of life of the group. */
async function idle({ consumer, stopped }: Reading): Promise<void> {
  const woken = Promise.withResolvers<void>()
  const wake = () => woken.resolve()
  consumer.once('consumer:group:join', wake)
  consumer.once('consumer:heartbeat:end', wake)
  consumer.once('error', wake)
  consumer.once('consumer:heartbeat:stalled', wake)
  await Promise.race([woken.promise, stopped])
}

/** Fetches from one broker and keeps what came; answers the places that moved. */
async function readBroker(reading: Reading, leader: number, places: Place[]): Promise<Place[]> {
  const response = await fetchFrom(reading, leader, places)
  if (response === null) return []
  const moved = await Promise.all(
    places.map(async (place) => {
      const fetched = response.responses
        .find(({ topicId }) => topicId === place.topicId)
        ?.partitions.find(({ partitionIndex }) => partitionIndex === place.partition)
      const batches = fetched === undefined ? [] : batchesOf(place, fetched)
      return keepAll(reading, place, batches)
    }),
  )
  return places.filter((_place, index) => moved[index])
}

/** Null when a place lies outside of what Kafka holds: it is moved to where the log begins, and the gap is told. */
async function fetchFrom(
  reading: Reading,
  leader: number,
  places: Place[],
): Promise<fetchV17.FetchResponse | null> {
  const { consumer } = reading
  const topics = [...Map.groupBy(places, ({ topicId }) => topicId)].map(([topicId, ours]) => ({
    topicId,
    partitions: ours.map(({ partition, next }) => ({
      partition,
      fetchOffset: next,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: mostBytesAPartition,
    })),
  }))
  try {
    return await consumer.fetch({ node: leader, topics, maxBytes: mostBytesABroker })
  } catch (error) {
    if (findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') === null) throw error
    if (!(await skipGaps(reading, places))) throw error
    return null
  }
}

async function skipGaps(reading: Reading, places: Place[]): Promise<boolean> {
  const cuts = await cutPlaces(reading.consumer, places)
  for (const { place, oldest, gap } of cuts) {
    const batch = { partition: place.name, after: place.after, position: String(oldest), events: [], gap }
    await keepAll(reading, place, [batch])
  }
  return cuts.length > 0
}

/** Keeps batches one after the other; true when the place moved. Somebody else's move ends it: the place is looked up again. */
async function keepAll(reading: Reading, place: Place, batches: readonly UsageBatch[]): Promise<boolean> {
  for (const batch of batches) {
    if ((await reading.keeper.keep(batch)) === 'stale') {
      reading.isStale = true
      return false
    }
    place.after = batch.position
    place.next = BigInt(batch.position)
  }
  return batches.length > 0
}

/** Tells Kafka how far we are, for those who watch the group. Our own position is stored already, and goes first at the next start. */
async function commit({ consumer }: Reading, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return
  await consumer.commit({
    offsets: places.map(({ topic, partition, next }) => ({
      topic,
      partition,
      offset: next,
      leaderEpoch: -1,
    })),
  })
}
