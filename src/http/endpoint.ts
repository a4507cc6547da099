import { createRoute, z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type { ApiKey } from '../store/api-keys.ts'
import type { Store, Unit } from '../store/unit-of-work.ts'
import type { Clock } from '../ports/clock.ts'
import { requireScope, type AccessContext } from './access/authenticate.ts'
import type { Scope } from './access/scopes.ts'
import { secured } from './access/security.ts'
import { bodyLimits, readText, requireMediaType } from './body.ts'
import { cursorsFor, type Cursors } from './cursor.ts'
import type { Api, ApiEnv } from './foundation.ts'
import { idempotencyHeader, performOnce, type Changed } from './perform-once.ts'
import { problemAnswers } from './shapes.ts'
import { parseStrictJson } from './strict-json.ts'

export type EndpointContext = AccessContext & { readonly store: Store; readonly clock: Clock }

/** A request that has passed its schemas. */
export type Asked<Params, Query> = {
  readonly params: Params
  readonly query: Query
  readonly key: ApiKey
  readonly cursors: Cursors
}

type Described = {
  readonly path: string
  readonly scope: Scope
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Statuses of problems besides those every address has. */
  readonly problems?: readonly number[]
}

/** An address that is read: what it takes, what it answers, and how. */
export type ReadEndpoint<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Answer extends z.ZodType,
> = Described & {
  readonly params?: Params
  readonly query?: Query
  readonly answer: Answer
  read(asked: Asked<z.output<Params>, z.output<Query>>): Promise<z.input<Answer>>
}

/** An address that changes something, once for each Idempotency-Key. `write` does all of it in the unit it is given. */
export type WriteEndpoint<
  Params extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> = Described & {
  readonly params?: Params
  readonly body: Body
  readonly answer: Answer
  /** Statuses of good answers; default 200. */
  readonly statuses?: readonly (200 | 201 | 202)[]
  write(
    unit: Unit,
    asked: Omit<Asked<z.output<Params>, never>, 'query' | 'cursors'> & { readonly body: z.output<Body> },
  ): Promise<Changed<z.input<Answer>>>
}

/** An address that is asked with a body and changes nothing that anybody could tell, so it takes no Idempotency-Key. */
export type AskEndpoint<Body extends z.ZodType, Answer extends z.ZodType> = Described & {
  readonly body: Body
  readonly answer: Answer
  ask(body: z.output<Body>): Promise<z.input<Answer>>
}

const nothing = z.strictObject({})

/** Adds an address that is read, with its description. */
export function addRead<P extends z.ZodType, Q extends z.ZodType, A extends z.ZodType>(
  app: Api,
  context: EndpointContext,
  endpoint: ReadEndpoint<P, Q, A>,
): void {
  const route = createRoute({
    ...descriptionOf(endpoint),
    method: 'get',
    request: { params: paramsOf(endpoint.params), query: (endpoint.query ?? nothing) as never },
    responses: answersOf(endpoint.answer, [200], endpoint.problems ?? [], [400, 401, 403, 503]),
    middleware: requireScope(endpoint.scope, context),
  })
  // The answer's type is held by `read`; the library would ask for it once more.
  app.openapi(route, (async (c: Context<ApiEnv>) => {
    const valid = c.req as unknown as { valid(target: 'param' | 'query'): never }
    const asked = { params: valid.valid('param'), query: valid.valid('query'), key: c.get('apiKey') }
    return c.json(await endpoint.read({ ...asked, cursors: cursorsFor(c.req) }))
  }) as never)
}

/** Adds an address that is asked with a body, with its description. */
export function addAsk<B extends z.ZodType, A extends z.ZodType>(
  app: Api,
  context: EndpointContext,
  endpoint: AskEndpoint<B, A>,
): void {
  const route = createRoute({
    ...descriptionOf(endpoint),
    method: 'post',
    request: {
      query: nothing,
      body: { required: true, content: { 'application/json': { schema: endpoint.body } } },
    },
    responses: answersOf(
      endpoint.answer,
      [200],
      endpoint.problems ?? [],
      [400, 401, 403, 413, 415, 422, 503],
    ),
    middleware: [requireScope(endpoint.scope, context), strictBody] as const,
  })
  app.openapi(route, (async (c: Context<ApiEnv>) => {
    const valid = c.req as unknown as { valid(target: 'json'): never }
    return c.json(await endpoint.ask(valid.valid('json')))
  }) as never)
}

/** Adds an address that changes something, with its description. */
export function addWrite<P extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  app: Api,
  context: EndpointContext,
  endpoint: WriteEndpoint<P, B, A>,
): void {
  const always = [400, 401, 403, 409, 413, 415, 422, 503]
  const route = createRoute({
    ...descriptionOf(endpoint),
    method: 'post',
    request: {
      params: paramsOf(endpoint.params),
      query: nothing,
      headers: idempotencyHeader,
      body: { required: true, content: { 'application/json': { schema: endpoint.body } } },
    },
    responses: answersOf(endpoint.answer, endpoint.statuses ?? [200], endpoint.problems ?? [], always),
    middleware: [requireScope(endpoint.scope, context), strictBody] as const,
  })
  app.openapi(route, (async (c: Context<ApiEnv>) => {
    const valid = c.req as unknown as { valid(target: 'param' | 'json'): never }
    const asked = { params: valid.valid('param'), body: valid.valid('json'), key: c.get('apiKey') }
    return performOnce(c, context, (unit) => endpoint.write(unit, asked))
  }) as never)
}

/** Reads the body as the rules for bodies ask, before the library reads it as it would. */
const strictBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  requireMediaType(c.req.raw, ['application/json'])
  const text = await readText(c.req.raw, bodyLimits.api)
  parseStrictJson(text)
  // The cache holds what `text()` of the request would give, which is a promise, whatever its type says.
  c.req.bodyCache.text = Promise.resolve(text) as unknown as string
  await next()
}

function descriptionOf({ path, tag, summary, description, scope }: Described) {
  return { path, tags: [tag], summary, ...(description ? { description } : {}), ...secured(scope) }
}

function paramsOf(params: z.ZodType | undefined): never {
  return (params ?? nothing) as never
}

function answersOf(
  answer: z.ZodType,
  good: readonly number[],
  problems: readonly number[],
  always: readonly number[],
) {
  const content = { 'application/json': { schema: answer } }
  return {
    ...Object.fromEntries(good.map((status) => [status, { description: goodWords[status] ?? '', content }])),
    ...problemAnswers(...[...new Set([...always, ...problems])].sort((left, right) => left - right)),
  }
}

const goodWords: Readonly<Record<number, string>> = {
  200: 'Good.',
  201: 'Made.',
  202: 'Asked for; it is done in a moment.',
}
