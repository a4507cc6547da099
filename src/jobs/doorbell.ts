import { sql } from 'drizzle-orm'
import { fromDrizzle, PgBoss } from 'pg-boss'
import { systemClock } from '../ports/clock.ts'
import type { Doorbell, Queue } from '../ports/doorbell.ts'
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
  const ringing = new Map<Queue, number>()
  // Ringing again before anybody has answered would only cost; if that ring is undone, the sweeper finds the work within a second.
  const isRinging = (queue: Queue) =>
    systemClock.now().getTime() - (ringing.get(queue) ?? 0) < ringingMilliseconds
  return {
    start: () => startBoss(boss),
    ring: async (transaction, rung) => {
      if (isBroken) return
      try {
        const db = fromDrizzle(transaction, sql)
        for (const queue of rung.toSorted()) {
          if (isRinging(queue)) continue
          await boss.send(queue, {}, { db })
          ringing.set(queue, systemClock.now().getTime())
        }
      } catch (error) {
        // The failed ring has spoiled this transaction, which will be tried again. From then on the sweeper finds the work alone.
        isBroken = isMissingTable(error)
        throw error
      }
    },
    listen: async (answer) => {
      for (const queue of queues) {
        await boss.work(queue, workOptions, async () => {
          await systemClock.sleep(gatherMilliseconds)
          ringing.delete(queue)
          await answer(queue)
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

/** Rings that come so close together are answered together: under load work is done in batches. */
const gatherMilliseconds = 50

/** A ring not answered for so long may have been undone with its transaction, or answered by another process. */
const ringingMilliseconds = 250

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
