import { endpoint } from './api.ts'
import { takeStreamed } from './meter-events.ts'
import * as params from './params-catalogue.ts'
import { nothing } from './params-customer.ts'
import { StripeRefusal, badKey } from './refusal.ts'
import type { World } from './world.ts'

/** Where the stream is served; it takes the token of a session and no API key. */
export const streamPath = '/v2/billing/meter_event_stream'

const sessionSeconds = 15 * 60

/** Refuses a token that is none of the twin's, or has ended. */
export function refuseSession(world: World, token: string): void {
  const endsAt = world.meterBook.sessions.get(token)
  if (endsAt === undefined) throw badKey('The token is none of a meter event session.')
  if (endsAt <= world.seconds())
    throw new StripeRefusal(400, 'temporary_session_expired', 'The meter event session has expired.')
}

/** Routes of the stream of meter events. */
export const meterStreamEndpoints = [
  endpoint('POST', '/v2/billing/meter_event_session', nothing, (world) => {
    const token = world.newId('mes_token')
    const endsAt = world.seconds() + sessionSeconds
    world.meterBook.sessions.set(token, endsAt)
    return {
      id: world.newId('mes'),
      object: 'v2.billing.meter_event_session',
      authentication_token: token,
      created: new Date(world.seconds() * 1000).toISOString(),
      expires_at: new Date(endsAt * 1000).toISOString(),
      livemode: world.settings.livemode,
    }
  }),
  endpoint('POST', streamPath, params.meterEventStreamCreate, (world, { events }) => {
    for (const { timestamp, ...event } of events) {
      const at = timestamp === undefined ? {} : { timestamp: Math.floor(Date.parse(timestamp) / 1000) }
      takeStreamed(world, { ...event, ...at })
    }
    return {}
  }),
]
