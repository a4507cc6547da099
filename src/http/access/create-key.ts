import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { addApiKey } from '../../store/api-keys.ts'
import { recordAct } from '../../store/audit.ts'
import type { Store } from '../../store/unit-of-work.ts'
import type { Scope } from './scopes.ts'
import { makeSecret, prefixOf, type KeyEnvironment } from './secret.ts'

export type KeyRequest = {
  /** What the key is for, for people. */
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Who asked for it. */
  readonly by: string
  /** Default: test. */
  readonly environment?: KeyEnvironment
  /** Default: 90 days; 400 at most. Null never expires. */
  readonly days?: number | null
}

/** A key that was just made. The secret is shown this once and never again. */
export type CreatedKey = { readonly keyId: string; readonly secret: string; readonly expiresAt: Date | null }

/** Makes an API key and writes down who made it. Throws RangeError for more than 400 days or fewer than one. */
export async function createApiKey(
  { store, clock, random }: { store: Store; clock: Clock; random: Random },
  { name, scopes, by, environment = 'test', days = 90 }: KeyRequest,
): Promise<CreatedKey> {
  if (days !== null && (days < 1 || days > 400)) throw new RangeError('A key lives for 1 to 400 days')
  const now = clock.now()
  const secret = makeSecret(random, environment)
  const expiresAt = days === null ? null : new Date(now.getTime() + days * 86_400_000)
  const keyId = await store.unitOfWork(async (unit) => {
    const added = await addApiKey(
      unit,
      { secret, prefix: prefixOf(secret), name, scopes, by, expiresAt },
      now,
    )
    const detail = { prefix: prefixOf(secret), scopes, expiresAt }
    await recordAct(
      unit,
      { actor: by, action: 'api-key-created', subjectKind: 'api-key', subject: added, detail },
      now,
    )
    return added
  })
  return { keyId, secret, expiresAt }
}
