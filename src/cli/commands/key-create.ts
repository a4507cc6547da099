import { isLive, readOwnSettings } from '../../config.ts'
import { createApiKey } from '../../http/access/create-key.ts'
import type { Scope } from '../../http/access/scopes.ts'
import type { KeyEnvironment } from '../../http/access/secret.ts'
import { makeSecret, prefixOf } from '../../http/access/secret.ts'
import { systemClock } from '../../ports/clock.ts'
import { systemRandom } from '../../ports/random.ts'
import { CommandError } from '../exit-codes.ts'
import { commandActor } from './actor.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'

export type KeyCreateOptions = CommonOptions & {
  readonly name: string
  readonly scope?: readonly Scope[]
  readonly expiresDays: number
  readonly forBootstrap?: boolean
}

/** `tieout keys create`. Throws CommandError for no scope, and for a life the API would not grant. */
export function createKey(session: Session, options: KeyCreateOptions): Promise<Outcome> {
  const { name, scope = [], expiresDays: days, forBootstrap } = options
  const environment = isLive(readOwnSettings(session.variables)) ? 'live' : 'test'
  if (forBootstrap === true) return Promise.resolve(madeUp(environment))
  if (scope.length === 0)
    throw new CommandError('usage', 'Say what the key may do: --scope.', 'tieout keys create --help')
  if (days < 1 || days > 400) throw new CommandError('usage', 'A key lives for 1 to 400 days.')
  const scopes = [...new Set(scope)]
  return withDatabase(session, async ({ store }) => {
    const made = await createApiKey(
      { store, clock: systemClock, random: systemRandom },
      { name, scopes, by: commandActor(), days, environment },
    )
    const { keyId: id, secret } = made
    const endsAt = made.expiresAt?.toISOString() ?? null
    const ends = endsAt === null ? 'never ends' : `ends on ${endsAt.slice(0, 10)}`
    return {
      data: { id, secret, prefix: prefixOf(secret), name, scopes, environment, expires_at: endsAt },
      text: secret,
      warnings: [`This is shown once. The key has the scopes ${scopes.join(', ')}, and ${ends}.`],
    }
  })
}

/** A secret nobody knows yet: the hub that starts with it takes it for its first key, with every scope. */
function madeUp(environment: KeyEnvironment): Outcome {
  const secret = makeSecret(systemRandom, environment)
  return {
    data: { secret, prefix: prefixOf(secret), environment },
    text: secret,
    warnings: ['It becomes a key with every scope when a hub starts with it as TIEOUT_BOOTSTRAP_API_KEY.'],
  }
}
