import { sql } from 'drizzle-orm'
import { fromDrizzle, PgBoss } from 'pg-boss'
import { systemClock } from '../ports/clock.ts'
import type { Doorbell } from '../ports/doorbell.ts'
import { queues } from '../ports/doorbell.ts'
import type { Unit } from '../store/unit-of-work.ts'
import { sqlState } from '../store/unit-of-work.ts'

/** What the doorbell rings in: the handle of an open unit of work. */
export type Transaction = Unit['tx']

/**
 * Rings through pg-boss, in the same transaction as the rows, and wakes every process that listens within milliseconds. `url` signs in as
 * the application, which owns the schema `pgboss`.
 */
export function pgBossDoorbell(
  url: string,
  report: (error: Error) => void,
): Doorbell<Transaction> & { start(): Promise<void> } {
  const boss = new PgBoss({
    connectionString: url,
    schema: 'pgboss',
    createSchema: false,
    useListenNotify: true,
    max: 4,
    application_name: 'tieout-doorbell',
  })
  boss.on('error', report)
  let isBroken = false
  return {
    start: () => startBoss(boss),
    ring: async (transaction, rung) => {
      if (isBroken) return
      try {
        const db = fromDrizzle(transaction, sql)
        for (const queue of rung.toSorted()) await boss.send(queue, {}, { db })
      } catch (error) {
        // The failed ring has spoiled this transaction, which will be tried again. From then on the sweeper finds the work alone.
        isBroken = isMissingTable(error)
        throw error
      }
    },
    listen: async (answer) => {
      for (const queue of queues) {
        await boss.work(queue, workOptions, async () => {
          await answer(queue)
          await systemClock.sleep(restMilliseconds)
        })
      }
    },
    stop: () => boss.stop({ graceful: true, timeout: 10_000 }),
  }
}

/** The schema of the queue is gone, or half of it. */
function isMissingTable(error: unknown): boolean {
  const state = sqlState(error)
  return state === '42P01' || state === '3F000' || state === '42883'
}

/** The first ring is answered at once; those that come while a queue rests are answered together, so that under load work is done in batches. */
const restMilliseconds = 100

/** One worker takes all rings of a queue at once: answering means working the queue until it is empty. */
const workOptions = {
  batchSize: 200,
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 2,
} as const

async function startBoss(boss: PgBoss): Promise<void> {
  await boss.start()
  for (const queue of queues) {
    await boss.createQueue(queue, {
      notify: true,
      retryLimit: 0,
      expireInSeconds: 600,
      deleteAfterSeconds: 60,
    })
  }
}

/** Rings nowhere: for a process that only remembers, and for worlds that look for work themselves. */
export const silentDoorbell: Doorbell<Transaction> = {
  ring: () => Promise.resolve(),
  listen: () => Promise.resolve(),
  stop: () => Promise.resolve(),
}
