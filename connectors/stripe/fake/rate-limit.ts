import { rateLimited } from './refusal.ts'
import type { Limits } from './settings.ts'

/** Counts requests against the limits; throws the 429 for one too many. */
export type RateLimit = { take(operation: string): void }

type Bucket = { tokens: number; at: number }

/** Makes full buckets on a clock in milliseconds. Meter events have their own limit and do not count to the account's. */
export function createRateLimit(limits: Limits, now: () => number): RateLimit {
  const buckets = new Map<string, Bucket>()
  const take = (name: string, perSecond: number) => {
    const bucket = buckets.get(name) ?? { tokens: perSecond, at: now() }
    const earned = ((now() - bucket.at) / 1000) * perSecond
    bucket.tokens = Math.min(perSecond, bucket.tokens + earned)
    bucket.at = now()
    buckets.set(name, bucket)
    if (bucket.tokens < 1) throw rateLimited()
    bucket.tokens -= 1
  }
  return {
    take: (operation) => {
      if (operation.endsWith('/billing/meter_events'))
        return take(operation, limits.meterEventsPerSecond ?? 1000)
      // 10,000 events a second, a hundred in each request.
      if (operation.endsWith('/billing/meter_event_stream')) return take(operation, 100)
      const searches = operation.endsWith('/search')
      take(operation, searches ? (limits.searchesPerSecond ?? 20) : limits.endpointPerSecond)
      take('account', limits.accountPerSecond)
    },
  }
}
