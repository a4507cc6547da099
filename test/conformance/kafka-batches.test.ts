import { createRecordsBatch, Reader, readRecordsBatch, type fetchV17 } from '@platformatic/kafka'
import { describe, expect, test } from 'vitest'
import { batchesOf, type Place } from '../../connectors/kafka/fetched-batches.ts'

const transactional = 1 << 4
const control = 1 << 5

type Sample = {
  readonly at: bigint
  readonly values: readonly string[]
  readonly producerId?: bigint
  readonly attributes?: number
  readonly key?: Buffer
}

/** A record batch as the client reads it, its records numbered from `at`. */
function batch({ at, values, producerId = -1n, attributes = 0, key }: Sample) {
  const messages = values.map((value) => ({
    topic: 'usage',
    value: Buffer.from(value),
    ...(key === undefined ? {} : { key }),
  }))
  const written = readRecordsBatch(Reader.from(createRecordsBatch(messages).buffer))
  return { ...written, firstOffset: at, producerId, attributes }
}

/** The end of a transaction: version 0, then 0 for an abort and 1 for a commit (Kafka protocol, "Control Batches"). */
function marker(at: bigint, producerId: bigint, kind: 'abort' | 'commit') {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1])
  return batch({ at, values: [''], producerId, attributes: transactional | control, key })
}

function place(next: bigint): Place {
  return { topic: 'usage', topicId: 'id', partition: 0, name: 'usage/0 id', after: String(next), next }
}

function fetched(
  records: ReturnType<typeof batch>[],
  aborted: { producerId: bigint; firstOffset: bigint }[] = [],
) {
  const end = 1_000_000n
  const partition: fetchV17.FetchResponsePartition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: end,
    lastStableOffset: end,
    logStartOffset: 0n,
    abortedTransactions: aborted,
    preferredReadReplica: -1,
    records,
  }
  return partition
}

/** Each batch as `after-position: places`. */
function shown(from: bigint, partition: fetchV17.FetchResponsePartition): string[] {
  return batchesOf(place(from), partition).map(
    ({ after, position, events }) =>
      `${after}-${position}: ${events.map(({ place: at }) => at.split(' at ')[1]).join(' ')}`,
  )
}

describe('what was fetched of a partition', () => {
  test('nothing fetched is no batch', () => {
    expect(shown(5n, fetched([]))).toEqual([])
  })

  test('of a batch from 0 to 4, read from 3 on, 3 and 4 are new', () => {
    expect(shown(3n, fetched([batch({ at: 0n, values: ['a', 'b', 'c', 'd', 'e'] })]))).toEqual(['3-5: 3 4'])
  })

  test('2,500 records are kept as 1,000, 1,000 and 500, each after the one before', () => {
    const values = Array.from({ length: 2_500 }, () => '{}')
    const batches = batchesOf(place(0n), fetched([batch({ at: 0n, values })]))
    expect(batches.map(({ after, position, events }) => [after, position, events.length])).toEqual([
      ['0', '1000', 1_000],
      ['1000', '2000', 1_000],
      ['2000', '2500', 500],
    ])
  })
})

describe('transactions', () => {
  const data = (at: bigint, producerId: bigint, ...values: string[]) =>
    batch({ at, values, producerId, attributes: transactional })

  test('a committed one counts, and its marker is passed over: 0 and 1 of 0 to 2', () => {
    expect(shown(0n, fetched([data(0n, 7n, 'a', 'b'), marker(2n, 7n, 'commit')]))).toEqual(['0-3: 0 1'])
  })

  test('an aborted one whose end lies beyond what was fetched does not count, and is passed over', () => {
    expect(shown(0n, fetched([data(0n, 7n, 'a', 'b')], [{ producerId: 7n, firstOffset: 0n }]))).toEqual([
      '0-2: ',
    ])
  })

  test("after one producer's abort at 2 its next transaction counts, and another producer's always did", () => {
    const records = [
      data(0n, 7n, 'a'),
      data(1n, 8n, 'b'),
      marker(2n, 7n, 'abort'),
      data(3n, 7n, 'c'),
      batch({ at: 4n, values: ['d'] }),
    ]
    expect(shown(0n, fetched(records, [{ producerId: 7n, firstOffset: 0n }]))).toEqual(['0-5: 1 3 4'])
  })
})
