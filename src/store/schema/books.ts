import { sql } from 'drizzle-orm'
import { date, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { AccountKind, Side } from '../../domain/chart.ts'
import type { BillingFact } from '../../domain/fact.ts'
import type { Reason } from '../../domain/ledger.ts'
import { count, instant, whole, xid8 } from './column.ts'

export type MonthState = 'open' | 'closing' | 'closed'
export type JournalState = 'drafted' | 'posted' | 'held'

export const billingFact = pgTable('billing_fact', {
  factKey: text('fact_key').primaryKey(),
  kind: text('kind').$type<BillingFact['kind']>().notNull(),
  invoiceId: text('invoice_id'),
  content: jsonb('content').notNull(),
  contentHash: text('content_hash').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  recordedAt: instant('recorded_at').notNull(),
})

export const booksMonth = pgTable(
  'books_month',
  {
    entity: text('entity').notNull(),
    month: text('month').notNull(),
    state: text('state').$type<MonthState>().notNull().default('open'),
    closedAt: instant('closed_at'),
    closedBy: text('closed_by'),
    seal: text('seal'),
  },
  (month) => [primaryKey({ columns: [month.entity, month.month] })],
)

/** The header of a ledger transaction. `seq` and `xact` are the database's own. */
export const ledgerTransaction = pgTable('ledger_transaction', {
  transactionId: text('transaction_id').primaryKey(),
  seq: count('seq').generatedAlwaysAsIdentity(),
  factKey: text('fact_key').notNull(),
  fingerprint: text('fingerprint').notNull(),
  reason: text('reason').$type<Reason>().notNull(),
  sourceId: text('source_id').notNull(),
  entity: text('entity').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  accountingDate: date('accounting_date').notNull(),
  month: text('month').notNull(),
  recordedAt: instant('recorded_at').notNull(),
  memo: text('memo').notNull(),
  lineCount: integer('line_count').notNull(),
  xact: xid8('xact')
    .notNull()
    .default(sql`pg_current_xact_id()`),
})

/** One line; entity and month repeat the header's, so that books are read without a join. */
export const ledgerEntry = pgTable(
  'ledger_entry',
  {
    transactionId: text('transaction_id').notNull(),
    lineNumber: integer('line_number').notNull(),
    accountKind: text('account_kind').$type<AccountKind>().notNull(),
    segment: text('segment'),
    side: text('side').$type<Side>().notNull(),
    amountMinor: whole('amount_minor').notNull(),
    currency: text('currency').notNull(),
    contractId: text('contract_id'),
    lineId: text('line_id'),
    invoiceId: text('invoice_id'),
    entity: text('entity').notNull(),
    month: text('month').notNull(),
  },
  (entry) => [primaryKey({ columns: [entry.transactionId, entry.lineNumber] })],
)

export const journal = pgTable('journal', {
  externalId: text('external_id').primaryKey(),
  entity: text('entity').notNull(),
  month: text('month').notNull(),
  currency: text('currency').notNull(),
  chunk: integer('chunk').notNull(),
  state: text('state').$type<JournalState>().notNull(),
  stateDetail: text('state_detail'),
  content: jsonb('content').notNull(),
  contentHash: text('content_hash').notNull(),
  draftedAt: instant('drafted_at').notNull(),
  erpId: text('erp_id'),
  postedAt: instant('posted_at'),
})

/** Which journal carries a ledger transaction's lines of one currency. */
export const journalTransaction = pgTable(
  'journal_transaction',
  {
    transactionId: text('transaction_id').notNull(),
    currency: text('currency').notNull(),
    externalId: text('external_id').notNull(),
  },
  (row) => [primaryKey({ columns: [row.transactionId, row.currency] })],
)
