import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import type { IssueCode, IssueOwner } from '../../domain/issue.ts'
import { count, instant, whole } from './column.ts'

export type OperationState = 'planned' | 'in_flight' | 'succeeded' | 'failed' | 'unknown'
export type ExceptionState = 'open' | 'resolved' | 'ignored'

/** A call that changes something at a vendor: intent before, result after. */
export const externalOp = pgTable('external_op', {
  opKey: text('op_key').primaryKey(),
  fingerprint: text('fingerprint').notNull(),
  provider: text('provider').notNull(),
  kind: text('kind').notNull(),
  subject: text('subject').notNull(),
  state: text('state').$type<OperationState>().notNull(),
  attempt: integer('attempt').notNull(),
  fence: count('fence').notNull(),
  leaseUntil: instant('lease_until'),
  providerId: text('provider_id'),
  detail: text('detail'),
  plannedAt: instant('planned_at').notNull(),
  firstSentAt: instant('first_sent_at'),
  settledAt: instant('settled_at'),
})

/** Why something cannot go on, until it can. */
export const exception = pgTable('exception', {
  exceptionId: text('exception_id').primaryKey(),
  issueKey: text('issue_key').notNull(),
  code: text('code').$type<IssueCode>().notNull(),
  field: text('field').notNull(),
  found: text('found'),
  sentence: text('sentence').notNull(),
  action: text('action').notNull(),
  owner: text('owner').$type<IssueOwner>().notNull(),
  cause: text('cause').notNull(),
  amountMinor: whole('amount_minor'),
  currency: text('currency'),
  queue: text('queue').notNull(),
  subjectKind: text('subject_kind').notNull(),
  subject: text('subject').notNull(),
  caseId: text('case_id'),
  state: text('state').$type<ExceptionState>().notNull(),
  openedAt: instant('opened_at').notNull(),
  resolvedAt: instant('resolved_at'),
  resolvedBy: text('resolved_by'),
  resolution: text('resolution'),
})
