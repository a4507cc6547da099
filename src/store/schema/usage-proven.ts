import { date, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, xid8 } from './column.ts'

/** As far as events of a month are added up, and watched for changes; `month` is its first day. */
export const usageProvenMonth = pgTable('usage_proven_month', {
  month: date('month').primaryKey(),
  watchedBefore: date('watched_before').notNull(),
  provenBefore: date('proven_before').notNull(),
  keptOffAt: instant('kept_off_at'),
})

/** What the events of a month that came before `provenBefore` add up to. */
export const usageProvenSum = pgTable(
  'usage_proven_sum',
  {
    month: date('month').notNull(),
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    quantity: numeric('quantity').notNull(),
  },
  (sum) => [primaryKey({ columns: [sum.month, sum.customerId, sum.meter] })],
)

/** A transaction that changed events although they were added up, or are about to be. */
export const usageProvenChange = pgTable(
  'usage_proven_change',
  { month: date('month').notNull(), changedBy: xid8('changed_by').notNull() },
  (change) => [primaryKey({ columns: [change.month, change.changedBy] })],
)
