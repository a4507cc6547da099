import type { Clock } from '../../src/ports/clock.ts'

/** Requests a second: for the whole account, for one endpoint, and of meter events, whose limit is apart from the account's. */
export type Pace = {
  readonly accountPerSecond: number
  readonly endpointPerSecond: number
  readonly meterEventsPerSecond: number
}

/**
 * What Stripe grants by default (docs.stripe.com/rate-limits): a live key 100 a second, a sandbox 25, one endpoint 25. Of the 1,000 meter events
 * a tenth is left to whoever else sends some.
 */
export function defaultPace(secretKey: string): Pace {
  const isLive = /^(sk|rk)_live_/.test(secretKey)
  return { accountPerSecond: isLive ? 100 : 25, endpointPerSecond: 25, meterEventsPerSecond: 900 }
}

/** The stream takes 10,000 events a second, a hundred in each request; a tenth is left to others. */
const streamRequestsPerSecond = 90

/** Waits until a request may go out. */
export type Gate = (method: string, path: string) => Promise<void>

/**
 * Holds requests back to a pace, in the order of asking. Waiting is the clock's: under a virtual clock time moves on instead.
 */
export function paced(pace: Pace, clock: Clock): Gate {
  const account = bucket(pace.accountPerSecond, clock)
  const meterEvents = bucket(pace.meterEventsPerSecond, clock)
  const stream = bucket(streamRequestsPerSecond, clock)
  const endpoints = new Map<string, Reserve>()
  return async (method, path) => {
    const waits: number[] = []
    if (path === '/v1/billing/meter_events') waits.push(meterEvents())
    else if (path === '/v2/billing/meter_event_stream') waits.push(stream())
    else {
      const name = endpointOf(method, path)
      const endpoint = endpoints.get(name) ?? bucket(pace.endpointPerSecond, clock)
      endpoints.set(name, endpoint)
      waits.push(account(), endpoint())
    }
    const wait = Math.max(...waits)
    if (wait > 0) await clock.sleep(wait)
  }
}

/** Takes a place and answers how many milliseconds it is away. */
type Reserve = () => number

/** A token bucket that holds one second's worth, kept as the instant at which it would be full again. */
function bucket(perSecond: number, clock: Clock): Reserve {
  const spacing = 1_000 / perSecond
  let fullAt = 0
  return () => {
    const now = clock.now().getTime()
    fullAt = Math.max(fullAt, now) + spacing
    return Math.max(0, Math.ceil(fullAt - 1_000 - now))
  }
}

/** `GET /v1/customers/:id/tax_ids`: the path without the ids in it. */
function endpointOf(method: string, path: string): string {
  const parts = path
    .split('/')
    .map((part) => (/\d|^tieout-/.test(part) && !/^v\d$/.test(part) ? ':id' : part))
  return `${method} ${parts.join('/')}`
}
