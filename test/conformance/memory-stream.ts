import type { RawEvent, UsageKeeper, UsageSource } from '../../src/ports/usage-source.ts'
import { systemClock } from '../../src/ports/clock.ts'
import type { Stream } from './usage-source-world.ts'

type Partition = { readonly name: string; readonly texts: string[]; oldest: number }

const batchSize = 250

/** A stream in memory, where every reader reads every partition at once: readers get into each other's way as much as they can. */
export function memoryStream(): Stream {
  const partitions = [0, 1, 2].map((number): Partition => ({
    name: `memory/${number}`,
    texts: [],
    oldest: 0,
  }))
  return {
    source: () => memorySource(partitions),
    append: (partition, texts) => {
      partitions[partition]?.texts.push(...texts)
      return Promise.resolve()
    },
    deleteBefore: (partition, record) => {
      const held = partitions[partition]
      if (held !== undefined) held.oldest = record
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}

function memorySource(partitions: readonly Partition[]): UsageSource {
  return {
    name: 'memory',
    read: async (keeper, signal) => {
      // When one partition fails, the others stop with it.
      const failing = new AbortController()
      const either = AbortSignal.any([signal, failing.signal])
      const reading = partitions.map((partition) => readPartition(partition, keeper, either))
      await Promise.all(reading).catch(async (error: unknown) => {
        failing.abort()
        await Promise.allSettled(reading)
        throw error
      })
    },
  }
}

async function readPartition(partition: Partition, keeper: UsageKeeper, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const after = (await keeper.positionsOf([partition.name])).get(partition.name) ?? null
    const wanted = Number(after ?? '0')
    const from = Math.max(wanted, partition.oldest)
    const texts = partition.texts.slice(from, from + batchSize)
    if (texts.length === 0) {
      await systemClock.sleep(20)
      continue
    }
    const gap = from > wanted ? { gap: `offsets ${wanted} to ${from - 1} were deleted unread` } : {}
    const events = texts.map((text, index): RawEvent => ({
      place: `${partition.name} at ${from + index}`,
      kind: 'text',
      text,
    }))
    await keeper.keep({
      partition: partition.name,
      after,
      position: String(from + texts.length),
      events,
      ...gap,
    })
  }
}
