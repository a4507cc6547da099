/** Every queue of the hub. A stage's queue bears the name of its job in `flow.ts`; the others keep the stages supplied. */
export const queues = [
  'sweep-crm',
  'intake-deal',
  'draft-contract',
  'provision-billing',
  'hand-over-charge',
  'report-usage',
  'settle-usage',
  'check-told-usage',
  'sweep-billing',
  'book-fact',
  'recognize-revenue',
  'post-journal',
  'reconcile-books',
  'write-back-status',
] as const

export type Queue = (typeof queues)[number]

/**
 * Wakes whoever works a queue. The doorbell is never the record of what is to be done: lose it, and the sweeper finds the work
 * in the tables.
 */
export interface Doorbell<Transaction> {
  /** Rings together with the rows: a transaction that rolls back has not rung. */
  ring(transaction: Transaction, queues: readonly Queue[]): Promise<void>
  /** Calls `answer` whenever a queue rings, until stopped. */
  listen(answer: (queue: Queue) => Promise<void>): Promise<void>
  stop(): Promise<void>
}
