import { numeric, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { UsageCorrection } from '../../domain/usage.ts'
import { instant } from './column.ts'

/** That an event was corrected by another, with what the first one counted; `customerId` null until somebody says whose it is. */
export const usageCorrection = pgTable('usage_correction', {
  originalKey: uuid('original_key').primaryKey(),
  correctingKey: uuid('correcting_key').notNull(),
  kind: text('kind').$type<UsageCorrection['kind']>().notNull(),
  source: text('source').notNull(),
  originalId: text('original_id').notNull(),
  correctingId: text('correcting_id').notNull(),
  customerId: text('customer_id'),
  meter: text('meter').notNull(),
  subject: text('subject').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  quantity: numeric('quantity').notNull(),
  correctedAt: instant('corrected_at').notNull(),
  receivedAt: instant('received_at').notNull(),
})
