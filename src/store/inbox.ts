import { and, asc, count, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Delivery } from '../ports/inbound.ts'
import { hashOf } from './fingerprint.ts'
import { among, inputRows } from './json.ts'
import { inboxMessage, type Disposition } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A stored delivery. `disposition` null means that nobody has dealt with it yet. */
export type Message = typeof inboxMessage.$inferSelect

/**
 * What remembering gave: the message's number, whether we had it already, and whether it came back with another body. The first
 * body is the one kept.
 */
export type Remembered = { readonly seq: number; readonly seen: boolean; readonly bodyChanged: boolean }

/** What became of a message. `detail` is a fact key, a reason, or an issue's sentence. */
export type MessageEnd = {
  readonly seq: number
  readonly disposition: Disposition
  readonly detail: string | null
}

type RememberedRow = { seq: string | null; seen: boolean; body_hash: string | null }

/**
 * Stores deliveries, each once for its provider, account and delivery id; answers in the order asked. One statement for any number,
 * and a second one only when the same delivery is being stored elsewhere at this moment.
 */
export async function rememberDeliveries(
  unit: Unit,
  deliveries: readonly Delivery[],
  receivedAt: Date,
): Promise<Remembered[]> {
  if (deliveries.length === 0) return []
  const hashes = deliveries.map((delivery) => hashOf(delivery.body))
  const rows = await insertDeliveries(unit, deliveries, hashes, receivedAt)
  const late = rows.flatMap((row, index) => (row.seq === null ? [index] : []))
  for (const index of late) rows[index] = await storedDelivery(unit, deliveries[index] as Delivery)
  const named = new Set<string>()
  return rows.map((row, index) => {
    const repeated = named.size === named.add(String(row.seq)).size
    return {
      seq: Number(row.seq),
      seen: row.seen || repeated,
      bodyChanged: row.body_hash !== null && row.body_hash !== hashes[index],
    }
  })
}

const deliveryColumns =
  'ordinal integer, provider text, account text, delivery_id text, type text, occurred_at timestamptz, body text, body_hash text'

function insertDeliveries(
  unit: Unit,
  deliveries: readonly Delivery[],
  hashes: readonly string[],
  receivedAt: Date,
): Promise<RememberedRow[]> {
  const rows = deliveries.map((delivery, ordinal) => ({
    ordinal,
    provider: delivery.provider,
    account: delivery.account,
    delivery_id: delivery.deliveryId,
    type: delivery.type,
    occurred_at: delivery.occurredAt,
    body: delivery.body,
    body_hash: hashes[ordinal],
  }))
  return rowsOf<RememberedRow>(
    unit,
    sql`
    with input as materialized (select * from ${inputRows(rows, deliveryColumns)}),
    added as (
      insert into inbox_message (provider, account, delivery_id, type, occurred_at, received_at, body, body_hash)
      select provider, account, delivery_id, type, occurred_at, ${receivedAt.toISOString()}::timestamptz, body, body_hash
      from input order by provider, account, delivery_id, ordinal
      on conflict (provider, account, delivery_id) do nothing
      returning seq, provider, account, delivery_id, body_hash
    )
    select coalesce(added.seq, stored.seq) as seq, added.seq is null as seen,
      coalesce(added.body_hash, stored.body_hash) as body_hash
    from input
    left join added using (provider, account, delivery_id)
    left join inbox_message stored using (provider, account, delivery_id)
    order by ordinal`,
  )
}

/** A delivery that another unit stored between our looking and our inserting; a new statement sees it. */
async function storedDelivery(unit: Unit, delivery: Delivery): Promise<RememberedRow> {
  const [row] = await unit.tx
    .select({ seq: sql<string>`${inboxMessage.seq}`, body_hash: inboxMessage.bodyHash })
    .from(inboxMessage)
    .where(
      and(
        eq(inboxMessage.provider, delivery.provider),
        eq(inboxMessage.account, delivery.account),
        eq(inboxMessage.deliveryId, delivery.deliveryId),
      ),
    )
  if (row === undefined) throw new Error(`Delivery ${delivery.deliveryId} was neither stored nor found`)
  return { ...row, seen: true }
}

/** Messages by number, in the order they came. */
export async function loadMessages(reader: Reader, seqs: readonly number[]): Promise<Message[]> {
  return databaseOf(reader)
    .select()
    .from(inboxMessage)
    .where(
      sql`${inboxMessage.seq} in (select json_array_elements_text(${JSON.stringify(seqs)}::json)::bigint)`,
    )
    .orderBy(asc(inboxMessage.seq))
}

/**
 * Says what became of messages; bulk. A message that ended in an exception may end again, any other only once. Answers the numbers
 * of those that had ended before and stay as they are.
 */
export async function disposeMessages(
  unit: Unit,
  ends: readonly MessageEnd[],
  disposedAt: Date,
): Promise<number[]> {
  if (ends.length === 0) return []
  const rows = await rowsOf<{ seq: string }>(
    unit,
    sql`
    update inbox_message message
    set disposition = input.disposition, disposition_detail = input.detail,
        disposed_at = ${disposedAt.toISOString()}::timestamptz
    from ${inputRows(ends, 'seq bigint, disposition text, detail text')}
    where message.seq = input.seq and (message.disposition is null or message.disposition = 'exception')
    returning message.seq`,
  )
  const ended = new Set(rows.map((row) => Number(row.seq)))
  return ends.map((end) => end.seq).filter((seq) => !ended.has(seq))
}

/** How the work list names a message. */
export function messageSubject(seq: number): string {
  return `inbox:${seq}`
}

/**
 * Messages nobody has dealt with and nobody will, because no work is about them, in their order; for the sweeper. Those that wait, for
 * another message or a person, are on the work list and are left out, however many they are.
 */
export async function waitingMessages(
  reader: Reader,
  { provider, limit = 1000 }: { provider?: string; limit?: number } = {},
): Promise<{ seq: number }[]> {
  const isListed = sql`exists (
    select from work_item item where item.queue = 'book-fact' and item.subject = 'inbox:' || ${inboxMessage.seq}
  )`
  return databaseOf(reader)
    .select({ seq: inboxMessage.seq })
    .from(inboxMessage)
    .where(
      and(
        isNull(inboxMessage.disposition),
        provider === undefined ? undefined : eq(inboxMessage.provider, provider),
        sql`not ${isListed}`,
      ),
    )
    .orderBy(asc(inboxMessage.seq))
    .limit(limit)
}

/** Which of the deliveries a provider lists we do not have. */
export async function missingDeliveries(
  reader: Reader,
  provider: string,
  account: string,
  deliveryIds: readonly string[],
): Promise<string[]> {
  const rows = await databaseOf(reader)
    .select({ deliveryId: inboxMessage.deliveryId })
    .from(inboxMessage)
    .where(
      and(
        eq(inboxMessage.provider, provider),
        eq(inboxMessage.account, account),
        inArray(inboxMessage.deliveryId, among(deliveryIds)),
      ),
    )
  const held = new Set(rows.map((row) => row.deliveryId))
  return deliveryIds.filter((id) => !held.has(id))
}

/** How many messages ended how; `null` for those that wait. */
export async function countMessages(
  reader: Reader,
): Promise<{ provider: string; disposition: Disposition | null; count: number }[]> {
  return databaseOf(reader)
    .select({ provider: inboxMessage.provider, disposition: inboxMessage.disposition, count: count() })
    .from(inboxMessage)
    .groupBy(inboxMessage.provider, inboxMessage.disposition)
}
