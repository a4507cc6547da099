/** How long to wait between tries, in milliseconds. */
export type RetryWaits = { readonly firstWaitMilliseconds: number; readonly longestWaitMilliseconds: number }

/** A hub that asks for more than an hour is asked again after an hour. */
const longestRetryAfterMilliseconds = 3_600_000

/**
 * The wait before the next try, in milliseconds: full jitter, so that clients that failed together do not come back together, on top of
 * what the hub asked for. `chance` is from 0 up to 1.
 */
export function retryWait(
  failures: number,
  retryAfterMilliseconds: number,
  chance: number,
  { firstWaitMilliseconds, longestWaitMilliseconds }: RetryWaits,
): number {
  const doubled = firstWaitMilliseconds * 2 ** Math.min(failures - 1, 30)
  const asked = Math.min(retryAfterMilliseconds, longestRetryAfterMilliseconds)
  return Math.round(asked + chance * Math.min(doubled, longestWaitMilliseconds))
}

/** Milliseconds of a Retry-After header, seconds or a date (RFC 9110, 10.2.3); 0 when there is none that can be read. */
export function retryAfterOf(header: string | null, now: Date): number {
  if (header === null) return 0
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000
  const until = Date.parse(header)
  return Number.isNaN(until) ? 0 : Math.max(0, until - now.getTime())
}
