import { and, asc, eq, gt, isNull, or } from 'drizzle-orm'
import { hashOf } from './fingerprint.ts'
import { apiKey } from './schema.ts'
import { databaseOf, type Reader, type Unit } from './unit-of-work.ts'

/** A key to the API. The secret itself is not kept, only its hash; `prefix` is what people recognise it by. */
export type ApiKey = Omit<typeof apiKey.$inferSelect, 'hash'>

export type NewApiKey = {
  /** The whole secret, of at least 128 bits of chance. */
  readonly secret: string
  /** The part of the secret that may be shown; unique. */
  readonly prefix: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly by: string
  readonly expiresAt: Date | null
}

/** Keeps a new key by its hash; answers its id. A plain hash is enough, because the secret is random and long. */
export async function addApiKey(unit: Unit, key: NewApiKey, createdAt: Date): Promise<string> {
  const { secret, prefix, name, scopes, by, expiresAt } = key
  const keyId = unit.ids.next('key')
  await unit.tx
    .insert(apiKey)
    .values({ keyId, prefix, hash: hashOf(secret), name, scopes, createdAt, createdBy: by, expiresAt })
  return keyId
}

/** The key of a secret, unless it is revoked or has expired. */
export async function apiKeyOf(reader: Reader, secret: string, now: Date): Promise<ApiKey | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(apiKey)
    .where(
      and(
        eq(apiKey.hash, hashOf(secret)),
        isNull(apiKey.revokedAt),
        or(isNull(apiKey.expiresAt), gt(apiKey.expiresAt, now)),
      ),
    )
  return row === undefined ? null : shown(row)
}

/** The key of a secret, also when it is revoked or has expired, so that the answer can say so. */
export async function apiKeyEvenEnded(reader: Reader, secret: string): Promise<ApiKey | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(apiKey)
    .where(eq(apiKey.hash, hashOf(secret)))
  return row === undefined ? null : shown(row)
}

/** Ends a key at once; false when there is no such key or it has ended. */
export async function revokeApiKey(unit: Unit, keyId: string, revokedAt: Date): Promise<boolean> {
  const revoked = await unit.tx
    .update(apiKey)
    .set({ revokedAt })
    .where(and(eq(apiKey.keyId, keyId), isNull(apiKey.revokedAt)))
    .returning({ keyId: apiKey.keyId })
  return revoked.length > 0
}

/** Every key, also ended ones, in the order they were made. */
export async function listApiKeys(reader: Reader): Promise<ApiKey[]> {
  const rows = await databaseOf(reader).select().from(apiKey).orderBy(asc(apiKey.keyId))
  return rows.map(shown)
}

function shown(row: typeof apiKey.$inferSelect): ApiKey {
  const { hash: _hash, ...key } = row
  return key
}
