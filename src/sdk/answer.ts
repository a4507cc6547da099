import { retryAfterOf } from './retry-wait.ts'

/** What the hub said of one event of a batch. */
export type ItemResult = {
  readonly id: string | null
  readonly status: number
  readonly state: string
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly message: string }[]
}

/** What came of sending a batch. */
export type Answer =
  /** The hub answered for every event. */
  | { readonly kind: 'receipt'; readonly results: readonly ItemResult[] }
  /** Nobody knows whether it arrived, or the hub asks to come again: the same batch may be sent again. */
  | { readonly kind: 'later'; readonly why: string; readonly retryAfterMilliseconds: number }
  /** The hub refused the batch as a whole for something in it. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly detail: string }
  /** No batch will be taken until somebody changes something: the key, the address, what stands in between. */
  | { readonly kind: 'stopped'; readonly why: string }

/** What an answer is read from. */
export type RawAnswer = Pick<Response, 'status' | 'headers'> & { readonly text: string }

const tryAgain = [408, 425, 429]
const faultOfBatch = [400, 413, 422]

/** Reads the answer to a batch of events with these ids. */
export function readAnswer(raw: RawAnswer, ids: readonly string[], now: Date): Answer {
  const { status, text } = raw
  if (status >= 200 && status < 300) return readReceipt(parsed(text), ids)
  if (tryAgain.includes(status) || status >= 500) {
    const retryAfterMilliseconds = retryAfterOf(raw.headers.get('retry-after'), now)
    return { kind: 'later', why: `The hub answered ${said(raw)}`, retryAfterMilliseconds }
  }
  // Only the hub may refuse an event; but a proxy that finds a batch too large may let halves of it pass.
  if (faultOfBatch.includes(status) && (isProblem(raw) || (status === 413 && ids.length > 1)))
    return { kind: 'refused', status, ...problemOf(text) }
  return { kind: 'stopped', why: `The hub answered ${said(raw)}` }
}

/** An answer that is good but does not name every event of the batch in order is none: a proxy's page, or one cut short. */
function readReceipt(body: unknown, ids: readonly string[]): Answer {
  const results = Object(body).results as readonly ItemResult[] | undefined
  const isWhole =
    Array.isArray(results) &&
    results.length === ids.length &&
    ids.every((id, index) => results[index]?.id === id && typeof results[index].status === 'number')
  if (isWhole) return { kind: 'receipt', results }
  return {
    kind: 'later',
    why: 'The answer was good, but did not name every event sent.',
    retryAfterMilliseconds: 0,
  }
}

function isProblem({ headers }: RawAnswer): boolean {
  return headers.get('content-type')?.startsWith('application/problem+json') === true
}

function problemOf(text: string): { code: string; detail: string } {
  const { code, detail } = Object(parsed(text)) as { code?: unknown; detail?: unknown }
  return {
    code: typeof code === 'string' ? code : 'refused',
    detail: typeof detail === 'string' ? detail : text.slice(0, 200),
  }
}

/** A status and what was said with it; `${status} ${detail}`. */
function said({ status, text }: RawAnswer): string {
  return `${status}: ${problemOf(text).detail}`.trim()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
