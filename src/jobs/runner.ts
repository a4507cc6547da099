import { tracingChannel } from 'node:diagnostics_channel'
import type { Queue } from '../ports/doorbell.ts'
import { fraction } from '../ports/random.ts'
import type { Unit } from '../store/unit-of-work.ts'
import { StaleFenceError } from '../store/unit-of-work.ts'
import type { WorkItem } from '../store/work.ts'
import * as work from '../store/work.ts'
import { backoffMilliseconds, retryLimits } from './ending.ts'
import type { Job, JobContext } from './job.ts'
import { endItem, parkExhausted } from './settle-item.ts'

/** What is published while a batch is worked, for whoever measures: nobody need listen, and no job sees it. */
export type BatchAtWork = { readonly queue: Queue; readonly items: number }

/** Where batches are published: `tracing:tieout:batch:start` when one begins, `asyncEnd` when it has ended. */
const batches = tracingChannel<object, BatchAtWork>('tieout:batch')

/** How long a process may hold an item before another takes it over. */
const leaseMilliseconds = 300_000

/** Works the queues of one process. */
export type Runner = {
  /** Works a queue until nothing in it is due; answers how many items were taken. Calls for one queue join each other. */
  drain(queue: Queue): Promise<number>
  /** Works every queue that has something due: what the sweeper does each second, bell or no bell. */
  sweep(): Promise<number>
  /** Waits until no queue is being worked, whoever asked for it; false when none was. */
  rest(): Promise<boolean>
  /** Takes nothing more, for good, and waits for what is under way. */
  stop(): Promise<void>
}

/** Makes a runner for jobs, one for each queue. */
export function createRunner(jobs: readonly Job[], context: JobContext): Runner {
  const byQueue = new Map(jobs.map((job) => [job.queue, job]))
  const running = new Map<Queue, Draining>()
  let isStopping = false
  const drain = (queue: Queue): Promise<number> => {
    const current = running.get(queue)
    if (current) {
      current.lookAgain()
      return current.taken
    }
    const job = byQueue.get(queue)
    if (!job) throw new Error(`No job works the queue ${queue}`)
    const started = drainJob(
      job,
      context,
      () => isStopping,
      () => running.delete(queue),
    )
    running.set(queue, started)
    return started.taken
  }
  return {
    drain,
    sweep: async () => {
      const due = await work.dueQueues(context.store.read, context.clock.now())
      const taken = await Promise.all(due.map((queue) => drain(queue as Queue)))
      return taken.reduce((total, count) => total + count, 0)
    },
    stop: async () => {
      isStopping = true
      await Promise.allSettled([...running.values()].map(({ taken }) => taken))
    },
    rest: async () => {
      const busy = [...running.values()].map(({ taken }) => taken)
      await Promise.all(busy)
      return busy.length > 0
    },
  }
}

/** A queue being worked: how many items it comes to, and a way to say that more may have come. */
type Draining = { readonly taken: Promise<number>; lookAgain(): void }

/**
 * Takes batches of one queue until it is empty, or until told to stop. A full batch means that more may wait, and opens a lane beside its
 * own; after any other batch a queue is asked again only when somebody rang for it meanwhile, or when what was done kept others back.
 */
function drainJob(job: Job, context: JobContext, isStopping: () => boolean, ended: () => void): Draining {
  const drained = Promise.withResolvers<number>()
  let lanes = 0
  let taken = 0
  let mayHoldMore = false
  const openLane = () => {
    lanes++
    void workLane().catch(giveUp).finally(closeLane)
  }
  const giveUp = (error: unknown) => {
    mayHoldMore = false
    drained.reject(error)
  }
  const closeLane = () => {
    lanes--
    if (lanes > 0) return
    if (mayHoldMore && !isStopping()) return openLane()
    ended()
    drained.resolve(taken)
  }
  const workLane = async () => {
    while (!isStopping()) {
      mayHoldMore = false
      const items = await claim(job, context)
      if (items.length === 0) return
      taken += items.length
      const isFull = items.length === job.batchSize
      if (isFull && lanes < job.concurrency) openLane()
      await runBatch(job, items, context)
      const keptOthersBack = items.some(({ orderKey }) => orderKey !== null)
      if (!isFull && !keptOthersBack && !mayHoldMore) return
    }
  }
  openLane()
  return { taken: drained.promise, lookAgain: () => (mayHoldMore = true) }
}

function claim(job: Job, { store, clock }: JobContext): Promise<WorkItem[]> {
  const now = clock.now()
  const leaseUntil = new Date(now.getTime() + leaseMilliseconds)
  return store.unitOfWork((unit) => work.claim(unit, job.queue, { limit: job.batchSize, now, leaseUntil }))
}

/** Runs a batch; when it throws, each item is tried again later, or parked once it failed too often. */
async function runBatch(job: Job, items: readonly WorkItem[], context: JobContext): Promise<void> {
  const [first] = items
  const worn = items.filter(({ attempt }) => attempt > retryLimits.attempts)
  for (const item of worn) await parkExhausted(item, context)
  const fresh = items.filter((item) => !worn.includes(item))
  if (fresh.length === 0 || !first) return
  try {
    await batches.tracePromise(() => job.run(fresh, context), { queue: job.queue, items: fresh.length })
  } catch (error) {
    if (error instanceof StaleFenceError) return
    if (fresh.length > 1) return runOneByOne(job, fresh, context)
    await failed(first, error, context)
  }
}

/** A batch that throws is taken apart, so that one bad item does not hold the others. */
async function runOneByOne(job: Job, items: readonly WorkItem[], context: JobContext): Promise<void> {
  for (const item of items) await runBatch(job, [item], context)
}

async function failed(item: WorkItem, error: unknown, context: JobContext): Promise<void> {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  if (item.attempt >= retryLimits.attempts) return parkExhausted(item, context, why)
  const wait = backoffMilliseconds(item.attempt, fraction(context.random))
  await context.store.unitOfWork((unit: Unit) =>
    endItem(unit, item, { kind: 'retry', why, afterMilliseconds: wait }, context),
  )
}
