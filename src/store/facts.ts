import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { BillingFact } from '../domain/fact.ts'
import { fingerprintOf } from './fingerprint.ts'
import { among, decodeExact, encodeExact, inputRows } from './json.ts'
import { billingFact } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** `differs`: a fact with this key and other content is stored already; that one stays. */
export type SavedFact = 'new' | 'same' | 'differs'

const factColumns =
  'fact_key text, kind text, invoice_id text, content jsonb, content_hash text, occurred_at timestamptz'

/** Stores facts, each once for its key; bulk, answers in the order given. */
export async function saveFacts(
  unit: Unit,
  facts: readonly BillingFact[],
  recordedAt: Date,
): Promise<SavedFact[]> {
  if (facts.length === 0) return []
  const rows = facts.map((fact) => ({
    fact_key: fact.factKey,
    kind: fact.kind,
    invoice_id: 'invoiceId' in fact ? fact.invoiceId : null,
    content: encodeExact(fact),
    content_hash: fingerprintOf(fact),
    occurred_at: fact.occurredAt,
  }))
  const added = await rowsOf<{ fact_key: string }>(
    unit,
    sql`
    insert into billing_fact (fact_key, kind, invoice_id, content, content_hash, occurred_at, recorded_at)
    select fact_key, kind, invoice_id, content, content_hash, occurred_at, ${recordedAt.toISOString()}::timestamptz
    from ${inputRows(rows, factColumns)} order by fact_key
    on conflict (fact_key) do nothing returning fact_key`,
  )
  const stored = await unit.tx
    .select({ factKey: billingFact.factKey, contentHash: billingFact.contentHash })
    .from(billingFact)
    .where(inArray(billingFact.factKey, among(facts.map((fact) => fact.factKey))))
  const hashes = new Map(stored.map((row) => [row.factKey, row.contentHash]))
  const unsaid = new Set(added.map((row) => row.fact_key))
  return rows.map((row) => {
    if (hashes.get(row.fact_key) !== row.content_hash) return 'differs'
    return unsaid.delete(row.fact_key) ? 'new' : 'same'
  })
}

/** A fact by its key. */
export async function factOf(reader: Reader, factKey: string): Promise<BillingFact | null> {
  const [row] = await databaseOf(reader).select().from(billingFact).where(eq(billingFact.factKey, factKey))
  return row === undefined ? null : decodeExact<BillingFact>(row.content)
}

/** Every fact about an invoice, in the order they happened. */
export async function factsOfInvoice(reader: Reader, invoiceId: string): Promise<BillingFact[]> {
  const rows = await databaseOf(reader)
    .select({ content: billingFact.content })
    .from(billingFact)
    .where(eq(billingFact.invoiceId, invoiceId))
    .orderBy(asc(billingFact.occurredAt), asc(billingFact.factKey))
  return rows.map((row) => decodeExact<BillingFact>(row.content))
}

/** Facts of some kinds in order of their keys, a page at a time. */
export async function* factsOfKind(
  reader: Reader,
  kinds: readonly BillingFact['kind'][],
  pageSize = 500,
): AsyncGenerator<BillingFact[]> {
  for (let after = ''; ;) {
    const rows = await databaseOf(reader)
      .select({ factKey: billingFact.factKey, content: billingFact.content })
      .from(billingFact)
      .where(and(inArray(billingFact.kind, [...kinds]), gt(billingFact.factKey, after)))
      .orderBy(asc(billingFact.factKey))
      .limit(pageSize)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map((row) => decodeExact<BillingFact>(row.content))
    after = last.factKey
  }
}
