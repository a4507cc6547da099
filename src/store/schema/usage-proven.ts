import { date, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { whole } from './column.ts'

/** As far as events of a month are added up, and watched for changes; `month` is its first day. */
export const usageProvenMonth = pgTable('usage_proven_month', {
  month: date('month').primaryKey(),
  watchedBefore: date('watched_before').notNull(),
  provenBefore: date('proven_before').notNull(),
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

/** An event that changed although it was added up, or is about to be. */
export const usageProvenChange = pgTable('usage_proven_change', {
  changeId: whole('change_id').primaryKey().generatedAlwaysAsIdentity(),
  month: date('month').notNull(),
})
