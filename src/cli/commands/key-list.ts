import { systemClock } from '../../ports/clock.ts'
import type { ApiKey } from '../../store/api-keys.ts'
import { listApiKeys, revokeApiKey } from '../../store/api-keys.ts'
import { recordAct } from '../../store/audit.ts'
import { CommandError } from '../exit-codes.ts'
import { commandActor } from './actor.ts'
import { withDatabase } from './command-database.ts'
import type { Outcome, Session } from './run-command.ts'
import { outputWidth, table } from './table.ts'

/** `tieout keys list`. */
export function listKeys(session: Session): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const keys = await listApiKeys(store.read)
    return {
      data: { keys: keys.map(keyOut) },
      text: keys.length === 0 ? 'No keys yet.' : keyTable(keys),
      ...(keys.length === 0 ? { next: 'tieout keys create --name gateway --scope usage:write' } : {}),
    }
  })
}

/** `tieout keys revoke`. Throws CommandError for a key that is not known, or that has ended. */
export function revokeKey(session: Session, named: string): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const found = (await listApiKeys(store.read)).filter(
      ({ keyId, prefix }) => keyId === named || named.startsWith(prefix),
    )
    const [key] = found
    if (key === undefined)
      throw new CommandError('not-found', `No key is known as ${named}.`, 'tieout keys list')
    const now = systemClock.now()
    const isEnded = await store.unitOfWork(async (unit) => {
      const revoked = await revokeApiKey(unit, key.keyId, now)
      const act = {
        action: 'api-key-revoked',
        subjectKind: 'api-key',
        subject: key.keyId,
        detail: { prefix: key.prefix },
      }
      if (revoked) await recordAct(unit, { actor: commandActor(), ...act }, now)
      return !revoked
    })
    if (isEnded) throw new CommandError('conflict', `The key ${key.prefix}… was revoked already.`)
    return {
      data: { id: key.keyId, prefix: key.prefix, revoked_at: now.toISOString() },
      text: `The key ${key.prefix}… is ended.`,
    }
  })
}

function keyOut({ keyId, prefix, name, scopes, createdAt, createdBy, expiresAt, revokedAt }: ApiKey) {
  return {
    id: keyId,
    prefix,
    name,
    scopes,
    created_at: createdAt.toISOString(),
    created_by: createdBy,
    expires_at: expiresAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
  }
}

function keyTable(keys: readonly ApiKey[]): string {
  const columns = [
    { heading: 'KEY' },
    { heading: 'FOR', narrows: true },
    { heading: 'MAY', narrows: true },
    { heading: 'ENDS' },
    { heading: 'MADE BY' },
  ]
  const rows = keys.map(({ prefix, name, scopes, expiresAt, revokedAt, createdBy }) => [
    `${prefix}…`,
    name,
    scopes.join(' '),
    revokedAt === null
      ? (expiresAt?.toISOString().slice(0, 10) ?? 'never')
      : `revoked ${revokedAt.toISOString().slice(0, 10)}`,
    createdBy,
  ])
  return table(columns, rows, outputWidth())
}
