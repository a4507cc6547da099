import type { Hono } from 'hono'
import { createApp } from './http/app.ts'
import type { DeploymentEnvironment } from './http/access/secret.ts'
import { allJobs } from './jobs/all-jobs.ts'
import type { JobContext } from './jobs/job.ts'
import type { Runner } from './jobs/runner.ts'
import { createRunner } from './jobs/runner.ts'
import { regenerateWork, sweepNow } from './jobs/sweeper.ts'
import { usageCounter } from './jobs/usage-counter.ts'
import type { Hook } from './ports/inbound.ts'
import { countUsage } from './store/count-usage.ts'
import * as work from './store/work.ts'

export type HubOptions = JobContext & {
  /** The vendors' hooks by the path below `/v1/hooks/`. */
  readonly hooks: ReadonlyMap<string, Hook>
  /** Which money this deployment moves, and so whose API keys it takes; `test` unless said otherwise. */
  readonly environment?: DeploymentEnvironment
}

/** One hub: the door, the work, and the sweeper that finds work the bell did not ring for. */
export type Hub = {
  readonly app: Hono
  readonly context: JobContext
  readonly runner: Runner
  /** Puts on the work list everything that state says is owed, and has every vendor swept now. */
  regenerate(): Promise<void>
  /** Answers the bell, and sweeps each second, until stopped. */
  start(): Promise<void>
  /** Takes nothing more, and waits for what is under way. */
  stop(): Promise<void>
  /** Works until nothing is due now. */
  settle(): Promise<void>
}

/** Puts a hub together from its parts. Nothing runs until `start` or `settle`. */
export function createHub(options: HubOptions): Hub {
  const runner = createRunner(allJobs, options)
  const counter = usageCounter(options)
  const { store, clock, doorbell } = options
  let isStopping = false
  let sweeping: Promise<void> = Promise.resolve()
  return {
    app: createApp({ ...options, usageCommitted: counter.ring }),
    context: options,
    runner,
    regenerate,
    start: async () => {
      await regenerate()
      await doorbell.listen(async (queue) => {
        await runner.drain(queue)
      })
      counter.start()
      sweeping = keepSweeping()
    },
    stop: async () => {
      isStopping = true
      await runner.stop()
      await doorbell.stop()
      await sweeping
      await counter.stop()
    },
    settle: async () => {
      for (;;) {
        await countUsage(store, options)
        const worked = (await runner.sweep()) > 0 || (await runner.rest())
        if (!worked && (await work.dueQueues(store.read, clock.now())).length === 0) return
      }
    },
  }

  async function regenerate(): Promise<void> {
    await sweepNow(options)
    await regenerateWork(options)
  }

  /** The bell may be lost, and work falls due by time alone; looking each second finds both, and each minute what state says is owed. */
  async function keepSweeping(): Promise<void> {
    for (let seconds = 1; ; seconds++) {
      if (isStopping) return
      await sweepOnce(seconds % 60 === 0).catch((error: unknown) => options.report(error))
      await clock.sleep(1000)
    }
  }

  async function sweepOnce(regenerates: boolean): Promise<void> {
    if (regenerates) await regenerateWork(options)
    // A Worker keeps usage too, and another process may have been killed before it counted.
    counter.ring()
    await runner.sweep()
  }
}
