import type { Answer } from '../../src/ports/answer.ts'
import { type Json, isJsonObject } from './exact-json.ts'

/** Anything but a good answer. */
export type Failure = Exclude<Answer<never>, { kind: 'ok' }>

type ApiError = { readonly code: string; readonly message: string; readonly field: string | null }

/** How long we wait when Salesforce says "too much"; it never says how long itself. */
const waitForDailyLimit = 15 * 60_000
const waitForConcurrency = 10_000

/**
 * Classes an answer of the REST API that is not a success. Everything this connector writes is repeatable (a status set twice is the
 * same status), so nothing is ever `unknown`: what may have happened may simply be done again.
 * Codes: REST API Developer Guide, "Status Codes and Error Responses".
 */
export function classifyResponse(status: number, body: string): Failure {
  const error = firstError(body)
  if (error?.code === 'UNABLE_TO_LOCK_ROW') return transient(error.message)
  if (error?.code === 'REQUEST_LIMIT_EXCEEDED') return throttledBy(error.message)
  if (status >= 500) return transient(`Salesforce answered ${status}: ${error?.message ?? 'no reason given'}`)
  if (status === 429 || status === 420) return throttledBy(error?.message ?? 'ConcurrentRequests')
  if (status === 401) return { kind: 'auth', detail: error?.message ?? 'The session is not accepted' }
  if (status === 300) return conflict('MULTIPLE_CHOICES', 'Several records match the external id')
  if (status < 400) return broken(`Salesforce answered ${status} where a success was expected`)
  if (error === null) return broken(`Salesforce answered ${status} with something that is not JSON`)
  if (status === 403) return classifyForbidden(error)
  if (status === 409 || status === 412 || error.code === 'DUPLICATE_VALUE')
    return conflict(error.code, error.message)
  return { kind: 'rejected', code: error.code, detail: error.message, field: error.field }
}

/** A record-level "no" is the record's; any other 403 concerns what the connection may do at all. */
function classifyForbidden(error: ApiError): Failure {
  const concernsRecord = /^(INSUFFICIENT_ACCESS|CANNOT_|FIELD_)/.test(error.code)
  if (concernsRecord) return { kind: 'rejected', code: error.code, detail: error.message, field: error.field }
  return { kind: 'auth', detail: `${error.code}: ${error.message}` }
}

/** Classes a refusal of the token endpoint (RFC 6749, 5.2). `error` is its code, or `ERROR_HTTP_<status>` when it sent no JSON. */
export function classifySignIn(error: string, description: string): Failure {
  const status = Number(/^ERROR_HTTP_(\d{3})$/.exec(error)?.[1] ?? 0)
  if (status === 429) return throttledBy(description)
  if (status >= 500) return transient(`The token endpoint answered ${status}`)
  if (/^(server_error|temporarily_unavailable|unknown_error)$/.test(error)) return transient(description)
  if (status > 0) return broken(`The token endpoint answered ${status} with something that is not JSON`)
  return { kind: 'auth', detail: `${error}: ${description}` }
}

/** The request or the answer was lost. */
export function classifyLoss(reason: string): Failure {
  return transient(`Salesforce could not be reached: ${reason}`)
}

/** A success whose body is not what was asked for: a login page is broken, a body cut short may come whole next time. */
export function classifyBody(body: string): Failure {
  if (/^\s*</.test(body)) return broken('Salesforce answered with a web page instead of JSON')
  return transient('The answer of Salesforce was cut short')
}

function throttledBy(message: string): Failure {
  const daily = /TotalRequests/i.test(message)
  return { kind: 'throttled', retryAfterMilliseconds: daily ? waitForDailyLimit : waitForConcurrency }
}

function transient(detail: string): Failure {
  return { kind: 'transient', detail }
}

function conflict(code: string, detail: string): Failure {
  return { kind: 'conflict', code, detail }
}

/** A success in form that is not what we asked for. */
export function broken(detail: string): Failure {
  return { kind: 'broken', detail }
}

/** Error bodies are lists; the first entry decides. Null when the body holds no error in that shape. */
function firstError(body: string): ApiError | null {
  const errors = parsed(body)
  const first = Array.isArray(errors) ? (errors as Json[])[0] : undefined
  if (!isJsonObject(first) || typeof first['errorCode'] !== 'string') return null
  const message = typeof first['message'] === 'string' ? first['message'] : first['errorCode']
  return { code: first['errorCode'], message, field: fieldOf(first['fields'], message) }
}

function fieldOf(fields: Json | undefined, message: string): string | null {
  if (Array.isArray(fields) && typeof fields[0] === 'string') return fields[0]
  return /No such column '([^']+)'/.exec(message)?.[1] ?? null
}

function parsed(body: string): Json {
  try {
    return JSON.parse(body) as Json
  } catch {
    return null
  }
}
