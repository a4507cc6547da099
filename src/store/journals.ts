import { and, asc, count, desc, eq, inArray, ne, sql } from 'drizzle-orm'
import type { Month } from '../domain/calendar.ts'
import type { JournalEntry } from '../domain/journal.ts'
import { fingerprintOf } from './fingerprint.ts'
import { among, decodeExact, encodeExact, inputRows } from './json.ts'
import { journal, journalTransaction, type JournalState } from './schema.ts'
import { databaseOf, type Reader, type Unit } from './unit-of-work.ts'

/** A journal entry for the ERP and what became of it. */
export type StoredJournal = Omit<typeof journal.$inferSelect, 'content' | 'contentHash'> & {
  readonly entry: JournalEntry
}

/**
 * Keeps a journal to be posted, with the ledger transactions it sums up. The same journal again does nothing; throws when the external id
 * stands for another content, or a transaction is in another journal of the currency already.
 */
export async function draftJournal(
  unit: Unit,
  entry: JournalEntry,
  transactionIds: readonly string[],
  draftedAt: Date,
): Promise<void> {
  const { externalId, entity, month, currency, chunk } = entry
  const contentHash = fingerprintOf(entry)
  const added = await unit.tx
    .insert(journal)
    .values({
      externalId,
      entity,
      month,
      currency,
      chunk,
      state: 'drafted',
      content: encodeExact(entry),
      contentHash,
      draftedAt,
    })
    .onConflictDoNothing({ target: journal.externalId })
    .returning({ externalId: journal.externalId })
  if (added.length === 0) return refuseOtherContent(unit, externalId, contentHash)
  const rows = transactionIds.map((id) => ({ transaction_id: id }))
  await unit.tx.execute(sql`
    insert into journal_transaction (transaction_id, currency, external_id)
    select transaction_id, ${currency}, ${externalId} from ${inputRows(rows, 'transaction_id text')}`)
}

async function refuseOtherContent(unit: Unit, externalId: string, contentHash: string): Promise<void> {
  const [held] = await unit.tx
    .select({ contentHash: journal.contentHash })
    .from(journal)
    .where(eq(journal.externalId, externalId))
  if (held?.contentHash !== contentHash) throw new Error(`Journal ${externalId} exists with another content`)
}

/** Notes that the ERP has the journal. Doing so twice with the same ERP id is fine; another one throws. */
export async function markPosted(unit: Unit, externalId: string, erpId: string, at: Date): Promise<void> {
  const posted = await unit.tx
    .update(journal)
    .set({
      state: 'posted',
      erpId,
      postedAt: sql`coalesce(${journal.postedAt}, ${at.toISOString()}::timestamptz)`,
    })
    .where(and(eq(journal.externalId, externalId), sql`coalesce(${journal.erpId}, ${erpId}) = ${erpId}`))
    .returning({ externalId: journal.externalId })
  if (posted.length === 0) throw new Error(`Journal ${externalId} is unknown or posted under another id`)
}

/** Holds a journal back until a person acts, or (null) lets it go on. A posted one stays as it is. */
export async function holdJournal(unit: Unit, externalId: string, why: string | null): Promise<void> {
  await unit.tx
    .update(journal)
    .set({ state: why === null ? 'drafted' : 'held', stateDetail: why })
    .where(and(eq(journal.externalId, externalId), ne(journal.state, 'posted')))
}

/** A journal by its external id. */
export async function journalOf(reader: Reader, externalId: string): Promise<StoredJournal | null> {
  const [row] = await databaseOf(reader).select().from(journal).where(eq(journal.externalId, externalId))
  return row === undefined ? null : stored(row)
}

export type JournalFilter = {
  readonly entity?: string
  readonly month?: Month
  readonly state?: JournalState
  /** The external id of the last journal of the page before. */
  readonly after?: string
  readonly limit?: number
}

/** Journals by entity, month, currency and chunk. */
export async function listJournals(reader: Reader, filter: JournalFilter = {}): Promise<StoredJournal[]> {
  const equal = (['entity', 'month', 'state'] as const).map((field) =>
    filter[field] === undefined ? undefined : eq(journal[field], filter[field]),
  )
  const place = sql`(${journal.entity}, ${journal.month}, ${journal.currency}, ${journal.chunk})`
  const after =
    filter.after === undefined
      ? undefined
      : sql`${place} > (select last.entity, last.month, last.currency, last.chunk from journal last
          where last.external_id = ${filter.after})`
  const rows = databaseOf(reader)
    .select()
    .from(journal)
    .where(and(...equal, after))
    .orderBy(asc(journal.entity), asc(journal.month), asc(journal.currency), asc(journal.chunk))
  const wanted = filter.limit === undefined ? await rows : await rows.limit(filter.limit)
  return wanted.map(stored)
}

/** The journals that were drafted last, the latest first. */
export async function latestJournals(reader: Reader, limit: number): Promise<StoredJournal[]> {
  const rows = await databaseOf(reader)
    .select()
    .from(journal)
    .orderBy(desc(journal.draftedAt), desc(journal.externalId))
    .limit(limit)
  return rows.map(stored)
}

/** The ledger transactions a journal sums up, in order of their ids. */
export async function transactionsOfJournal(reader: Reader, externalId: string): Promise<string[]> {
  const rows = await databaseOf(reader)
    .select({ transactionId: journalTransaction.transactionId })
    .from(journalTransaction)
    .where(eq(journalTransaction.externalId, externalId))
    .orderBy(asc(journalTransaction.transactionId))
  return rows.map((row) => row.transactionId)
}

/** The journals that carry a ledger transaction, one for each of its currencies. */
export async function journalsOfTransaction(reader: Reader, transactionId: string): Promise<string[]> {
  const rows = await databaseOf(reader)
    .select({ externalId: journalTransaction.externalId })
    .from(journalTransaction)
    .where(eq(journalTransaction.transactionId, transactionId))
    .orderBy(asc(journalTransaction.externalId))
  return rows.map((row) => row.externalId)
}

/** The journals that carry ledger transactions, by transaction; bulk. Those no journal carries yet are left out. */
export async function journalsOfTransactions(
  reader: Reader,
  transactionIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await databaseOf(reader)
    .select({ transactionId: journalTransaction.transactionId, externalId: journalTransaction.externalId })
    .from(journalTransaction)
    .where(inArray(journalTransaction.transactionId, among(transactionIds)))
    .orderBy(asc(journalTransaction.externalId))
  const byTransaction = new Map<string, string[]>()
  for (const { transactionId, externalId } of rows)
    byTransaction.set(transactionId, [...(byTransaction.get(transactionId) ?? []), externalId])
  return byTransaction
}

/** How many journals stand in each state. */
export async function countJournals(reader: Reader): Promise<{ state: JournalState; count: number }[]> {
  return databaseOf(reader)
    .select({ state: journal.state, count: count() })
    .from(journal)
    .groupBy(journal.state)
}

function stored(row: typeof journal.$inferSelect): StoredJournal {
  const { content, contentHash: _hash, ...head } = row
  return { ...head, entry: decodeExact<JournalEntry>(content) }
}
