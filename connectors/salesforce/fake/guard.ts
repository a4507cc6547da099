import type { Context, MiddlewareHandler } from 'hono'
import type { FaultAnswers } from '../../fault-script.ts'
import type { SignIn } from './oauth.ts'
import { Refusal } from './refusal.ts'

/** Counts API requests of 24 hours against what the organisation may make. */
export type RequestMeter = {
  /** Counts one request; answers whether it is still allowed. */
  count(): boolean
  usage(): { readonly used: number; readonly allowed: number }
  total(): number
  setAllowed(allowed: number): void
}

const day = 86_400_000

/** Starts counting. 100,000 is what an Enterprise Edition starts with. */
export function requestMeter(now: () => Date): RequestMeter {
  const state = { allowed: 100_000, used: 0, total: 0, since: now().getTime() }
  const roll = () => {
    if (now().getTime() - state.since < day) return
    state.since = now().getTime()
    state.used = 0
  }
  return {
    count() {
      roll()
      state.total += 1
      state.used += 1
      return state.used <= state.allowed
    },
    usage: () => ({ used: state.used, allowed: state.allowed }),
    total: () => state.total,
    setAllowed: (allowed) => void (state.allowed = allowed),
  }
}

/** Writes the time of the twin's own clock on each answer, as a web server does with the machine's. */
export function dated(now: () => Date): MiddlewareHandler {
  return async function datedAnswer(c, next) {
    await next()
    c.res.headers.set('date', now().toUTCString())
  }
}

/** Lets requests with a living token through, as long as the daily limit lasts, and writes the usage header. */
export function guard(signIn: SignIn, meter: RequestMeter): MiddlewareHandler {
  return async function guarded(c, next) {
    if (!signIn.accepts(c.req.header('authorization'))) throw expiredSession()
    if (!meter.count()) throw tooManyRequests()
    await next()
    const { used, allowed } = meter.usage()
    c.res.headers.set('sforce-limit-info', `api-usage=${used}/${allowed}`)
  }
}

function expiredSession(): Refusal {
  return new Refusal(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
}

function tooManyRequests(): Refusal {
  return new Refusal(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
}

/** What planned faults answer. */
export const faultAnswers: FaultAnswers = {
  throttle: () => responseOf(tooManyRequests()),
  serverError: () =>
    responseOf(new Refusal(503, 'SERVER_UNAVAILABLE', 'The server is unavailable to handle this request')),
  expiredSession: () => responseOf(expiredSession()),
}

/** Writes a refusal as the API does, as a list; a bug of the fake, or a connection cut on purpose, goes on as it is. */
export function answerRefusal(error: Error, _c: Context): Response {
  if (error instanceof Refusal) return responseOf(error)
  throw error
}

function responseOf({ status, errorCode, message, fields }: Refusal): Response {
  const entry = { message, errorCode, ...(fields.length > 0 ? { fields } : {}) }
  return Response.json([entry], { status, headers: { 'content-type': 'application/json;charset=UTF-8' } })
}
