import { and, asc, eq, gt, inArray, sql, type SQL } from 'drizzle-orm'
import type { Month } from '../domain/calendar.ts'
import type { Entry, LedgerTransaction } from '../domain/ledger.ts'
import { money } from '../domain/money.ts'
import { among } from './json.ts'
import { ledgerEntry, ledgerTransaction } from './schema.ts'
import { databaseOf, type Reader } from './unit-of-work.ts'

/** A transaction as the books hold it. `seq` is its place in them. */
export type StoredTransaction = LedgerTransaction & {
  readonly transactionId: string
  readonly seq: number
  readonly month: Month
  readonly recordedAt: Date
}

/** The transaction of a fact; null when the books have none. */
export async function transactionByFactKey(
  reader: Reader,
  factKey: string,
): Promise<StoredTransaction | null> {
  const [found] = await transactionsWhere(reader, eq(ledgerTransaction.factKey, factKey), 1)
  return found ?? null
}

/** Which of these facts are in the books. */
export async function bookedFactKeys(reader: Reader, factKeys: readonly string[]): Promise<Set<string>> {
  const rows = await databaseOf(reader)
    .select({ factKey: ledgerTransaction.factKey })
    .from(ledgerTransaction)
    .where(inArray(ledgerTransaction.factKey, among(factKeys)))
  return new Set(rows.map((row) => row.factKey))
}

/**
 * Transactions of a month in the order they were appended, a page at a time; with `currency`, those that move it, and only their
 * entries in it.
 */
export async function* transactionsOfMonth(
  reader: Reader,
  entity: string,
  month: Month,
  currency?: string,
  pageSize = 1000,
): AsyncGenerator<StoredTransaction[]> {
  for (let after = 0; ;) {
    const page = await transactionsWhere(
      reader,
      and(
        eq(ledgerTransaction.entity, entity),
        eq(ledgerTransaction.month, month),
        gt(ledgerTransaction.seq, after),
      ),
      pageSize,
    )
    if (page.length === 0) return
    yield currency === undefined ? page : inCurrency(page, currency)
    after = (page.at(-1) as StoredTransaction).seq
  }
}

function inCurrency(page: readonly StoredTransaction[], currency: string): StoredTransaction[] {
  return page
    .map((item) => ({ ...item, entries: item.entries.filter(({ amount }) => amount.currency === currency) }))
    .filter((item) => item.entries.length > 0)
}

/** What to follow through the books; at least one is given. */
export type Trail = {
  readonly contractId?: string
  readonly invoiceId?: string
  readonly sourceId?: string
  readonly transactionIds?: readonly string[]
}

/** Every transaction that touches a contract, an invoice or a source, in the order of the books. */
export async function traceTransactions(
  reader: Reader,
  { contractId, invoiceId, sourceId, transactionIds }: Trail,
  limit = 1000,
): Promise<StoredTransaction[]> {
  const found = [
    contractId === undefined
      ? null
      : sql`select transaction_id from ledger_entry where contract_id = ${contractId}`,
    invoiceId === undefined
      ? null
      : sql`select transaction_id from ledger_entry where invoice_id = ${invoiceId}`,
    sourceId === undefined
      ? null
      : sql`select transaction_id from ledger_transaction where source_id = ${sourceId}`,
    transactionIds === undefined ? null : among(transactionIds),
  ].filter((query) => query !== null)
  if (found.length === 0) throw new TypeError('A trail needs something to follow')
  // Each way has its own index; together they would have none.
  const ids = sql`(${sql.join(found, sql` union `)})`
  return transactionsWhere(reader, inArray(ledgerTransaction.transactionId, ids), limit)
}

/** Which transactions to list; without a filter: all. */
export type TransactionFilter = {
  readonly entity?: string
  readonly month?: Month
  readonly contractIds?: readonly string[]
  readonly invoiceIds?: readonly string[]
  readonly sourceId?: string
}

/** Transactions in the order of the books, after a place in them. Contracts and invoices together mean either. */
export async function listTransactions(
  reader: Reader,
  { entity, month, contractIds, invoiceIds, sourceId }: TransactionFilter,
  { afterSeq = 0, limit = 1000 }: { readonly afterSeq?: number; readonly limit?: number } = {},
): Promise<StoredTransaction[]> {
  const touching = [
    contractIds && sql`select transaction_id from ledger_entry where contract_id in ${among(contractIds)}`,
    invoiceIds && sql`select transaction_id from ledger_entry where invoice_id in ${among(invoiceIds)}`,
  ].filter((query) => query !== undefined)
  const condition = and(
    gt(ledgerTransaction.seq, afterSeq),
    entity === undefined ? undefined : eq(ledgerTransaction.entity, entity),
    month === undefined ? undefined : eq(ledgerTransaction.month, month),
    sourceId === undefined ? undefined : eq(ledgerTransaction.sourceId, sourceId),
    touching.length === 0
      ? undefined
      : inArray(ledgerTransaction.transactionId, sql`(${sql.join(touching, sql` union `)})`),
  )
  return transactionsWhere(reader, condition, limit)
}

async function transactionsWhere(
  reader: Reader,
  condition: SQL | undefined,
  limit: number,
): Promise<StoredTransaction[]> {
  const headers = await databaseOf(reader)
    .select()
    .from(ledgerTransaction)
    .where(condition)
    .orderBy(asc(ledgerTransaction.seq))
    .limit(limit)
  const entries = await entriesOf(
    reader,
    headers.map((header) => header.transactionId),
  )
  return headers.map((row) => {
    const { fingerprint: _fingerprint, lineCount: _lineCount, xact: _xact, ...header } = row
    return { ...header, entries: entries.get(header.transactionId) ?? [] }
  })
}

async function entriesOf(reader: Reader, transactionIds: readonly string[]): Promise<Map<string, Entry[]>> {
  const byTransaction = new Map<string, Entry[]>()
  if (transactionIds.length === 0) return byTransaction
  const rows = await databaseOf(reader)
    .select()
    .from(ledgerEntry)
    .where(inArray(ledgerEntry.transactionId, among(transactionIds)))
    .orderBy(asc(ledgerEntry.transactionId), asc(ledgerEntry.lineNumber))
  for (const row of rows) {
    const entries = byTransaction.get(row.transactionId) ?? []
    byTransaction.set(row.transactionId, entries)
    entries.push({
      account: { kind: row.accountKind, segment: row.segment },
      side: row.side,
      amount: money(row.currency, row.amountMinor),
      dimensions: { contractId: row.contractId, lineId: row.lineId, invoiceId: row.invoiceId },
    })
  }
  return byTransaction
}
