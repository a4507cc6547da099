import type { MiddlewareHandler } from 'hono'
import type { Clock } from '../../ports/clock.ts'
import type { ApiKey } from '../../store/api-keys.ts'
import { apiKeyEvenEnded } from '../../store/api-keys.ts'
import type { Store } from '../../store/unit-of-work.ts'
import type { ApiEnv } from '../foundation.ts'
import { ProblemError } from '../problem.ts'
import type { ProblemCode } from '../problem-table.ts'
import type { Scope } from './scopes.ts'
import { readSecret, type DeploymentEnvironment } from './secret.ts'

export type AccessContext = {
  readonly store: Store
  readonly clock: Clock
  /** Which money this deployment moves; `test` unless said otherwise. */
  readonly environment?: DeploymentEnvironment
  /** Finds keys where they are remembered for a moment; else each request asks the database. */
  readonly keys?: KeyLookup
}

/** Lets a request pass whose key has the scope. Throws ProblemError: 401 for the key itself, 403 for the scope, which it names. */
export function requireScope(scope: Scope, context: AccessContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const key = await keyOf(c.req.header('authorization'), context)
    assertScope(key, scope)
    c.set('apiKey', key)
    await next()
  }
}

/** Throws ProblemError (403), naming the scope, unless the key has it. */
export function assertScope(key: ApiKey, scope: Scope): void {
  if (key.scopes.includes(scope)) return
  throw new ProblemError({
    status: 403,
    code: 'missing-scope',
    detail: `This needs a key with the scope ${scope}.`,
    headers: { 'www-authenticate': `Bearer realm="tieout", error="insufficient_scope", scope="${scope}"` },
  })
}

async function keyOf(authorization: string | undefined, context: AccessContext): Promise<ApiKey> {
  if (authorization === undefined)
    throw refusal('unauthenticated', 'Send an API key: Authorization: Bearer tieout_….')
  const [, secret = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  return keyOfSecret(secret, context)
}

/** Finds the key of a secret, also one that has ended; null when there is none. */
export type KeyLookup = (secret: string) => Promise<ApiKey | null>

/** How long a key that has been revoked may still be taken where keys are remembered. */
const rememberedMilliseconds = 2_000
const mostRemembered = 1_000

/**
 * Makes a memory of keys for what is asked thousands of times a second: a key is looked up once for all requests of two seconds. Whether it
 * has expired is judged by the clock each time.
 */
export function rememberedKeys({ store, clock }: Pick<AccessContext, 'store' | 'clock'>): KeyLookup {
  const known = new Map<string, { readonly key: Promise<ApiKey | null>; readonly until: number }>()
  return (secret) => {
    const now = clock.now().getTime()
    const held = known.get(secret)
    if (held !== undefined && now < held.until) return held.key
    if (known.size >= mostRemembered) known.clear()
    const key = apiKeyEvenEnded(store.read, secret)
    known.set(secret, { key, until: now + rememberedMilliseconds })
    // A look that failed says nothing about the key.
    key.catch(() => known.delete(secret))
    return key
  }
}

/** The key of a secret. A text that cannot be a secret is refused without asking the database. */
export async function keyOfSecret(secret: string, context: AccessContext): Promise<ApiKey> {
  const { store, clock, environment = 'test' } = context
  const read = readSecret(secret)
  if (read === null) throw refusal('invalid-key', 'This is not an API key of Tieout, or not all of one.')
  if ((read.environment === 'live') !== (environment === 'live'))
    throw refusal(
      'wrong-environment',
      `This is a ${read.environment} key, and this is the ${environment} deployment.`,
    )
  const key = await (context.keys?.(secret) ?? apiKeyEvenEnded(store.read, secret))
  if (key === null) throw refusal('invalid-key', 'There is no such API key.')
  const hasExpired = key.expiresAt !== null && key.expiresAt <= clock.now()
  if (key.revokedAt !== null || hasExpired)
    throw refusal('key-revoked', `The key ${key.prefix}… ${hasExpired ? 'has expired' : 'was revoked'}.`)
  return key
}

function refusal(code: ProblemCode, detail: string): ProblemError {
  const error = code === 'unauthenticated' ? '' : ', error="invalid_token"'
  return new ProblemError({
    status: 401,
    code,
    detail,
    headers: { 'www-authenticate': `Bearer realm="tieout"${error}` },
  })
}
