import { rateLimited } from './refusal.ts'
import type { Limits } from './settings.ts'

/** Counts requests against the limits; throws the 429 for one too many. */
export type RateLimit = { take(operation: string): void }

type Bucket = { tokens: number; at: number }

/** Operations with a limit of their own, in requests a second. */
function ownLimit(operation: string): number | null {
  if (operation.includes('/billing/meter_events')) return 1000
  return operation.endsWith('/search') ? 20 : null
}

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
      const own = ownLimit(operation)
      take(operation, own ?? limits.endpointPerSecond)
      if (own === null || own === 20) take('account', limits.accountPerSecond)
    },
  }
}
