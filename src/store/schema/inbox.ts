import { sql } from 'drizzle-orm'
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { count, instant } from './column.ts'

export type Disposition = 'posted' | 'no-op' | 'exception'
export type WorkState = 'ready' | 'running' | 'parked'

/** Raw messages from outside, unique by provider, account and delivery. */
export const inboxMessage = pgTable('inbox_message', {
  seq: count('seq').primaryKey().generatedAlwaysAsIdentity(),
  provider: text('provider').notNull(),
  account: text('account').notNull(),
  deliveryId: text('delivery_id').notNull(),
  type: text('type').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  receivedAt: instant('received_at').notNull(),
  body: text('body').notNull(),
  bodyHash: text('body_hash').notNull(),
  disposition: text('disposition').$type<Disposition>(),
  dispositionDetail: text('disposition_detail'),
  disposedAt: instant('disposed_at'),
})

/** What still must be done; the queue of the job runner is only the doorbell. */
export const workItem = pgTable(
  'work_item',
  {
    queue: text('queue').notNull(),
    subject: text('subject').notNull(),
    seq: count('seq')
      .notNull()
      .default(sql`nextval('work_seq')`),
    orderKey: text('order_key'),
    dueAt: instant('due_at').notNull(),
    state: text('state').$type<WorkState>().notNull().default('ready'),
    attempt: integer('attempt').notNull().default(0),
    fence: count('fence').notNull().default(0),
    leaseUntil: instant('lease_until'),
    againAt: instant('again_at'),
    lastError: text('last_error'),
    enqueuedAt: instant('enqueued_at').notNull(),
  },
  (item) => [primaryKey({ columns: [item.queue, item.subject] })],
)

/** How far a sweep of a connection has come. */
export const sweepMark = pgTable(
  'sweep_mark',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    mark: text('mark').notNull(),
    sweptAt: instant('swept_at').notNull(),
  },
  (mark) => [primaryKey({ columns: [mark.connection, mark.stream] })],
)
