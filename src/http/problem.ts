import type { Context } from 'hono'
import { isProblemCode, problemTable, type ProblemCode } from './problem-table.ts'

/** A fault of one part of a request: a JSON pointer, a stable code, and words. */
export type ProblemPart = { readonly pointer: string; readonly code: string; readonly message: string }

/** What an answer that is not good says (RFC 9457). `retryable` tells a program whether the same request may work later. */
export type Problem = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 428 | 429 | 500 | 503
  readonly code: ProblemCode
  readonly detail: string
  readonly errors?: readonly ProblemPart[]
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown by handlers; the app turns it into an answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Makes a connector's refusal a problem. A code without a page of its own counts as a message that cannot be read. */
export function refusedByHook(refusal: { status: 400 | 403 | 413; code: string; detail: string }): Problem {
  const code = isProblemCode(refusal.code) ? refusal.code : 'malformed-message'
  return { status: refusal.status, code, detail: refusal.detail }
}

/** Writes a problem as `application/problem+json`. Its `type` resolves at `docsUrl`, where the hub is reached. */
export function problemResponse(c: Context, problem: Problem, docsUrl: string): Response {
  const { status, code, detail, errors, headers } = problem
  const type = `${docsUrl}/docs/problems#${code}`
  const body = {
    type,
    title: problemTable[code].title,
    status,
    detail,
    instance: c.req.path,
    code,
    request_id: c.get('requestId') as string | undefined,
    retryable: status === 429 || status >= 500 || code === 'idempotency-in-flight',
    doc_url: type,
    ...(errors ? { errors } : {}),
  }
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...headers })
}
