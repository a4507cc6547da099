import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isReal, kafkaStream, openCluster, type Cluster, type KafkaStream } from './kafka-world.ts'
import {
  eventText,
  eventTexts,
  refusedCounts,
  sourceWorld,
  storedCount,
  until,
  untilStored,
  used,
  type SourceWorld,
} from './usage-source-world.ts'

let cluster: Cluster
let stream: KafkaStream
let world: SourceWorld
beforeAll(async () => {
  cluster = await openCluster()
})
afterAll(() => cluster.close())
beforeEach(async () => {
  stream = await kafkaStream(cluster)
  world = await sourceWorld(stream)
})
afterEach(() => world.close())

const attributes = {
  ce_specversion: '1.0',
  ce_id: 'a',
  ce_source: 'acme/gateway',
  ce_type: 'tokens',
  ce_subject: 'acme',
  ce_time: '2026-03-01T10:15:00Z',
}

describe('messages', () => {
  test('structured, binary and without any header: 3 events of 1, 20 and 300 tokens are 321', async () => {
    await stream.send(0, [
      {
        value: Buffer.from(eventText('s', '1')),
        headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
      },
      {
        value: Buffer.from('{"value":"20"}'),
        headers: { ...attributes, 'content-type': 'application/json' },
      },
      { value: Buffer.from(eventText('n', '300')) },
    ])
    world.read()
    await untilStored(world, 3)
    expect(await used(world)).toBe('321')
  })

  test('a tombstone, bytes that are not UTF-8, Avro and a header without JSON are 4 refusals; the next one counts', async () => {
    await stream.send(0, [
      { value: null },
      { value: Buffer.from([0xff, 0xfe, 0x00]) },
      { value: Buffer.from('Obj'), headers: { 'content-type': 'application/cloudevents+avro' } },
      { value: Buffer.from('{'), headers: attributes },
      { value: Buffer.from(eventText('a')) },
    ])
    world.read()
    await untilStored(world, 1)
    expect(await refusedCounts(world)).toEqual({
      'message-empty': 1,
      'body-encoding': 1,
      'content-type': 1,
      'body-syntax': 1,
    })
  })
})

describe('offsets', () => {
  test('are told to Kafka after the commit: 30, 20 and 0 events', async () => {
    await stream.append(0, eventTexts('a', 30))
    await stream.append(1, eventTexts('b', 20))
    world.read()
    await untilStored(world, 50)
    const told = await until(
      () => stream.committed(),
      ([first, second]) => first === 30n && second === 20n,
    )
    expect(told).toEqual([30n, 20n, -1n])
  })

  test('ours goes first: Kafka says 90 of 100, we have stored 10, and all 100 count', async () => {
    await stream.append(0, eventTexts('a', 10))
    const first = world.read()
    await untilStored(world, 10)
    await first.stop()
    await stream.append(0, eventTexts('b', 90))
    await stream.commitForGroup(0, 90n)
    world.read()
    await untilStored(world, 100)
    expect(await used(world)).toBe('100')
  })

  test("Kafka's is taken where we have none: 60 of 100 were read by somebody before us, 40 count", async () => {
    await stream.append(0, eventTexts('a', 100))
    await stream.commitForGroup(0, 60n)
    world.read()
    await untilStored(world, 40)
    expect(await used(world)).toBe('40')
  })
})

describe('trouble', () => {
  test('a topic that does not exist is told, and nothing is made of it', async () => {
    const settings = { ...stream.settings, topics: ['no-such-topic'] }
    const { inspectTopics } = await import('../../connectors/kafka/inspect.ts')
    expect(await inspectTopics(settings)).toEqual({
      kind: 'rejected',
      code: 'topic',
      detail: 'Kafka: Unknown topic no-such-topic.',
      field: null,
    })
    expect(await inspectTopics(stream.settings)).toEqual({
      kind: 'ok',
      value: [{ topic: stream.topic, partitions: 3 }],
    })
  })

  test('nobody listens on the port: doctor hears that it cannot be reached', async () => {
    const { inspectTopics } = await import('../../connectors/kafka/inspect.ts')
    const answer = await inspectTopics({ ...stream.settings, bootstrap: ['127.0.0.1:1'] })
    expect(answer).toMatchObject({ kind: 'transient', detail: expect.stringContaining('127.0.0.1:1') })
  })

  test('a stop comes through within 2 seconds while nothing arrives', async () => {
    const reader = world.read()
    await stream.append(0, [eventText('a')])
    await untilStored(world, 1)
    const started = performance.now()
    await reader.stop()
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe.skipIf(isReal)('faults of the twin', () => {
  test.each(['/Fetch', '/OffsetCommit', '/Heartbeat', '/JoinGroup', '/SyncGroup', '/Metadata'])(
    'the answer to %s is lost, and 400 events are 400 tokens all the same',
    async (path) => {
      await stream.append(0, eventTexts('a', 200))
      cluster.faults?.add({ kind: 'cut-after', method: 'KAFKA', path })
      world.read()
      await stream.append(1, eventTexts('b', 200))
      await untilStored(world, 400)
      expect(await used(world)).toBe('400')
      await until(
        () => Promise.resolve(cluster.faults?.remaining() ?? 0),
        (left) => left === 0,
      )
    },
  )

  test('every connection is cut 3 times while 3,000 events come: each counts once', async () => {
    world.read()
    for (let cut = 0; cut < 3; cut++) {
      await stream.append(cut, eventTexts(`p${cut}`, 1_000))
      await until(
        () => storedCount(world),
        (stored) => stored > 0,
      )
      cluster.cutConnections()
    }
    await untilStored(world, 3_000)
    expect(await used(world)).toBe('3000')
  })
})
