import * as z from 'zod'
import type { IssueCode } from '../../src/domain/issue.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { NetSuiteResponse } from './transport.ts'
import { NotSentError } from './transport.ts'

/** Whether a lost answer may hide an effect: only a write's may. */
export type Purpose = 'read' | 'write'

/** An answer that is not a success. */
export type Refusal = Exclude<Answer<never>, { kind: 'ok' }>

type ErrorDetail = { readonly detail: string; readonly code: string; readonly path: string | null }

const ErrorBody = z.object({
  'o:errorDetails': z
    .array(z.object({ detail: z.string(), 'o:errorCode': z.string(), 'o:errorPath': z.string().optional() }))
    .min(1),
})

/** NetSuite says by 404 and this code that it has no such record; any other 404 may be a wrong address. */
const noSuchRecord = 'NONEXISTENT_ID'

/**
 * Texts of the business rules under USER_ERROR and INVALID_CONTENT, first match wins (help section_4103386138). The text of a locked
 * period is not published for REST, so any refusal that speaks of a period counts as one.
 */
const rules: readonly { readonly text: RegExp; readonly kind: Refusal['kind']; readonly code: IssueCode }[] =
  [
    { text: /already exists/i, kind: 'conflict', code: 'ERP_ID_TAKEN' },
    { text: /\bperiods?\b/i, kind: 'locked', code: 'ERP_PERIOD_LOCKED' },
    { text: /locked by a user defined workflow/i, kind: 'locked', code: 'PROVIDER_REJECTED' },
    { text: /does not have permission/i, kind: 'auth', code: 'PROVIDER_AUTH' },
    { text: /invalid .*reference key/i, kind: 'rejected', code: 'ERP_REFERENCE_INVALID' },
    { text: /invalid field value/i, kind: 'rejected', code: 'ERP_REFERENCE_INVALID' },
    { text: /please enter (a )?values?/i, kind: 'rejected', code: 'ERP_REFERENCE_INVALID' },
    { text: /\b(inactive|summary) account/i, kind: 'rejected', code: 'ERP_REFERENCE_INVALID' },
  ]

/** Classes an answer with a status outside 200 to 299, by reliability table b.0. */
export function refusalOf(response: NetSuiteResponse, purpose: Purpose): Refusal {
  const error = errorDetailOf(response.text)
  const said = error === null ? `HTTP ${response.status}` : `${error.code}: ${error.detail}`
  if (response.status === 401 || response.status === 403) return { kind: 'auth', detail: said }
  // The wait is set by the caller: NetSuite sends no Retry-After.
  if (response.status === 429) return { kind: 'throttled', retryAfterMilliseconds: 0 }
  if (response.status >= 500 || response.status === 408) return uncertain(said, purpose)
  if (error === null) return unreadable(response, purpose)
  return ruleRefusal(error)
}

/** Classes a call that brought no answer at all. */
export function lostAnswer(error: unknown, purpose: Purpose): Refusal {
  const detail = error instanceof Error ? error.message : String(error)
  if (error instanceof NotSentError) return { kind: 'transient', detail }
  return uncertain(detail, purpose)
}

/** Classes an answer that is not in NetSuite's form: a page of HTML, half a body, a redirect. */
export function unreadable(response: NetSuiteResponse, purpose: Purpose): Refusal {
  const detail = `NetSuite answered ${response.status} with ${shapeOf(response)}`
  return purpose === 'read' ? { kind: 'broken', detail } : { kind: 'unknown', detail }
}

/** Whether NetSuite said for sure that the record does not exist. */
export function isMissing(answer: Answer<unknown>): boolean {
  return answer.kind === 'rejected' && answer.code === noSuchRecord
}

function uncertain(detail: string, purpose: Purpose): Refusal {
  return purpose === 'read' ? { kind: 'transient', detail } : { kind: 'unknown', detail }
}

function ruleRefusal({ detail, code, path }: ErrorDetail): Refusal {
  if (code === noSuchRecord) return { kind: 'rejected', code: noSuchRecord, detail, field: path }
  const rule = rules.find(({ text }) => text.test(detail))
  if (rule?.kind === 'conflict') return { kind: 'conflict', code: rule.code, detail }
  if (rule?.kind === 'locked') return { kind: 'locked', code: rule.code, detail }
  if (rule?.kind === 'auth') return { kind: 'auth', detail }
  return {
    kind: 'rejected',
    code: rule?.code ?? ('PROVIDER_REJECTED' satisfies IssueCode),
    detail,
    field: path,
  }
}

function errorDetailOf(text: string): ErrorDetail | null {
  const body = ErrorBody.safeParse(jsonOf(text))
  const first = body.success ? body.data['o:errorDetails'][0] : undefined
  if (first === undefined) return null
  return { detail: first.detail, code: first['o:errorCode'], path: first['o:errorPath'] ?? null }
}

/** Reads JSON; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function shapeOf(response: NetSuiteResponse): string {
  if (response.text === '') return 'an empty body'
  return /^\s*</.test(response.text) ? 'a page of HTML' : 'a body it does not document'
}
