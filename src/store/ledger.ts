import { inArray, sql } from 'drizzle-orm'
import { monthOf } from '../domain/calendar.ts'
import type { Entry, LedgerTransaction } from '../domain/ledger.ts'
import { hashOf } from './fingerprint.ts'
import { among, inputRows } from './json.ts'
import { ledgerTransaction } from './schema.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/**
 * What became of a transaction. `differs`: the books hold one with the same fact key that moves other money; nothing was written,
 * and a person must look.
 */
export type Appended = 'appended' | 'already-there' | 'differs'

/** How many transactions go to the database at once. */
const batchSize = 1000

/**
 * Appends transactions to the books, each once for its fact key; answers in the order given. Two transactions are the same when reason,
 * entity and entries are: a fact told again in a later month, or by another message, is one fact. Those of one call stand in the books
 * in the order of their keys.
 * Throws, and so undoes the unit, when one does not balance (at commit) or lies in a month that is closed (`isMonthClosed`).
 */
export async function appendTransactions(
  unit: Unit,
  transactions: readonly LedgerTransaction[],
  recordedAt: Date,
): Promise<Appended[]> {
  const wanted = transactions.map((transaction) => ({
    transaction,
    fingerprint: transactionFingerprint(transaction),
  }))
  const firsts = new Map(wanted.toReversed().map((item) => [item.transaction.factKey, item]))
  // In the order of their keys, so that two units about the same facts wait for each other instead of for ever.
  const inOrder = [...firsts.values()].sort(byFactKey)
  const outcomes = new Map<string, { outcome: Appended; fingerprint: string }>()
  for (let at = 0; at < inOrder.length; at += batchSize) {
    await appendBatch(unit, inOrder.slice(at, at + batchSize), recordedAt, outcomes)
  }
  return wanted.map((item) => {
    const held = outcomes.get(item.transaction.factKey)
    if (held?.fingerprint !== item.fingerprint) return 'differs'
    return firsts.get(item.transaction.factKey) === item ? held.outcome : 'already-there'
  })
}

function byFactKey(left: Fingerprinted, right: Fingerprinted): number {
  return left.transaction.factKey < right.transaction.factKey ? -1 : 1
}

/** Notes for each fact key whether it was appended, and the fingerprint the books hold. */
async function appendBatch(
  unit: Unit,
  items: readonly Fingerprinted[],
  recordedAt: Date,
  outcomes: Map<string, { outcome: Appended; fingerprint: string }>,
): Promise<void> {
  const added = await insertTransactions(unit, items, recordedAt)
  const held = items.map(({ transaction }) => transaction.factKey).filter((factKey) => !added.has(factKey))
  for (const { factKey, fingerprint } of await storedFingerprints(unit, held)) {
    outcomes.set(factKey, { outcome: 'already-there', fingerprint })
  }
  for (const { transaction, fingerprint } of items) {
    if (added.has(transaction.factKey))
      outcomes.set(transaction.factKey, { outcome: 'appended', fingerprint })
  }
}

type Fingerprinted = { readonly transaction: LedgerTransaction; readonly fingerprint: string }

const headerColumns =
  'transaction_id text, fact_key text, fingerprint text, reason text, source_id text, entity text, occurred_at timestamptz, ' +
  'accounting_date date, month text, memo text, line_count integer'

const entryColumns =
  'transaction_id text, line_number integer, account_kind text, segment text, side text, amount_minor bigint, currency text, ' +
  'contract_id text, line_id text, invoice_id text, entity text, month text'

/**
 * Inserts the transactions whose fact is new, in one statement; answers their fact keys. A month is open until somebody closes it; its
 * row is what closing locks, so it is made here.
 */
async function insertTransactions(
  unit: Unit,
  items: readonly Fingerprinted[],
  recordedAt: Date,
): Promise<Set<string>> {
  const headers = items.map((item) => headerRow(unit, item))
  const entries = items.flatMap(({ transaction }, index) =>
    entryRows(transaction, headers[index]?.transaction_id as string),
  )
  const added = await rowsOf<{ fact_key: string }>(
    unit,
    sql`
    with header as materialized (select * from ${inputRows(headers, headerColumns)}),
    opened as (
      insert into books_month (entity, month) select distinct entity, month from header order by entity, month
      on conflict do nothing
    ),
    added as (
      insert into ledger_transaction (transaction_id, fact_key, fingerprint, reason, source_id, entity, occurred_at,
        accounting_date, month, recorded_at, memo, line_count)
      select transaction_id, fact_key, fingerprint, reason, source_id, entity, occurred_at, accounting_date, month,
        ${recordedAt.toISOString()}::timestamptz, memo, line_count
      from header order by fact_key
      on conflict (fact_key) do nothing
      returning transaction_id, fact_key
    ),
    written as (
      insert into ledger_entry (transaction_id, line_number, account_kind, segment, side, amount_minor, currency, contract_id,
        line_id, invoice_id, entity, month)
      select input.* from ${inputRows(entries, entryColumns)} join added using (transaction_id)
    )
    select fact_key from added`,
  )
  return new Set(added.map((row) => row.fact_key))
}

function headerRow(unit: Unit, { transaction, fingerprint }: Fingerprinted) {
  return {
    transaction_id: unit.ids.next('txn'),
    fact_key: transaction.factKey,
    fingerprint,
    reason: transaction.reason,
    source_id: transaction.sourceId,
    entity: transaction.entity,
    occurred_at: transaction.occurredAt,
    accounting_date: transaction.accountingDate,
    month: monthOf(transaction.accountingDate),
    memo: transaction.memo,
    line_count: transaction.entries.length,
  }
}

function entryRows(transaction: LedgerTransaction, transactionId: string) {
  return transaction.entries.map((entry, index) => ({
    transaction_id: transactionId,
    line_number: index + 1,
    account_kind: entry.account.kind,
    segment: entry.account.segment,
    side: entry.side,
    amount_minor: entry.amount.amountMinor,
    currency: entry.amount.currency,
    contract_id: entry.dimensions.contractId,
    line_id: entry.dimensions.lineId,
    invoice_id: entry.dimensions.invoiceId,
    entity: transaction.entity,
    month: monthOf(transaction.accountingDate),
  }))
}

async function storedFingerprints(
  unit: Unit,
  factKeys: readonly string[],
): Promise<{ factKey: string; fingerprint: string }[]> {
  if (factKeys.length === 0) return []
  return unit.tx
    .select({ factKey: ledgerTransaction.factKey, fingerprint: ledgerTransaction.fingerprint })
    .from(ledgerTransaction)
    .where(inArray(ledgerTransaction.factKey, among(factKeys)))
}

/** What makes a transaction the same: the money it moves and why; neither when we heard nor where it was dated. */
export function transactionFingerprint({
  factKey,
  reason,
  entity,
  entries,
}: Pick<LedgerTransaction, 'factKey' | 'reason' | 'entity' | 'entries'>): string {
  return hashOf(JSON.stringify([factKey, reason, entity, ...entries.map(entryContent)]))
}

function entryContent({ account, side, amount, dimensions }: Entry): unknown[] {
  const { contractId, lineId, invoiceId } = dimensions
  return [
    account.kind,
    account.segment,
    side,
    amount.currency,
    amount.amountMinor.toString(),
    contractId,
    lineId,
    invoiceId,
  ]
}
