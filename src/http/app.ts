import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import type { Hook } from '../ports/inbound.ts'
import type { DoorContext } from './hooks.ts'
import { hookRoutes } from './hooks.ts'
import { ProblemError, problemResponse } from './problem.ts'

export type AppOptions = Omit<DoorContext, 'publicUrl'> & {
  readonly hooks: ReadonlyMap<string, Hook>
  readonly settings: { readonly publicUrl: string }
  readonly report: (error: unknown) => void
}

/** The route table. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono()
  app.use(requestId())
  app.use(secureHeaders())
  app.onError((error, c) => {
    if (error instanceof ProblemError) return problemResponse(c, error.problem)
    options.report(error)
    return problemResponse(c, {
      status: 500,
      code: 'internal',
      detail: 'Something failed on our side. Nothing was changed.',
    })
  })
  app.notFound((c) =>
    problemResponse(c, { status: 404, code: 'not-found', detail: `There is nothing at ${c.req.path}.` }),
  )
  app.route('/v1/hooks', hookRoutes(options.hooks, { ...options, publicUrl: options.settings.publicUrl }))
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  return app
}
