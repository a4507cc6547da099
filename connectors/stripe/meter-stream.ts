import { Stripe } from 'stripe'
import type { Answer } from '../../src/ports/answer.ts'
import { mapAnswer } from '../../src/ports/answer.ts'
import type { MeterEvent } from '../../src/ports/billing.ts'
import type { Connection } from './connection.ts'

/** Sends up to a hundred events in one request. */
export type MeterStream = (events: readonly MeterEvent[]) => Promise<Answer<{ sent: true }>>

/** A token is given up this long before it ends. */
const marginMilliseconds = 60_000

type Session = { readonly token: string; readonly endsAt: Date }

/**
 * Opens the stream of meter events (docs.stripe.com/api/v2/billing/meter-event-stream): a session's token lasts 15 minutes, and one that ended
 * early is replaced once. Stripe looks at nothing before it answers, and counts an identifier once whichever way it came.
 */
export function meterStreamOf({ stripe, calls, clock }: Connection): MeterStream {
  let session: Session | null = null
  const open = async (): Promise<Session> => {
    const opened = await stripe.v2.billing.meterEventSession.create()
    return { token: opened.authentication_token, endsAt: new Date(opened.expires_at) }
  }
  return async (events) => {
    const isOver = session === null || session.endsAt.getTime() - clock.now().getTime() < marginMilliseconds
    if (isOver) {
      const opened = await calls.read(open)
      if (opened.kind !== 'ok') return opened
      session = opened.value
    }
    const params = { events: events.map(streamed) }
    const key = `meter-stream:${events.map(({ identifier }) => identifier).join(' ')}`
    const answer = await calls.write(key, async ({ idempotencyKey }) => {
      const send = (token: string) =>
        stripe.v2.billing.meterEventStream.create(params, { apiKey: token, idempotencyKey })
      try {
        return await send(session?.token ?? '')
      } catch (error) {
        if (!(error instanceof Stripe.errors.TemporarySessionExpiredError)) throw error
        session = await open()
        return send(session.token)
      }
    })
    return mapAnswer(answer, () => ({ sent: true }))
  }
}

function streamed({ identifier, meter, customerId, value, occurredAt }: MeterEvent) {
  return {
    event_name: meter,
    identifier,
    payload: { stripe_customer_id: customerId, value },
    timestamp: occurredAt.toISOString(),
  }
}
