import { z } from '@hono/zod-openapi'
import { answerWithin, type Api } from '../foundation.ts'
import { askToSignIn, mayLook, type PageContext } from '../pages/page-access.ts'
import { metricsText } from './metrics.ts'
import { readinessOf } from './readiness.ts'

const longestWaitMilliseconds = 5_000

const ReadinessShape = z
  .object({
    status: z.enum(['ready', 'degraded', 'not-ready']),
    checks: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['ok', 'warning', 'failed']),
        detail: z.string().optional().openapi({ description: 'Only for those who may see the pages.' }),
      }),
    ),
  })
  .openapi('Readiness')

/** Whether the hub can do its work, and what it tells Prometheus. */
export function addHealth(app: Api, context: PageContext): void {
  const within = answerWithin(longestWaitMilliseconds)
  app.get('/readyz', within, async (c) => {
    const [{ status, checks }, isOpen] = [await readinessOf(context), await mayLook(c, context)]
    const shown = checks.map(({ detail, ...check }) => (isOpen ? { ...check, detail } : check))
    return c.json({ status, checks: shown }, status === 'not-ready' ? 503 : 200)
  })
  app.get('/metrics', within, async (c) => {
    if (!(await mayLook(c, context))) return askToSignIn(c)
    const text = await metricsText(context.store.read, context.clock)
    return c.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  describe(app)
}

function describe(app: Api): void {
  const json = { 'application/json': { schema: ReadinessShape } }
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/readyz',
    tags: ['operations'],
    summary: 'Whether the hub can do its work: database, migrations, privileges, clock, overdue work',
    responses: {
      200: { description: 'It can; `degraded` when work is overdue.', content: json },
      503: { description: 'It cannot; the checks say why.', content: json },
    },
  })
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/metrics',
    tags: ['operations'],
    summary: 'Metrics for Prometheus',
    responses: {
      200: { description: 'Text format 0.0.4.', content: { 'text/plain': { schema: z.string() } } },
      401: { description: 'The pages are not open here: send a key with `reports:read`.' },
    },
  })
}
