import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { timeout } from 'hono/timeout'
import type { Ids } from '../ports/random.ts'
import type { ApiKey } from '../store/api-keys.ts'
import { isUnavailable } from '../store/unavailable.ts'
import { faultsOf } from './faults.ts'
import { ProblemError, problemResponse, type Problem } from './problem.ts'

/** What handlers find on a request's context. */
export type ApiEnv = { Variables: { requestId: string; apiKey: ApiKey } }

export type Api = OpenAPIHono<ApiEnv>

export type FoundationOptions = {
  readonly ids: Ids
  readonly settings: { readonly publicUrl: string }
  /** Where trouble that no answer explains is told. */
  readonly report: (error: unknown) => void
}

/** An app without routes: request ids, safe headers, and one way to say that something is wrong. */
export function createFoundation({ ids, settings, report }: FoundationOptions): Api {
  const app: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw new ProblemError(faultsOf(result.target, result.error))
    },
  })
  app.use(requestId({ generator: () => ids.next('req') }))
  app.use(secureHeaders({ referrerPolicy: 'no-referrer', xFrameOptions: 'DENY' }))
  app.use(nothingEmbedded)
  const answer = (c: Context, problem: Problem) => problemResponse(c, problem, settings.publicUrl)
  app.onError((error, c) => answer(c, problemOf(error, report)))
  app.notFound((c) => {
    const allowed = methodsAt(app, c.req.path)
    if (allowed.length === 0)
      return answer(c, {
        status: 404,
        code: 'not-found',
        detail: `There is nothing at ${shown(c.req.path)}.`,
      })
    const headers = { allow: allowed.join(', ') }
    if (c.req.method === 'OPTIONS') return c.body(null, 204, headers)
    const detail = `${shown(c.req.path)} takes ${headers.allow}.`
    return answer(c, { status: 405, code: 'method-not-allowed', detail, headers })
  })
  return app
}

/** What says nothing else may load nothing and be shown in no frame; pages say their own. */
const nothingEmbedded: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next()
  if (c.res.headers.has('content-security-policy')) return
  c.header('content-security-policy', "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
}

function shown(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}

function problemOf(error: unknown, report: (error: unknown) => void): Problem {
  if (error instanceof ProblemError) return error.problem
  report(error)
  if (isUnavailable(error)) return unavailable
  const detail = 'Something failed on our side. Nothing was changed.'
  return { status: 500, code: 'internal', detail }
}

const unavailable: Problem = {
  status: 503,
  code: 'unavailable',
  // A commit may have got through and its answer lost, or one of two lanes of usage: nobody can say that nothing was kept.
  detail: 'The database cannot be used now. Send the same again in a moment: nothing counts twice.',
  headers: { 'retry-after': '5' },
}

/** The methods that have a handler at a path, OPTIONS included; none where nothing is. */
function methodsAt(app: Api, path: string): string[] {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  )
  if (methods.length === 0) return []
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
}

/** Answers 503 when the rest has not answered in time; what was begun may still be committed, so the sender repeats it. */
export function answerWithin(milliseconds: number): MiddlewareHandler<ApiEnv> {
  const late = () => new ProblemError({ ...unavailable, detail: 'The database did not answer in time.' })
  // The library's type asks for an HTTPException, but it only throws what it is given.
  return timeout(milliseconds, late as never) as MiddlewareHandler<ApiEnv>
}
