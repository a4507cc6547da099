import { z } from 'zod'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'

const details = z.object({
  portalId: z.number(),
  timeZone: z.string(),
  companyCurrency: z.string(),
  uiDomain: z.string(),
})

/** What we need to know of the portal itself. */
export type Account = z.infer<typeof details>

/** How long the details are taken as they were: people rarely move a portal to another currency. */
const lifeMilliseconds = 3_600_000

/** Answers the portal's details, read once an hour. A token of another portal is `broken`: its deals are not ours. */
export function accountReader(connection: Connection, portalId: string): () => Promise<Answer<Account>> {
  let known: { account: Account; readAt: number } | null = null
  return async () => {
    const now = connection.clock.now().getTime()
    if (known !== null && now - known.readAt < lifeMilliseconds) return answered(known.account)
    const reply = await connection.get('/account-info/v3/details')
    if (reply.kind !== 'ok') return reply
    const account = details.safeParse(reply.value)
    if (!account.success) return { kind: 'broken', detail: 'The account details have another shape' }
    if (String(account.data.portalId) !== portalId) {
      const detail = `The access token belongs to portal ${account.data.portalId}, not to ${portalId}`
      return { kind: 'broken', detail }
    }
    known = { account: account.data, readAt: now }
    connection.timeZone = account.data.timeZone
    return answered(account.data)
  }
}
