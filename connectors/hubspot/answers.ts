import { dateIn, addDays, startOfDay } from '../../src/domain/calendar.ts'
import type { TimeZone } from '../../src/domain/calendar.ts'
import type { Answer } from '../../src/ports/answer.ts'

/** An answer of HubSpot as it came. Header names are in lower case. */
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What is needed besides a reply to know how long to wait. */
export type ReplyContext = { readonly now: Date; readonly timeZone: TimeZone | null }

type Body = {
  readonly message?: unknown
  readonly category?: unknown
  readonly subCategory?: unknown
  readonly policyName?: unknown
  readonly errors?: unknown
  readonly context?: unknown
}

/** Whether a reply is a success whose body can be read. An empty body goes with 204. */
export function isReadable(reply: Reply): boolean {
  if (reply.status < 200 || reply.status > 299) return false
  return reply.status === 204 || jsonOf(reply) !== null
}

/**
 * Classes every reply that is not a readable success. Our writes set the same values again, so a failure of the server is transient
 * for them too. Source: HubSpot's error and usage guides.
 */
export function classifyReply(reply: Reply, context: ReplyContext): Answer<never> {
  const { status } = reply
  const body = jsonOf(reply)
  if (status === 429) return throttled(reply, body, context)
  if (status === 401) return { kind: 'auth', detail: detailOf(reply, body) }
  if (status === 403 && body?.category === 'MISSING_SCOPES')
    return { kind: 'auth', detail: `${detailOf(reply, body)} ${scopesIn(body)}`.trim() }
  if (status === 408 || status === 477 || status >= 500)
    return { kind: 'transient', detail: detailOf(reply, body) }
  // 423: too many writes to one account in a short time; their guide asks for two seconds.
  if (status === 423) return { kind: 'throttled', retryAfterMilliseconds: 2000 }
  // A success cut short may come whole next time; a page, or JSON that is no object, will not.
  if (status < 300 && !isJson(reply.body) && !/^\s*</.test(reply.body))
    return { kind: 'transient', detail: `HubSpot's answer was cut short: ${firstLineOf(reply.body)}` }
  if (status < 400 || body === null) return { kind: 'broken', detail: detailOf(reply, body) }
  const refusal = { code: codeOf(status, body), detail: detailOf(reply, body) }
  if (status === 409) return { kind: 'conflict', ...refusal }
  return { kind: 'rejected', ...refusal, field: fieldIn(body) }
}

/** How long each kind of limit takes to pass, in milliseconds. */
const waits: Readonly<Record<string, number>> = { SECONDLY: 1000, TEN_SECONDLY_ROLLING: 10_000 }

/** The daily count starts again at midnight of the account; it may be raised before, so we look every hour. */
const longestWait = 3_600_000

function throttled(reply: Reply, body: Body | null, context: ReplyContext): Answer<never> {
  const wished = Number(reply.headers['retry-after'] ?? Number.NaN) * 1000
  const policy = String(body?.policyName)
  const wait =
    policy === 'DAILY'
      ? Math.min(longestWait, untilMidnight(context))
      : (waits[policy] ?? waits['TEN_SECONDLY_ROLLING'])
  const retryAfterMilliseconds = Number.isFinite(wished) ? wished : (wait ?? longestWait)
  return { kind: 'throttled', retryAfterMilliseconds }
}

function untilMidnight({ now, timeZone }: ReplyContext): number {
  if (timeZone === null) return longestWait
  const tomorrow = addDays(dateIn(timeZone, now), 1)
  return startOfDay(timeZone, tomorrow).getTime() - now.getTime()
}

function jsonOf(reply: Reply): Body | null {
  if (!isJson(reply.body)) return null
  const body: unknown = JSON.parse(reply.body)
  return typeof body === 'object' && body !== null ? body : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function detailOf(reply: Reply, body: Body | null): string {
  const said = typeof body?.message === 'string' ? body.message : firstLineOf(reply.body)
  return `HubSpot answered ${reply.status}: ${said}`.slice(0, 2000)
}

function firstLineOf(text: string): string {
  return text === '' ? 'nothing' : (text.split('\n')[0] ?? '').slice(0, 200)
}

function codeOf(status: number, body: Body): string {
  const inner = firstError(body)?.['code'] ?? propertyFault(body)?.['error']
  return String(inner ?? body.subCategory ?? body.category ?? status)
}

function fieldIn(body: Body): string | null {
  const error = firstError(body)
  const field = contextOf(error)['propertyName']?.[0] ?? error?.['in'] ?? propertyFault(body)?.['name']
  return typeof field === 'string' ? field : null
}

function firstError(body: Body): Readonly<Record<string, unknown>> | undefined {
  return Array.isArray(body.errors) ? body.errors[0] : undefined
}

function contextOf(error: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string[]>> {
  return (error?.['context'] ?? {}) as Readonly<Record<string, string[]>>
}

/** Faults of property values are told as JSON inside the message. */
function propertyFault(body: Body): Readonly<Record<string, unknown>> | undefined {
  const listed = /\[\{.*\}\]/s.exec(typeof body.message === 'string' ? body.message : '')?.[0]
  if (listed === undefined) return undefined
  try {
    return (JSON.parse(listed) as Readonly<Record<string, unknown>>[])[0]
  } catch {
    return undefined
  }
}

function scopesIn(body: Body): string {
  const scopes = contextOf(firstError(body))['requiredGranularScopes'] ?? []
  return scopes.length === 0 ? '' : `Missing: ${scopes.join(', ')}.`
}
