import type { Environment } from '../config.ts'
import { isLive } from '../config.ts'
import { allScopes } from '../http/access/scopes.ts'
import { prefixOf, readSecret } from '../http/access/secret.ts'
import type { Clock } from '../ports/clock.ts'
import { addApiKey, apiKeyEvenEnded } from '../store/api-keys.ts'
import { recordAct } from '../store/audit.ts'
import type { Store } from '../store/unit-of-work.ts'

type Settings = Pick<Environment, 'TIEOUT_BOOTSTRAP_API_KEY' | 'STRIPE_SECRET_KEY'>

const by = 'TIEOUT_BOOTSTRAP_API_KEY'

/** What is wrong with the first API key of the environment, as a sentence; null when nothing is, or none is set. */
export function bootstrapFault(environment: Settings): string | null {
  const secret = environment.TIEOUT_BOOTSTRAP_API_KEY
  if (secret === undefined) return null
  const wanted = isLive(environment) ? 'live' : 'test'
  const read = readSecret(secret)
  if (read === null) return `${by} is not an API key. Make one with tieout keys create --for-bootstrap.`
  return read.environment === wanted
    ? null
    : `${by} is a ${read.environment} key, and this is a ${wanted} deployment.`
}

/** Keeps the first API key of the environment, so that a deployment can be set up by programs alone. Once it was revoked it stays so. */
export async function keepBootstrapKey(environment: Settings, store: Store, clock: Clock): Promise<void> {
  const secret = environment.TIEOUT_BOOTSTRAP_API_KEY
  if (secret === undefined || (await apiKeyEvenEnded(store.read, secret)) !== null) return
  const prefix = prefixOf(secret)
  const key = { secret, prefix, name: 'bootstrap', scopes: allScopes, by, expiresAt: null }
  await store.unitOfWork(async (unit) => {
    const subject = await addApiKey(unit, key, clock.now())
    const act = { action: 'api-key-created', subjectKind: 'api-key', subject, detail: { prefix } }
    await recordAct(unit, { actor: by, ...act }, clock.now())
  })
}
