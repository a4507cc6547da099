import type { Context } from 'hono'

/** A fault of one part of a request: a JSON pointer, a stable code, and words. */
export type ProblemPart = { readonly pointer: string; readonly code: string; readonly message: string }

/** What an answer that is not good says (RFC 9457). `retryable` tells a program whether the same request may work later. */
export type Problem = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 428 | 429 | 500 | 503
  readonly code: string
  readonly detail: string
  readonly errors?: readonly ProblemPart[]
  readonly headers?: Readonly<Record<string, string>>
}

const titles: Readonly<Record<Problem['status'], string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Unsupported content type',
  422: 'Unprocessable content',
  428: 'Precondition required',
  429: 'Too many requests',
  500: 'Our fault',
  503: 'Try again later',
}

/** Thrown by handlers; the app turns it into an answer. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Writes a problem as `application/problem+json`. */
export function problemResponse(c: Context, problem: Problem): Response {
  const { status, code, detail, errors, headers } = problem
  const body = {
    type: `/docs/problems#${code}`,
    title: titles[status],
    status,
    detail,
    instance: c.req.path,
    code,
    request_id: c.get('requestId') as string | undefined,
    retryable: status === 429 || status >= 500,
    ...(errors ? { errors } : {}),
  }
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...headers })
}
