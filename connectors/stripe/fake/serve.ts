import type { Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { FaultKind } from '../../fault-script.ts'
import type { Endpoint } from './api.ts'
import { decodeForm, decodeJson, readParameters } from './decode.ts'
import type { Wire } from './emit.ts'
import { expandAll } from './expand.ts'
import type { IdempotencyStore, StoredAnswer } from './idempotency.ts'
import { fingerprintOf } from './idempotency.ts'
import { refuseSession, streamPath } from './meter-stream.ts'
import type { RateLimit } from './rate-limit.ts'
import { StripeRefusal, badKey, malformedRequest, serverFailure } from './refusal.ts'
import { apiVersion } from './settings.ts'
import type { World } from './world.ts'

/** What requests are served with. */
export type Counter = {
  readonly world: World
  readonly limit: RateLimit
  readonly keys: IdempotencyStore
}

type Bindings = { Variables: { fault?: FaultKind } }
type Serving = Context<Bindings>

/** Adds the routes of the API to an app. */
export function serve(app: Hono<Bindings>, counter: Counter, endpoints: readonly Endpoint[]): void {
  for (const operation of endpoints)
    app.on(operation.method, operation.path, (c) => answer(c, counter, operation))
  app.all('*', (c) => {
    const message = `Unrecognized request URL (${c.req.method}: ${c.req.path}), or one this twin does not model.`
    return reply(c, counter.world, refusalAnswer(new StripeRefusal(404, 'invalid_request_error', message)))
  })
}

async function answer(c: Serving, counter: Counter, operation: Endpoint): Promise<Response> {
  const { world } = counter
  const body = await c.req.text()
  const id = world.newId('req')
  const key = c.req.header('idempotency-key') ?? null
  world.catchUp()
  world.request = { id, idempotencyKey: key }
  try {
    refuseStranger(c, world)
    counter.limit.take(`${operation.method} ${operation.path}`)
    const keyed = key !== null && operation.method !== 'GET' && !ignoresKeys(operation)
    const made = keyed ? await once(c, counter, operation, key, body) : run(c, world, operation, body)
    return reply(c, world, made, id)
  } catch (thrown) {
    return reply(c, world, refusalAnswer(asRefusal(thrown)), id)
  } finally {
    world.request = null
  }
}

/** A v1 DELETE takes no key: it is repeatable by itself. */
function ignoresKeys({ method, path }: Endpoint): boolean {
  return method === 'DELETE' && path.startsWith('/v1/')
}

function refuseStranger(c: Serving, world: World): void {
  const sent = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1]
  if (sent === undefined)
    throw badKey('You did not provide an API key. Put it in the Authorization header as a Bearer token.')
  if (c.req.path === streamPath) return refuseSession(world, sent)
  const known = world.settings.apiKey === null ? /^(sk|rk)_\w+/.test(sent) : sent === world.settings.apiKey
  if (!known) throw badKey(`Invalid API Key provided: ${sent.slice(0, 8)}***`)
  const version = c.req.header('stripe-version')
  if (version !== undefined && version !== apiVersion)
    throw malformedRequest(`Invalid Stripe API version: ${version}. This twin speaks ${apiVersion}.`)
}

/** Runs an operation once for a key, and repeats its answer for every further request under the key. */
async function once(
  c: Serving,
  { world, keys }: Counter,
  operation: Endpoint,
  key: string,
  body: string,
): Promise<StoredAnswer> {
  if (key.length > 255) throw malformedRequest('Idempotency keys have at most 255 characters.')
  const kept = keys.begin(key, fingerprintOf(operation.method, c.req.path, body))
  if (kept) {
    c.header('idempotent-replayed', 'true')
    return kept
  }
  // A second request with the key that arrives before this one is answered finds the key in use.
  await Promise.resolve()
  const made = attempt(c, world, operation, body)
  // v1 keeps failures too, once the endpoint began to run; v2 runs failed work again.
  const keeps = made.remembered && (made.answer.status < 400 || operation.path.startsWith('/v1/'))
  if (keeps) keys.keep(key, made.answer)
  else keys.release(key)
  return made.answer
}

function attempt(
  c: Serving,
  world: World,
  operation: Endpoint,
  body: string,
): { answer: StoredAnswer; remembered: boolean } {
  try {
    return { answer: run(c, world, operation, body), remembered: true }
  } catch (thrown) {
    const refusal = asRefusal(thrown)
    return { answer: refusalAnswer(refusal), remembered: refusal.remembered }
  }
}

function run(c: Serving, world: World, operation: Endpoint, body: string): StoredAnswer {
  const { expand, ...raw } = rawParameters(c, operation, body)
  const input: unknown = readParameters(operation.parameters, raw)
  const failing = c.get('fault') === 'stored-500'
  if (failing && !world.quirks.storedFailureTakesEffect) throw serverFailure()
  const made = operation.handle(world, input as never, c.req.param() as Record<string, string>)
  if (failing) throw serverFailure()
  const text = JSON.stringify(made)
  const paths = expandPaths(expand)
  if (paths.length === 0) return { status: 200, body: text }
  // Rendered afresh, so that expanding one answer cannot touch another.
  const wire = JSON.parse(text) as Wire
  expandAll(world, wire, paths)
  return { status: 200, body: JSON.stringify(wire) }
}

function rawParameters(c: Serving, { method, path }: Endpoint, body: string): Record<string, unknown> {
  if (method === 'GET') return decodeForm(new URL(c.req.url).search.slice(1))
  if (path.startsWith('/v2/')) return decodeJson(body)
  return { ...decodeForm(new URL(c.req.url).search.slice(1)), ...decodeForm(body) }
}

function expandPaths(sent: unknown): string[] {
  if (sent === undefined) return []
  if (Array.isArray(sent)) return sent.map(String)
  throw malformedRequest('Invalid array', { param: 'expand' })
}

function asRefusal(thrown: unknown): StripeRefusal {
  if (thrown instanceof StripeRefusal) return thrown
  throw thrown
}

function refusalAnswer(refusal: StripeRefusal): StoredAnswer {
  return { status: refusal.status, body: JSON.stringify(refusal.body()) }
}

function reply(c: Serving, world: World, made: StoredAnswer, id = world.newId('req')): Response {
  c.header('request-id', id)
  c.header('stripe-version', apiVersion)
  const key = c.req.header('idempotency-key')
  if (key !== undefined) c.header('idempotency-key', key)
  if (made.status === 429 && world.quirks.retryableThrottle) c.header('stripe-should-retry', 'true')
  return c.body(made.body, made.status as ContentfulStatusCode, { 'content-type': 'application/json' })
}
