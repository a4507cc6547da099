import { and, desc, eq, lt } from 'drizzle-orm'
import { auditEntry } from './schema.ts'
import { databaseOf, type Reader, type Unit } from './unit-of-work.ts'

/** Who did what to what. */
export type AuditEntry = typeof auditEntry.$inferSelect

export type NewAuditEntry = {
  readonly actor: string
  readonly action: string
  readonly subjectKind: string
  readonly subject: string
  /** Never a secret, and no more of a person than the id. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** Writes down an act, in the unit that performs it. */
export async function recordAct(unit: Unit, entry: NewAuditEntry, happenedAt: Date): Promise<void> {
  await unit.tx.insert(auditEntry).values({ ...entry, happenedAt })
}

export type AuditFilter = {
  readonly actor?: string
  readonly action?: string
  readonly subjectKind?: string
  readonly subject?: string
  /** The number of the last entry of the page before. */
  readonly beforeSeq?: number
  readonly limit?: number
}

/** Acts, the latest first. */
export async function listActs(reader: Reader, filter: AuditFilter = {}): Promise<AuditEntry[]> {
  const equal = (['actor', 'action', 'subjectKind', 'subject'] as const).map((field) =>
    filter[field] === undefined ? undefined : eq(auditEntry[field], filter[field]),
  )
  const before = filter.beforeSeq === undefined ? undefined : lt(auditEntry.seq, filter.beforeSeq)
  return databaseOf(reader)
    .select()
    .from(auditEntry)
    .where(and(...equal, before))
    .orderBy(desc(auditEntry.seq))
    .limit(filter.limit ?? 100)
}
