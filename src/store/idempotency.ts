import { and, eq, lt, sql } from 'drizzle-orm'
import { apiAnswer } from './schema.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** What a repeat key belongs to: the same key under another route is another request. */
export type RepeatKey = {
  readonly keyId: string
  readonly method: string
  readonly route: string
  readonly idempotencyKey: string
}

export type StoredAnswer = {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * What to do with a request that bears a repeat key: perform it (`first`), repeat the stored answer, or refuse it, because the key
 * stands for another body.
 */
export type BegunAnswer =
  | { readonly kind: 'first' }
  | { readonly kind: 'stored'; readonly answer: StoredAnswer }
  | { readonly kind: 'body-differs' }

/**
 * Whether another unit is performing a request with this key at this moment. When not, nobody else can until this unit ends: then they
 * are told the same.
 */
export async function isAnswerAtWork(unit: Unit, key: RepeatKey): Promise<boolean> {
  const name = JSON.stringify([key.keyId, key.method, key.route, key.idempotencyKey])
  const [row] = await rowsOf<{ is_free: boolean }>(
    unit,
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`answer ${name}`}, 0)) as is_free`,
  )
  return row?.is_free !== true
}

/**
 * Takes a repeat key in the unit that performs the request. A second request with the key waits until the first one's unit has ended,
 * and then gets its answer.
 */
export async function beginAnswer(
  unit: Unit,
  key: RepeatKey,
  bodyHash: string,
  createdAt: Date,
): Promise<BegunAnswer> {
  const taken = await unit.tx
    .insert(apiAnswer)
    .values({ ...key, bodyHash, createdAt })
    .onConflictDoNothing()
    .returning({ keyId: apiAnswer.keyId })
  if (taken.length > 0) return { kind: 'first' }
  const [held] = await unit.tx.select().from(apiAnswer).where(isKey(key))
  if (held === undefined) throw new Error(`Repeat key ${key.idempotencyKey} vanished`)
  if (held.bodyHash !== bodyHash) return { kind: 'body-differs' }
  const { status, contentType, body } = held
  if (status === null || contentType === null || body === null)
    throw new Error(`The answer under repeat key ${key.idempotencyKey} was never completed`)
  return { kind: 'stored', answer: { status, contentType, body } }
}

/** Keeps the answer under its key, in the same unit that took the key. */
export async function completeAnswer(unit: Unit, key: RepeatKey, answer: StoredAnswer): Promise<void> {
  await unit.tx.update(apiAnswer).set(answer).where(isKey(key))
}

/** Forgets answers older than `before`; answers how many. */
export async function forgetAnswers(unit: Unit, before: Date): Promise<number> {
  const gone = await unit.tx
    .delete(apiAnswer)
    .where(lt(apiAnswer.createdAt, before))
    .returning({ keyId: apiAnswer.keyId })
  return gone.length
}

function isKey(key: RepeatKey) {
  return and(
    eq(apiAnswer.keyId, key.keyId),
    eq(apiAnswer.method, key.method),
    eq(apiAnswer.route, key.route),
    eq(apiAnswer.idempotencyKey, key.idempotencyKey),
  )
}
