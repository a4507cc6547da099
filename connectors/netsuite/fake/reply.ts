/** What the twin answers, before it becomes HTTP. `body` null is an empty body. */
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Why NetSuite refuses a request, in its own words. */
export type FakeRefusal = {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly path?: string
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
}

const rfcSections: Readonly<Record<number, string>> = {
  400: '10.4.1',
  401: '10.4.2',
  404: '10.4.5',
  405: '10.4.6',
  429: '10.4',
  500: '10.5.1',
}

/** A refusal in NetSuite's error form (help section_156570709583). */
export function errorReply(
  { status, code, detail, path }: FakeRefusal,
  headers: Record<string, string> = {},
): Reply {
  return {
    status,
    headers: { 'content-type': 'application/vnd.oracle.resource+json; type=error', ...headers },
    body: {
      type: typeOf(status),
      title: code === 'IDEMPOTENCY_ERROR' ? 'Conflict' : (titles[status] ?? 'Bad Request'),
      status,
      'o:errorDetails': [
        { detail, ...(path === undefined ? {} : { 'o:errorPath': path }), 'o:errorCode': code },
      ],
    },
  }
}

function typeOf(status: number): string {
  return `https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec${rfcSections[status] ?? '10.4'}`
}

/** A success with a body. */
export function jsonReply(body: unknown, type: 'singular' | 'collection' = 'singular'): Reply {
  return {
    status: 200,
    headers: { 'content-type': `application/vnd.oracle.resource+json; type=${type}` },
    body,
  }
}

/** A success without one. */
export function emptyReply(status: 202 | 204, headers: Readonly<Record<string, string>>): Reply {
  return { status, headers, body: null }
}

/** A business rule says no. */
export function userError(rule: string): FakeRefusal {
  return { status: 400, code: 'USER_ERROR', detail: `Error while accessing a resource. ${rule}` }
}

/** A field has a value that means nothing to NetSuite. */
export function invalidValue(value: string, field: string, path: string): FakeRefusal {
  const detail = `Error while accessing a resource. You have entered an Invalid Field Value ${value} for the following field: ${field}.`
  return { status: 400, code: 'INVALID_CONTENT', detail, path }
}

/** The request itself is malformed. */
export function invalidRequest(detail: string): FakeRefusal {
  return { status: 400, code: 'INVALID_REQUEST', detail }
}

/** There is no such record. */
export const nonexistent: FakeRefusal = {
  status: 404,
  code: 'NONEXISTENT_ID',
  detail: 'Record does not exist.',
}

/** The server failed by itself. */
export const unexpectedError: FakeRefusal = {
  status: 500,
  code: 'UNEXPECTED_ERROR',
  detail: 'An unexpected error occurred. Error ID: 00000000-fake',
}

/** Too many requests at once: the documented sample names 429 a "Bad Request" and sends no Retry-After. */
export function concurrencyReply(): Reply {
  const reply = errorReply({
    status: 429,
    code: 'CONCURRENCY_LIMIT_EXCEEDED',
    detail: 'Concurrent request limit exceeded. Request blocked.',
  })
  return { ...reply, body: { ...(reply.body as object), 'o:errorCode': 'USER_ERROR' } }
}

/** The sign-in is not good any more, in the words of the scheme it was made with. */
export function unauthorizedReply(accountId: string, scheme: 'Bearer' | 'OAuth'): Reply {
  const error = scheme === 'Bearer' ? 'invalid_token' : 'token_rejected'
  const challenge = `${scheme} realm="${accountId}", error="${error}", error_description="Invalid login attempt."`
  const detail = 'Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI.'
  return errorReply({ status: 401, code: 'INVALID_LOGIN', detail }, { 'www-authenticate': challenge })
}

/** Turns a reply into HTTP. */
export function toResponse({ status, headers, body }: Reply): Response {
  return new Response(body === null ? null : JSON.stringify(body), { status, headers })
}
