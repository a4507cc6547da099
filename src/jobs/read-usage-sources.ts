import type { UsageKeeper, UsageSource } from '../ports/usage-source.ts'
import type { JobContext } from './job.ts'
import { usageKeeper, type KeeperContext } from './keep-usage-batch.ts'

/** Sources being read. */
export type SourcesAtWork = {
  /** Settles when every source has come to its end, or was stopped. */
  readonly ended: Promise<void>
  /** Reads nothing more, and waits for the batches under way. */
  stop(): Promise<void>
}

export type SourcesContext = KeeperContext & Pick<JobContext, 'report'>

const firstPauseMilliseconds = 500
const longestPauseMilliseconds = 30_000

/** Reads every source until it ends or is stopped. One that throws is read again after a pause, from the position that is stored. */
export function readUsageSources(sources: readonly UsageSource[], context: SourcesContext): SourcesAtWork {
  const stopping = new AbortController()
  const reading = sources.map((source) => keepReading(source, context, stopping.signal))
  const ended = Promise.all(reading).then(() => undefined)
  return {
    ended,
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

async function keepReading(source: UsageSource, context: SourcesContext, signal: AbortSignal): Promise<void> {
  let failures = 0
  const keeper = told(usageKeeper(source.name, context), () => (failures = 0))
  while (!signal.aborted) {
    try {
      return await source.read(keeper, signal)
    } catch (error) {
      if (signal.aborted) return
      context.report(error)
      await pause(
        Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** failures++),
        context,
        signal,
      )
    }
  }
}

/** A keeper that tells when a batch was kept: after that a failure is a new one. */
function told(keeper: UsageKeeper, keptOne: () => void): UsageKeeper {
  return {
    positionsOf: (partitions) => keeper.positionsOf(partitions),
    keep: async (batch) => {
      const kept = await keeper.keep(batch)
      keptOne()
      return kept
    },
  }
}

async function pause(
  milliseconds: number,
  { clock }: Pick<SourcesContext, 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  const stop = () => aborted.resolve()
  signal.addEventListener('abort', stop, { once: true })
  await Promise.race([clock.sleep(milliseconds), aborted.promise])
  signal.removeEventListener('abort', stop)
}
