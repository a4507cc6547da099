import { date, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { count, instant } from './column.ts'

/** A month of usage that was put away in files; `month` is its first day. */
export const usageArchivedMonth = pgTable('usage_archived_month', {
  month: date('month').primaryKey(),
  eventCount: count('event_count').notNull(),
  contentHash: text('content_hash').notNull(),
  archivedAt: instant('archived_at').notNull(),
  restoredAt: instant('restored_at'),
})

/** What a customer used of a meter in the events of a month that was put away. */
export const usageArchivedSum = pgTable(
  'usage_archived_sum',
  {
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    month: date('month').notNull(),
    eventCount: count('event_count').notNull(),
    quantity: numeric('quantity').notNull(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
  },
  (sum) => [primaryKey({ columns: [sum.customerId, sum.meter, sum.month] })],
)

/** A file that holds events of a month that was put away. */
export const usageArchivedFile = pgTable('usage_archived_file', {
  fileHash: text('file_hash').primaryKey(),
  month: date('month').notNull(),
  name: text('name').notNull(),
  eventCount: count('event_count').notNull(),
  archivedAt: instant('archived_at').notNull(),
})
