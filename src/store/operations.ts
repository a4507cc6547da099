import { and, asc, eq, inArray, isNotNull, lte, or, sql } from 'drizzle-orm'
import { among } from './json.ts'
import { externalOp, type OperationState } from './schema.ts'
import { databaseOf, rowsOf, StaleFenceError, type Reader, type Unit } from './unit-of-work.ts'

/** A call that changes something at a vendor, as written down. */
export type Operation = typeof externalOp.$inferSelect

export type NewOperation = {
  /** Names the thing, never the try: the same key for ever. */
  readonly opKey: string
  /** Hash of what is asked for. */
  readonly fingerprint: string
  readonly provider: string
  readonly kind: string
  readonly subject: string
}

export type Lease = { readonly now: Date; readonly leaseUntil: Date }

/**
 * What to do about an operation now.
 * - `start`: make the call.
 * - `done`: it was made; `providerId` is what it gave.
 * - `resume-unknown`: it may have happened. Look before asking again; `firstSentAt` tells whether the vendor still knows our key.
 * - `busy`: another runner is at it until `leaseUntil`.
 * - `fingerprint-differs`: the key stands for something else that was, or may have been, made.
 */
export type Begun =
  | { readonly kind: 'start'; readonly fence: number; readonly attempt: number }
  | { readonly kind: 'done'; readonly providerId: string | null }
  | {
      readonly kind: 'resume-unknown'
      readonly fence: number
      readonly attempt: number
      readonly firstSentAt: Date
    }
  | { readonly kind: 'busy'; readonly leaseUntil: Date }
  | { readonly kind: 'fingerprint-differs'; readonly state: OperationState }

/**
 * How a call ended. `failed`: the vendor refused, nothing exists. `not-sent`: it certainly did not happen and may be tried again.
 * `unknown`: it may have happened.
 */
export type OperationOutcome =
  | { readonly kind: 'succeeded'; readonly providerId: string | null; readonly detail?: string }
  | { readonly kind: 'failed' | 'not-sent' | 'unknown'; readonly detail: string }

/**
 * Writes down the intent to make a call and takes the lease on it, before the call is made. A lease that ran out belongs to a
 * process that died in the middle, so the outcome is unknown. A call that failed may be made anew with another fingerprint.
 */
export async function beginOperation(unit: Unit, wanted: NewOperation, lease: Lease): Promise<Begun> {
  const added = await unit.tx
    .insert(externalOp)
    .values({
      ...wanted,
      state: 'in_flight',
      attempt: 1,
      fence: 1,
      leaseUntil: lease.leaseUntil,
      plannedAt: lease.now,
      firstSentAt: lease.now,
    })
    .onConflictDoNothing()
    .returning({ fence: externalOp.fence })
  if (added.length > 0) return { kind: 'start', fence: 1, attempt: 1 }
  const [held] = await unit.tx
    .select()
    .from(externalOp)
    .where(eq(externalOp.opKey, wanted.opKey))
    .for('update')
  return continueOperation(unit, held as Operation, wanted, lease)
}

function continueOperation(
  unit: Unit,
  held: Operation,
  wanted: NewOperation,
  lease: Lease,
): Promise<Begun> | Begun {
  const canStart = held.state === 'failed' || held.state === 'planned'
  if (!canStart && held.fingerprint !== wanted.fingerprint)
    return { kind: 'fingerprint-differs', state: held.state }
  if (held.state === 'succeeded') return { kind: 'done', providerId: held.providerId }
  if (held.leaseUntil !== null && held.leaseUntil > lease.now)
    return { kind: 'busy', leaseUntil: held.leaseUntil }
  return canStart ? restart(unit, held, wanted, lease) : resume(unit, held, lease)
}

async function restart(unit: Unit, held: Operation, wanted: NewOperation, lease: Lease): Promise<Begun> {
  const [attempt, fence] = [held.attempt + 1, held.fence + 1]
  await unit.tx
    .update(externalOp)
    .set({
      ...wanted,
      state: 'in_flight',
      attempt,
      fence,
      leaseUntil: lease.leaseUntil,
      firstSentAt: lease.now,
      settledAt: null,
      detail: null,
    })
    .where(eq(externalOp.opKey, held.opKey))
  return { kind: 'start', fence, attempt }
}

