import { integer, jsonb, numeric, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { PointAggregation } from '../../domain/aggregation.ts'
import type { MeterDefinition } from '../../domain/meter.ts'
import { count, instant } from './column.ts'

/** A definition of a meter as it was published; it holds from an hour on until the next version of the meter does. */
export const meterVersion = pgTable('meter_version', {
  serial: count('serial').primaryKey().generatedAlwaysAsIdentity(),
  meter: text('meter').notNull(),
  version: integer('version').notNull(),
  definition: jsonb('definition').$type<MeterDefinition>().notNull(),
  contentHash: text('content_hash').notNull(),
  effectiveFrom: instant('effective_from').notNull(),
  publishedAt: instant('published_at').notNull(),
  publishedBy: text('published_by').notNull(),
})

/** A reading that its hour needs, of a meter that does not add up; `slot` is what may stand beside others in the hour. */
export const usagePoint = pgTable(
  'usage_point',
  {
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    groupKey: text('group_key').notNull(),
    startsAt: instant('starts_at').notNull(),
    slot: uuid('slot').notNull(),
    aggregation: text('aggregation').$type<PointAggregation>().notNull(),
    occurredAt: instant('occurred_at').notNull(),
    eventKey: uuid('event_key').notNull(),
    value: numeric('value'),
  },
  (point) => [
    primaryKey({ columns: [point.customerId, point.meter, point.groupKey, point.startsAt, point.slot] }),
  ],
)

/** A group that a customer has of a meter. */
export const usageGroup = pgTable(
  'usage_group',
  {
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    groupKey: text('group_key').notNull(),
    firstAt: instant('first_at').notNull(),
  },
  (group) => [primaryKey({ columns: [group.customerId, group.meter, group.groupKey] })],
)

/** What one group has of an hour of a customer and meter. */
export const usageGroupWindow = pgTable(
  'usage_group_window',
  {
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    groupKey: text('group_key').notNull(),
    startsAt: instant('starts_at').notNull(),
    quantity: numeric('quantity').notNull(),
    eventCount: count('event_count').notNull(),
  },
  (window) => [primaryKey({ columns: [window.customerId, window.meter, window.groupKey, window.startsAt] })],
)

/** As far as which hour the level of a customer and a time-weighted meter was counted. */
export const usageLevel = pgTable(
  'usage_level',
  {
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    countedUntil: instant('counted_until').notNull(),
  },
  (level) => [primaryKey({ columns: [level.customerId, level.meter] })],
)
