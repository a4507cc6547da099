import { integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { count, instant, whole } from './column.ts'

export type RunState = 'running' | 'finished' | 'failed'

/** One comparison of two books. */
export const reconciliationRun = pgTable('reconciliation_run', {
  runId: text('run_id').primaryKey(),
  checkName: text('check_name').notNull(),
  entity: text('entity'),
  state: text('state').$type<RunState>().notNull(),
  startedAt: instant('started_at').notNull(),
  finishedAt: instant('finished_at'),
  population: count('population').notNull().default(0),
  matched: count('matched').notNull().default(0),
  differenceCount: count('difference_count').notNull().default(0),
  stateDetail: text('state_detail'),
})

/** One named disagreement. `amountMinor` is found less expected. */
export const reconciliationDifference = pgTable(
  'reconciliation_difference',
  {
    runId: text('run_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    checkName: text('check_name').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subject: text('subject').notNull(),
    field: text('field').notNull(),
    expected: text('expected'),
    found: text('found'),
    amountMinor: whole('amount_minor'),
    currency: text('currency'),
    cause: text('cause').notNull(),
    occurredAt: instant('occurred_at'),
  },
  (difference) => [primaryKey({ columns: [difference.runId, difference.ordinal] })],
)

/** Who did what to what. */
export const auditEntry = pgTable('audit_entry', {
  seq: count('seq').primaryKey().generatedAlwaysAsIdentity(),
  happenedAt: instant('happened_at').notNull(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  subjectKind: text('subject_kind').notNull(),
  subject: text('subject').notNull(),
  detail: jsonb('detail').$type<Readonly<Record<string, unknown>>>().notNull(),
})

/** A key to the API, known only by its hash. */
export const apiKey = pgTable('api_key', {
  keyId: text('key_id').primaryKey(),
  prefix: text('prefix').notNull(),
  hash: text('hash').notNull(),
  name: text('name').notNull(),
  scopes: jsonb('scopes').$type<readonly string[]>().notNull(),
  createdAt: instant('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
})

/** What the API answered under a repeat key; status null while the first request is at work. */
export const apiAnswer = pgTable(
  'api_answer',
  {
    keyId: text('key_id').notNull(),
    method: text('method').notNull(),
    route: text('route').notNull(),
    idempotencyKey: text('idempotency_key').notNull(),
    bodyHash: text('body_hash').notNull(),
    status: integer('status'),
    contentType: text('content_type'),
    body: text('body'),
    createdAt: instant('created_at').notNull(),
  },
  (answer) => [primaryKey({ columns: [answer.keyId, answer.method, answer.route, answer.idempotencyKey] })],
)
