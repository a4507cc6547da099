import type { Context, MiddlewareHandler } from 'hono'
import { dateIn } from '../../../src/domain/calendar.ts'

/** How many requests a portal takes. Search has a limit of its own and does not count towards the burst. */
export type Limits = {
  readonly burstPerTenSeconds: number
  readonly searchesPerSecond: number
  readonly perDay: number
}

/** Professional and Enterprise portals; see the vendor's usage guidelines. */
export const professionalLimits: Limits = { burstPerTenSeconds: 190, searchesPerSecond: 5, perDay: 625_000 }

export type PolicyName = 'SECONDLY' | 'TEN_SECONDLY_ROLLING' | 'DAILY'

/** The answer to a request too many. */
export function tooManyRequests(policyName: PolicyName, correlationId: string): Response {
  return Response.json(
    {
      status: 'error',
      message: `You have reached your ${policyName.toLowerCase()} limit.`,
      errorType: 'RATE_LIMIT',
      correlationId,
      policyName,
      requestId: correlationId,
    },
    { status: 429 },
  )
}

/** Counts requests on the portal's clock, refuses those too many, and tells what is left. */
export function rateLimits(
  limits: Limits | null,
  now: () => Date,
  timeZone: string,
  correlationId: () => string,
): MiddlewareHandler {
  const burst: number[] = []
  const searches: number[] = []
  const today = { date: '', count: 0 }
  return async function limited(c, next) {
    if (limits === null) return next()
    const isSearch = c.req.path.endsWith('/search')
    const at = now()
    countDay(today, dateIn(timeZone, at))
    const recent = isSearch ? since(searches, at, 1000) : since(burst, at, 10_000)
    if (today.count >= limits.perDay) return tooManyRequests('DAILY', correlationId())
    if (recent.length >= (isSearch ? limits.searchesPerSecond : limits.burstPerTenSeconds))
      return tooManyRequests(isSearch ? 'SECONDLY' : 'TEN_SECONDLY_ROLLING', correlationId())
    recent.push(at.getTime())
    today.count += 1
    await next()
    if (!isSearch) tell(c, limits, burst.length, today.count)
  }
}

function countDay(today: { date: string; count: number }, date: string): void {
  if (today.date === date) return
  today.date = date
  today.count = 0
}

function since(requests: number[], at: Date, milliseconds: number): number[] {
  while (requests[0] !== undefined && requests[0] <= at.getTime() - milliseconds) requests.shift()
  return requests
}

function tell(c: Context, limits: Limits, inBurst: number, inDay: number): void {
  c.header('X-HubSpot-RateLimit-Daily', String(limits.perDay))
  c.header('X-HubSpot-RateLimit-Daily-Remaining', String(limits.perDay - inDay))
  c.header('X-HubSpot-RateLimit-Interval-Milliseconds', '10000')
  c.header('X-HubSpot-RateLimit-Max', String(limits.burstPerTenSeconds))
  c.header('X-HubSpot-RateLimit-Remaining', String(limits.burstPerTenSeconds - inBurst))
}
