import type { Answer } from '../../src/ports/answer.ts'
import { mapAnswer } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'
import { instant } from './connection.ts'
import { readSubscription } from './held-subscription.ts'

/** When a contract's subscription ended, whoever ended it; null while it runs or is to come. */
export async function subscriptionEnd(connection: Connection, id: string): Promise<Answer<Date | null>> {
  return mapAnswer(await readSubscription(connection, id), ({ schedule, subscription }) => {
    const endedAt = subscription === null ? (schedule?.canceled_at ?? null) : subscription.ended_at
    return endedAt === null ? null : instant(endedAt)
  })
}
