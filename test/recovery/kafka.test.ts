import { afterEach, beforeEach, expect, test } from 'vitest'
import { appUrl } from '../../src/store/migrate.ts'
import { start } from '../cli/processes.ts'
import type { ReaderOrders } from './kafka-reader.ts'
import { kafkaStream, openCluster, type Cluster, type KafkaStream } from '../conformance/kafka-world.ts'
import {
  eventTexts,
  refusedCounts,
  sourceWorld,
  storedCount,
  untilStored,
  used,
  type SourceWorld,
} from '../conformance/usage-source-world.ts'

let cluster: Cluster
let stream: KafkaStream
let world: SourceWorld
beforeEach(async () => {
  cluster = await openCluster()
  stream = await kafkaStream(cluster)
  world = await sourceWorld(stream)
})
afterEach(async () => {
  await world.close()
  await cluster.close()
})

function startReader(killAfterCommits: number | null) {
  const orders: ReaderOrders = { url: appUrl(world.own.url), settings: stream.settings, killAfterCommits }
  const path = process.env['PATH'] ?? ''
  return start(process.execPath, ['test/recovery/kafka-reader.ts', JSON.stringify(orders)], { PATH: path })
}

test(
  'a process that is killed 4 times between its commit and the offset counts 10,000 events once each',
  { timeout: 240_000 },
  async () => {
    const sizes = [4_000, 3_500, 2_500]
    for (const [partition, size] of sizes.entries())
      await stream.append(partition, eventTexts(`p${partition}`, size))
    const progress: number[] = []
    for (let kill = 0; kill < 4; kill++) {
      const { code } = await startReader(kill % 2 === 0 ? 1 : 2).ended
      expect(code).toBeNull()
      progress.push(await storedCount(world))
    }
    // Each of them came further, and none came to the end.
    expect(progress.every((count, index) => count > (progress[index - 1] ?? 0) && count < 10_000)).toBe(true)
    const last = startReader(null)
    await untilStored(world, 10_000)
    expect(await used(world)).toBe('10000')
    expect(await refusedCounts(world)).toEqual({})
    last.kill('SIGKILL')
    await last.ended
  },
)
