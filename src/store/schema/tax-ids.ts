import { pgTable, text } from 'drizzle-orm/pg-core'
import type { TaxIdStatus } from '../../domain/tax-id-check.ts'
import { instant } from './column.ts'

/** A tax id of a customer at the provider, and the newest answer about it. */
export const customerTaxId = pgTable('customer_tax_id', {
  taxIdId: text('tax_id_id').primaryKey(),
  customerId: text('customer_id').notNull(),
  type: text('type').notNull(),
  value: text('value').notNull(),
  status: text('status').$type<TaxIdStatus>().notNull(),
  verifiedName: text('verified_name'),
  verifiedAddress: text('verified_address'),
  occurredAt: instant('occurred_at').notNull(),
})
