import { Hono } from 'hono'
import type { Fake } from '../fake.ts'
import type { FaultKind } from '../fault-script.ts'
import { faultScript, playFaults } from '../fault-script.ts'
import { controlRoutes } from './fake/control-routes.ts'
import type { Controls } from './fake/controls.ts'
import { createControls } from './fake/controls.ts'
import { endpoints } from './fake/endpoints.ts'
import { createIdempotencyStore } from './fake/idempotency.ts'
import { hearInvoiceCreated } from './fake/invoice-finalize.ts'
import { createRateLimit } from './fake/rate-limit.ts'
import { badKey, rateLimited, serverFailure } from './fake/refusal.ts'
import type { StripeRefusal } from './fake/refusal.ts'
import { serve } from './fake/serve.ts'
import type { StripeFakeOptions } from './fake/settings.ts'
import type { World } from './fake/world.ts'
import { createWorld } from './fake/world.ts'

export type { StripeFakeOptions } from './fake/settings.ts'
export { liveLimits, sandboxLimits } from './fake/settings.ts'

/** Stripe's twin: the API, the controls for those who play its world, and the truth it keeps to itself. */
export interface StripeFake extends Fake, Controls {
  /** Keys whose answers are kept right now. */
  readonly keptAnswers: () => number
}

/** Makes a twin at the clock's time, with nothing in it but the webhook endpoints. */
export function createStripeFake(options: StripeFakeOptions): StripeFake {
  const world = createWorld(options)
  const faults = faultScript()
  const limit = createRateLimit(world.settings.limits, world.milliseconds)
  const keys = createIdempotencyStore(world.seconds)
  const controls = createControls(world)
  for (const webhook of options.webhooks) controls.addWebhook(webhook)
  world.deliveryListeners.push((event, accepted) => {
    if (event.type === 'invoice.created') hearInvoiceCreated(world, event.objectId, accepted)
  })
  const app = new Hono<{ Variables: { fault?: FaultKind } }>()
  // A cut connection is an exception on purpose: it reaches whoever runs the app and never becomes an answer.
  app.onError((error) => {
    throw error
  })
  app.route('/__fake', controlRoutes(world, controls, faults))
  app.use('*', playFaults(faults, faultAnswers(world)))
  serve(app, { world, limit, keys }, endpoints)
  return {
    ...controls,
    app: app as unknown as Hono,
    faults,
    keptAnswers: keys.size,
    advanceTo: (instant) => {
      world.advance(instant.getTime())
      return Promise.resolve()
    },
    nextDueAt: () => {
      const next = world.nextDueAt()
      return next === null ? null : new Date(next)
    },
    pump: () => {
      world.catchUp()
      return world.outbox.pump()
    },
  }
}

/** Faults that need no thought: they answer before the endpoint runs, and no key keeps them. */
function faultAnswers(world: World) {
  const respond = (refusal: StripeRefusal, extra: Record<string, string> = {}) =>
    new Response(JSON.stringify(refusal.body()), {
      status: refusal.status,
      headers: { 'content-type': 'application/json', 'request-id': world.newId('req'), ...extra },
    })
  return {
    throttle: () =>
      respond(rateLimited(), world.quirks.retryableThrottle ? { 'stripe-should-retry': 'true' } : {}),
    serverError: () => respond(serverFailure()),
    expiredSession: () => respond(badKey('Expired API Key provided: sk_***')),
  }
}
