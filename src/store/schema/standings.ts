import { date, integer, jsonb, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Flag } from '../../domain/entitlement.ts'
import { instant } from './column.ts'

/** What a contract lets its customer do, and between which instants. */
export const grantedFeature = pgTable(
  'granted_feature',
  {
    customerId: text('customer_id').notNull(),
    feature: text('feature').notNull(),
    contractId: text('contract_id').notNull(),
    value: jsonb('value').$type<Flag>().notNull(),
    grantedFrom: instant('granted_from').notNull(),
    grantedTo: instant('granted_to').notNull(),
  },
  (granted) => [primaryKey({ columns: [granted.customerId, granted.feature, granted.contractId] })],
)

/** Where a usage line of a contract stands in its billing period; `rollsAt` null once it is over. */
export const usageStanding = pgTable(
  'usage_standing',
  {
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    contractId: text('contract_id').notNull(),
    lineId: text('line_id').notNull(),
    timeZone: text('time_zone').notNull(),
    startsOn: date('starts_on').notNull(),
    endsBefore: date('ends_before').notNull(),
    periodMonths: integer('period_months').notNull(),
    includedUnits: numeric('included_units').notNull(),
    limitUnits: numeric('limit_units'),
    thresholds: jsonb('thresholds').$type<readonly string[]>().notNull(),
    periodFrom: instant('period_from'),
    periodTo: instant('period_to'),
    usedUnits: numeric('used_units').notNull(),
    crossedPercent: numeric('crossed_percent').notNull(),
    rollsAt: instant('rolls_at'),
    changedAt: instant('changed_at').notNull(),
  },
  (standing) => [
    primaryKey({ columns: [standing.customerId, standing.meter, standing.contractId, standing.lineId] }),
  ],
)

/** Use that reached a share of what is included, once for each billing period and share. */
export const usageThresholdCrossed = pgTable('usage_threshold_crossed', {
  crossingId: text('crossing_id').primaryKey(),
  customerId: text('customer_id').notNull(),
  meter: text('meter').notNull(),
  contractId: text('contract_id').notNull(),
  lineId: text('line_id').notNull(),
  periodFrom: instant('period_from').notNull(),
  periodTo: instant('period_to').notNull(),
  percent: numeric('percent').notNull(),
  thresholdUnits: numeric('threshold_units').notNull(),
  includedUnits: numeric('included_units').notNull(),
  usedUnits: numeric('used_units').notNull(),
  crossedAt: instant('crossed_at').notNull(),
})