async function resume(unit: Unit, held: Operation, { leaseUntil }: Lease): Promise<Begun> {
  const [attempt, fence] = [held.attempt + 1, held.fence + 1]
  await unit.tx
    .update(externalOp)
    .set({ state: 'unknown', attempt, fence, leaseUntil })
    .where(eq(externalOp.opKey, held.opKey))
  return { kind: 'resume-unknown', fence, attempt, firstSentAt: held.firstSentAt as Date }
}

/** Writes down how a call ended and gives up the lease. Throws StaleFenceError when another runner has taken it over. */
export async function settleOperation(
  unit: Unit,
  opKey: string,
  fence: number,
  outcome: OperationOutcome,
  at: Date,
): Promise<void> {
  const settled = await unit.tx
    .update(externalOp)
    .set({ ...settlement(outcome, at), leaseUntil: null, detail: outcome.detail ?? null })
    .where(
      and(
        eq(externalOp.opKey, opKey),
        eq(externalOp.fence, fence),
        inArray(externalOp.state, ['in_flight', 'unknown']),
      ),
    )
    .returning({ opKey: externalOp.opKey })
  if (settled.length === 0) throw new StaleFenceError(`Another runner has taken over operation ${opKey}`)
}

function settlement(outcome: OperationOutcome, at: Date): Partial<Operation> {
  switch (outcome.kind) {
    case 'succeeded':
      return { state: 'succeeded', providerId: outcome.providerId, settledAt: at }
    case 'failed':
      return { state: 'failed', settledAt: at }
    case 'not-sent':
      // Nothing of ours is at the vendor, so its memory of our key begins with the next try.
      return { state: 'planned', firstSentAt: null }
    case 'unknown':
      return { state: 'unknown' }
  }
}

/** What operations that succeeded gave, by key. */
export async function providerIdsOf(reader: Reader, opKeys: readonly string[]): Promise<Map<string, string>> {
  const rows = await databaseOf(reader)
    .select({ opKey: externalOp.opKey, providerId: externalOp.providerId })
    .from(externalOp)
    .where(
      and(
        inArray(externalOp.opKey, among(opKeys)),
        eq(externalOp.state, 'succeeded'),
        isNotNull(externalOp.providerId),
      ),
    )
  return new Map(rows.map((row) => [row.opKey, row.providerId as string]))
}

/** An operation by its key. */
export async function operationOf(reader: Reader, opKey: string): Promise<Operation | null> {
  const [row] = await databaseOf(reader).select().from(externalOp).where(eq(externalOp.opKey, opKey))
  return row ?? null
}

/** Everything asked of vendors about a subject, in the order it was planned. */
export async function operationsOfSubject(reader: Reader, subject: string): Promise<Operation[]> {
  return databaseOf(reader)
    .select()
    .from(externalOp)
    .where(eq(externalOp.subject, subject))
    .orderBy(asc(externalOp.plannedAt), asc(externalOp.opKey))
}

/** Operations nobody is at although they are not settled: planned, unknown, or left in flight by a process that died. */
export async function abandonedOperations(reader: Reader, now: Date, limit = 1000): Promise<Operation[]> {
  return databaseOf(reader)
    .select()
    .from(externalOp)
    .where(
      and(
        inArray(externalOp.state, ['planned', 'in_flight', 'unknown']),
        or(sql`${externalOp.leaseUntil} is null`, lte(externalOp.leaseUntil, now)),
      ),
    )
    .orderBy(asc(externalOp.firstSentAt))
    .limit(limit)
}

/** How many operations are not settled; zero when all is quiet. */
export async function unsettledCount(reader: Reader): Promise<number> {
  const [row] = await rowsOf<{ count: string }>(
    reader,
    sql`select count(*) from external_op where state in ('planned', 'in_flight', 'unknown')`,
  )
  return Number(row?.count)
}
