import { and, desc, eq, sql, type SQL } from 'drizzle-orm'
import { inputRows } from './json.ts'
import { usageCorrection } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

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
export type KeptCorrection = typeof usageCorrection.$inferSelect

/** Which corrections to read, and after which. */
export type WantedCorrections = {
  readonly customerId?: string
  readonly meter?: string
  readonly cursor?: string
  readonly limit: number
}

/** Where a list goes on after a correction. */
export function cursorOfCorrection({ receivedAt, originalKey }: KeptCorrection): string {
  return `${receivedAt.toISOString()} ${originalKey}`
}

/** Corrections, the latest received first. */
export async function listCorrections(
  reader: Reader,
  { customerId, meter, cursor, limit }: WantedCorrections,
): Promise<KeptCorrection[]> {
  const [receivedAt = '', key = ''] = cursor?.split(' ') ?? []
  const isAfter = sql`(${usageCorrection.receivedAt}, ${usageCorrection.originalKey}) < (${receivedAt}::timestamptz, ${key}::uuid)`
  return databaseOf(reader)
    .select()
    .from(usageCorrection)
    .where(
      and(
        customerId === undefined ? undefined : eq(usageCorrection.customerId, customerId),
        meter === undefined ? undefined : eq(usageCorrection.meter, meter),
        cursor === undefined ? undefined : isAfter,
      ),
    )
    .orderBy(desc(usageCorrection.receivedAt), desc(usageCorrection.originalKey))
    .limit(limit)
}
