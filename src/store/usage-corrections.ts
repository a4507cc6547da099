import { and, asc, eq, gte, lt, sql, type SQL } from 'drizzle-orm'
import { inputRows } from './json.ts'
import { usageCorrection } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'
import type { UsageRange } from './usage-windows.ts'

/** Whether the event of a key was corrected, and so counts no longer. */
export function isVoided(eventKey: SQL): SQL {
  return sql`exists (select from usage_correction where original_key = ${eventKey})`
}

/** Whether the event of a key counts nothing: it was corrected, or is a retraction. */
export function countsNothing(eventKey: SQL): SQL {
  return sql`(${isVoided(eventKey)}
    or exists (select from usage_correction where correcting_key = ${eventKey} and kind = 'retraction'))`
}

/** An event that found its customer. */
export type FoundOwner = { readonly event_key: string; readonly customer_id: string }

/**
 * Says of corrected events that found their customer whose they are. Answers which of the events count nothing all the same. It must be asked
 * after their rows were changed: who corrects an event holds its row, so each sees what the other did.
 */
export async function attachCorrections(unit: Unit, found: readonly FoundOwner[]): Promise<Set<string>> {
  if (found.length === 0) return new Set()
  const rows = found.map(({ event_key, customer_id }) => ({ event_key, customer_id }))
  const voided = await rowsOf<{ event_key: string }>(
    unit,
    sql`
    update usage_correction correction set customer_id = input.customer_id
    from ${inputRows(rows, 'event_key uuid, customer_id text')}
    where correction.original_key = input.event_key returning correction.original_key as event_key`,
  )
  const keys = `{${found.map(({ event_key }) => event_key).join()}}`
  const retractions = await rowsOf<{ event_key: string }>(
    unit,
    sql`
    select correcting_key as event_key from usage_correction
    where correcting_key = any(${keys}::uuid[]) and kind = 'retraction'`,
  )
  return new Set([...voided, ...retractions].map(({ event_key }) => event_key))
}

/** A correction as it is kept; `quantity` is what the original had counted. */
export type KeptCorrection = Omit<typeof usageCorrection.$inferSelect, 'originalKey' | 'correctingKey'>

/** The corrections of a customer and meter whose originals lie in a range of time, in order of that; at most `limit`. */
export async function listCorrections(
  reader: Reader,
  { customerId, meter, from, to }: UsageRange,
  limit = 1000,
): Promise<KeptCorrection[]> {
  const rows = await databaseOf(reader)
    .select()
    .from(usageCorrection)
    .where(
      and(
        eq(usageCorrection.customerId, customerId),
        eq(usageCorrection.meter, meter),
        gte(usageCorrection.occurredAt, from),
        lt(usageCorrection.occurredAt, to),
      ),
    )
    .orderBy(asc(usageCorrection.occurredAt), asc(usageCorrection.originalKey))
    .limit(limit)
  return rows.map(({ originalKey: _original, correctingKey: _correcting, ...kept }) => kept)
}
