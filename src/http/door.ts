import { rememberedKeys, type AccessContext } from './access/authenticate.ts'
import { addEntitlementCheck } from './entitlement-check.ts'
import { usageIntake } from './accept-usage.ts'
import { addEvents, type EventsContext } from './events.ts'
import { createFoundation, type Api, type FoundationOptions } from './foundation.ts'
import { addHooks, type HookContext } from './hooks.ts'

/** What the door needs. A Worker can supply all of it. */
export type DoorOptions = FoundationOptions & HookContext & EventsContext & AccessContext

/** The door: the vendors' hooks, usage events, and whether a customer may use more. It remembers and answers, and runs in Node and in a Worker alike. */
export function createDoor(options: DoorOptions): Api {
  const app = createFoundation(options)
  const intake = usageIntake(options)
  addHooks(app, options, intake)
  const remembering = { ...options, keys: rememberedKeys(options) }
  addEvents(app, remembering, intake)
  addEntitlementCheck(app, remembering)
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/healthz',
    tags: ['operations'],
    summary: 'Whether the process answers',
    responses: { 200: { description: 'It does.' } },
  })
  return app
}
