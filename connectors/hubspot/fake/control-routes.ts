import { Hono } from 'hono'
import { z } from 'zod'
import type { Fake } from '../../fake.ts'
import type { Controls } from './controls.ts'
import type { Portal } from './portal.ts'
import { invalid } from './refusals.ts'
import { recordTypes } from './standard-properties.ts'

const values = z.record(z.string(), z.string())
const recordType = z.enum(recordTypes)
const end = z.union([values, z.string()])
const seed = z.object({
  deal: values,
  company: end.optional(),
  contact: end.optional(),
  lines: z.array(values).optional(),
})
const fault = z.object({
  kind: z.enum([
    'cut-before',
    'cut-after',
    'throttle',
    'server-error',
    'stored-500',
    'malformed-body',
    'html-body',
    'expired-session',
  ]),
  method: z.string().optional(),
  path: z.string(),
  times: z.number().optional(),
  skip: z.number().optional(),
})
const trouble = z.object({ duplicates: z.boolean(), shuffle: z.boolean() })
const switches = z
  .object({
    batchErrors: z.enum(['whole', 'multi-status']),
    mergedInBatchRead: z.enum(['resolved', 'missing']),
    throttlePolicy: z.enum(['SECONDLY', 'TEN_SECONDLY_ROLLING', 'DAILY']),
    searchLagMilliseconds: z.number(),
  })
  .partial()

/** The controls over HTTP: one POST each under `/__fake/`, with a JSON body; `GET /__fake/truth` answers what is. */
export function controlRoutes(
  portal: Portal,
  controls: Controls,
  fake: Pick<Fake, 'advanceTo' | 'nextDueAt' | 'pump' | 'faults'>,
): Hono {
  const routes = new Hono()
  const post = <T>(path: string, schema: z.ZodType<T>, act: (body: T) => unknown) =>
    routes.post(path, async (c) => {
      const body = schema.safeParse(await c.req.json().catch(() => undefined))
      if (!body.success) throw invalid(z.prettifyError(body.error))
      return c.json({ result: (await act(body.data)) ?? null })
    })
  routes.get('/truth', (c) => c.json(controls.truth()))
  routes.get('/next-due-at', (c) => c.json({ result: fake.nextDueAt()?.toISOString() ?? null }))
  post('/load', z.object({ deals: z.array(seed) }), ({ deals }) => controls.load(deals.map(present)))
  post('/create-deal', seed, (body) => controls.createDeal(present(body)))
  post('/close-deal', z.object({ dealId: z.string(), values: values.optional() }), (body) =>
    controls.closeDeal(body.dealId, body.values ?? {}),
  )
  post(
    '/update',
    z.object({ type: recordType, id: z.string(), values: z.record(z.string(), z.string().nullable()) }),
    (body) => controls.update(body.type, body.id, body.values),
  )
  post('/add-line', z.object({ dealId: z.string(), values }), (body) =>
    controls.addLine(body.dealId, body.values),
  )
  post('/remove', z.object({ type: recordType, id: z.string() }), (body) =>
    controls.remove(body.type, body.id),
  )
  post('/merge', z.object({ primaryId: z.string(), otherId: z.string() }), (body) =>
    controls.merge(body.primaryId, body.otherId),
  )
  post('/lock', z.object({ id: z.string(), reason: z.string() }), (body) =>
    controls.lock(body.id, body.reason),
  )
  post('/rename-stage', z.object({ stageId: z.string(), label: z.string() }), (body) =>
    controls.renameStage(body.stageId, body.label),
  )
  post('/trouble', trouble, (body) => Object.assign(portal.webhooks.trouble, body))
  post('/switches', switches, (body) => Object.assign(portal.switches, body))
  post('/faults', z.array(fault), (faults) => fake.faults.add(...faults.map(present)))
  post('/advance', z.object({ to: z.iso.datetime() }), ({ to }) => fake.advanceTo(new Date(to)))
  post('/pump', z.object({}), () => fake.pump())
  return routes
}

/** The same object without the keys that are undefined. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
