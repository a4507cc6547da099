import { countUsage } from '../store/count-usage.ts'
import type { JobContext } from './job.ts'

/** Counts what is pending of usage while a process runs. */
export type UsageCounter = {
  /** Says that something is pending: it is counted at once, or with what else comes meanwhile when that was done a moment ago. */
  ring(): void
  /** Begins to listen. Before that, and after `stop`, ringing does nothing. */
  start(): void
  stop(): Promise<void>
}

/** Counting rewrites a customer's rows, whether for one batch or for many; checks of entitlements add what is pending themselves. */
const pauseMilliseconds = 250

/** Makes the counter of a process. What no bell told of, such as what another process kept, is found by whoever counts next. */
export function usageCounter(
  context: Pick<JobContext, 'store' | 'clock' | 'doorbell' | 'report'>,
): UsageCounter {
  const { store, clock, report } = context
  let isListening = false
  let hasRung = false
  let counting: Promise<void> | null = null
  const count = async () => {
    hasRung = false
    await countUsage(store, context).catch(report)
    await clock.sleep(pauseMilliseconds)
    counting = hasRung && isListening ? count() : null
  }
  return {
    ring: () => {
      hasRung = true
      if (isListening) counting ??= count()
    },
    start: () => {
      isListening = true
    },
    stop: async () => {
      isListening = false
      await counting
    },
  }
}
