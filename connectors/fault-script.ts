import type { MiddlewareHandler } from 'hono'

/**
 * What can go wrong on purpose. `cut-before` loses the request before it has an effect, `cut-after` loses the answer after it;
 * `stored-500` is a failure the vendor keeps and replays for the same idempotency key.
 */
export type FaultKind =
  | 'cut-before'
  | 'cut-after'
  | 'throttle'
  | 'server-error'
  | 'stored-500'
  | 'malformed-body'
  | 'html-body'
  | 'expired-session'

/** One planned fault: the next `times` requests (default one) that fit `method` and `path` meet it. */
export type Fault = {
  readonly kind: FaultKind
  readonly method?: string
  /** The start of the path, such as `/v1/subscriptions`. */
  readonly path: string
  readonly times?: number
  /** Requests that fit but pass before the fault begins. */
  readonly skip?: number
}

type Pending = { readonly fault: Fault; left: number; skip: number }

/** An ordered list of planned faults. The first that fits a request is used up by it. */
export type FaultScript = {
  add(...faults: Fault[]): void
  /** Takes the fault for a request, or null. */
  take(method: string, path: string): FaultKind | null
  /** Faults that were planned and have not happened yet. */
  remaining(): number
}

/** Makes a script. */
export function faultScript(...planned: Fault[]): FaultScript {
  const pending: Pending[] = []
  const add = (...faults: Fault[]) => {
    for (const fault of faults) pending.push({ fault, left: fault.times ?? 1, skip: fault.skip ?? 0 })
  }
  add(...planned)
  return {
    add,
    take: (method, path) => takeFrom(pending, method, path),
    remaining: () => pending.reduce((total, { left }) => total + left, 0),
  }
}

function takeFrom(pending: Pending[], method: string, path: string): FaultKind | null {
  const next = pending.find(
    ({ fault, left }) =>
      left > 0 && path.startsWith(fault.path) && (fault.method === undefined || fault.method === method),
  )
  if (!next) return null
  if (next.skip > 0) {
    next.skip -= 1
    return null
  }
  next.left -= 1
  return next.fault.kind
}

/** What a vendor answers to the faults that have a body; the rest are the same for all vendors. */
export type FaultAnswers = {
  readonly throttle: () => Response
  readonly serverError: () => Response
  readonly expiredSession: () => Response
}

/** Plays a script in front of a fake. `stored-500` is left to the fake, which alone knows its idempotency keys. */
export function playFaults(script: FaultScript, answers: FaultAnswers): MiddlewareHandler {
  return async function faults(c, next) {
    const kind = script.take(c.req.method, c.req.path)
    if (kind === null) return next()
    if (kind === 'throttle') return answers.throttle()
    if (kind === 'server-error') return answers.serverError()
    if (kind === 'expired-session') return answers.expiredSession()
    if (kind === 'cut-before') return cutConnection(c.env)
    if (kind === 'stored-500') c.set('fault', kind)
    await next()
    if (kind === 'cut-after') return cutConnection(c.env)
    if (kind === 'malformed-body')
      // A 204 cannot carry half a body; the caller sees it as a 200.
      c.res = new Response('{"id": "trunc', {
        status: c.res.status === 204 ? 200 : c.res.status,
        headers: jsonType,
      })
    if (kind === 'html-body')
      c.res = new Response('<html><body>Down for maintenance</body></html>', { headers: htmlType })
  }
}

const jsonType = { 'content-type': 'application/json' }
const htmlType = { 'content-type': 'text/html' }

/** Loses the connection: over a socket by closing it, in process by failing as fetch does. */
function cutConnection(env: unknown): never {
  const incoming = (env as { incoming?: { destroy(): void } } | undefined)?.incoming
  incoming?.destroy()
  throw new TypeError('fetch failed: the connection was cut')
}
