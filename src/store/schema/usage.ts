import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  date,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import type { ChargeReason } from '../../domain/late-usage.ts'
import { count, instant } from './column.ts'

/** One metered event; `customerId` null until somebody says whose it is. Its key is unique, and held so by each month's table. */
export const usageEvent = pgTable('usage_event', {
  receivedOn: date('received_on').notNull(),
  eventKey: uuid('event_key').notNull(),
  source: text('source').notNull(),
  id: text('id').notNull(),
  customerId: text('customer_id'),
  meter: text('meter').notNull(),
  subject: text('subject').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  receivedAt: instant('received_at').notNull(),
  value: numeric('value').notNull(),
  properties: jsonb('properties').$type<Readonly<Record<string, string>>>().notNull(),
})

/** What one customer used of one meter in one hour; `revision` grows with each change. */
export const usageWindow = pgTable(
  'usage_window',
  {
    customerId: text('customer_id').notNull(),
    meter: text('meter').notNull(),
    startsAt: instant('starts_at').notNull(),
    quantity: numeric('quantity').notNull(),
    eventCount: count('event_count').notNull(),
    revision: integer('revision').notNull(),
    isUnreported: boolean('is_unreported')
      .notNull()
      .generatedAlwaysAs(sql`revision > reported_revision`),
    reportedRevision: integer('reported_revision').notNull().default(0),
    reportedQuantity: numeric('reported_quantity').notNull().default('0'),
    reportedAt: instant('reported_at'),
    refusedRevision: integer('refused_revision').notNull().default(0),
    sendingRevision: integer('sending_revision'),
    sendingQuantity: numeric('sending_quantity'),
    sendingValue: numeric('sending_value'),
    retellings: integer('retellings').notNull().default(0),
    countedQuantity: numeric('counted_quantity'),
    countedAt: instant('counted_at'),
    chargedQuantity: numeric('charged_quantity').notNull().default('0'),
    changedAt: instant('changed_at').notNull(),
  },
  (window) => [primaryKey({ columns: [window.customerId, window.meter, window.startsAt] })],
)

/** Use that came too late for the invoice of its period, as it was rated and put on a later one. */
export const usageCharge = pgTable('usage_charge', {
  chargeKey: text('charge_key').primaryKey(),
  contractId: text('contract_id').notNull(),
  customerId: text('customer_id').notNull(),
  meter: text('meter').notNull(),
  lineId: text('line_id').notNull(),
  periodStartsOn: date('period_starts_on').notNull(),
  reason: text('reason').$type<ChargeReason>().notNull(),
  beforeQuantity: numeric('before_quantity').notNull(),
  furtherQuantity: numeric('further_quantity').notNull(),
  content: jsonb('content').notNull(),
  plannedAt: instant('planned_at').notNull(),
})

/** From when on ended periods are settled; no row where all of them are. */
export const settlementStart = pgTable('settlement_start', {
  settledFrom: instant('settled_from').primaryKey(),
})

/** What a batch of events adds to hours, a line each, and to groups and as single readings, until it is counted. */
export const usagePending = pgTable('usage_pending', {
  pendingId: bigint('pending_id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  hours: text('hours').notNull(),
  readings: text('readings'),
  receivedAt: instant('received_at').notNull(),
})

/** Events whose ids say that they were made more than a day after they came. */
export const usageIdAhead = pgTable('usage_id_ahead', {
  eventKey: uuid('event_key').primaryKey(),
  receivedOn: date('received_on').notNull(),
})
