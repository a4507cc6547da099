import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import type { Fake } from '../fake.ts'
import { faultScript, playFaults } from '../fault-script.ts'
import { associationRoutes } from './fake/association-routes.ts'
import { batchRoutes } from './fake/batch-routes.ts'
import { controlRoutes } from './fake/control-routes.ts'
import { createControls } from './fake/controls.ts'
import type { Controls } from './fake/controls.ts'
import { professionalLimits, rateLimits, tooManyRequests } from './fake/limits.ts'
import { createPortal } from './fake/portal.ts'
import type { Portal, PortalOptions, Switches } from './fake/portal.ts'
import { recordRoutes } from './fake/record-routes.ts'
import type { Refusal } from './fake/refusals.ts'
import { refusalBody, RefusalError } from './fake/refusals.ts'
import { settingsRoutes } from './fake/settings-routes.ts'
import type { DeliveryTrouble, WebhookEvent } from './fake/webhooks.ts'

export type { DealSeed, DealTruth, RecordSeed, Truth } from './fake/controls.ts'
export type { HookTarget, Subscription, WebhookEvent } from './fake/webhooks.ts'
export type { Limits, PolicyName } from './fake/limits.ts'
export type { PortalOptions, Switches } from './fake/portal.ts'
export type { PropertyDefinition, RecordType } from './fake/standard-properties.ts'
export { neededScopes } from './fake/portal.ts'
export { professionalLimits } from './fake/limits.ts'
export { defaultSubscriptions, signedHeaders } from './fake/webhooks.ts'
export { tieoutProperties } from './fake/standard-properties.ts'

/** A portal that behaves as HubSpot does, as far as README says. */
export interface HubSpotFake extends Fake, Controls {
  readonly portalId: number
  readonly accessToken: string
  /** Where the vendor's behaviour is open: may be set at any time. */
  readonly switches: Switches
  /** What happens to deliveries on purpose: may be set at any time. */
  readonly trouble: DeliveryTrouble
  readonly lostEvents: readonly WebhookEvent[]
  /** Queues an event as it is. */
  queueEvent(event: WebhookEvent): void
  addStage: Portal['pipelines']['add']
  changeStage: Portal['pipelines']['change']
  /** Takes a property out of the portal, or puts one in. */
  readonly properties: Portal['properties']
  readonly associations: Portal['associations']
}

/** Makes a twin. `deliver` carries its webhooks to `hooks.url`; without `hooks` it tells nobody. */
export function createHubSpotFake(options: PortalOptions): HubSpotFake {
  const limits = options.limits === undefined ? professionalLimits : options.limits
  const portal = createPortal(options)
  const controls = createControls(portal)
  const faults = faultScript()
  const time = {
    faults,
    advanceTo: (instant: Date) => Promise.resolve(portal.advanceTo(instant)),
    nextDueAt: () => portal.webhooks.nextDueAt(),
    pump: () => portal.webhooks.pump(),
  }
  const app = new Hono()
  app.onError((error, c) => answerOf(portal, error, (body, status) => c.json(body, status)))
  app.notFound((c) => c.json(refusalBody(unknownPath(c.req.path), portal.correlationId()), 404))
  app.route('/__fake', controlRoutes(portal, controls, time))
  app.use(playFaults(faults, faultAnswers(portal)))
  app.use(signedIn(portal), rateLimits(limits, portal.now, portal.timeZone, portal.correlationId))
  app.use(permitted(portal))
  app.route('/crm/v3/objects', batchRoutes(portal))
  app.route('/crm/v3/objects', recordRoutes(portal))
  app.route('/crm/v4', associationRoutes(portal))
  app.route('/', settingsRoutes(portal))
  return {
    app,
    ...time,
    ...controls,
    portalId: portal.portalId,
    accessToken: portal.accessToken,
    switches: portal.switches,
    trouble: portal.webhooks.trouble,
    lostEvents: portal.webhooks.lost,
    queueEvent: portal.webhooks.queue,
    addStage: portal.pipelines.add,
    changeStage: portal.pipelines.change,
    properties: portal.properties,
    associations: portal.associations,
  }
}

/** A refusal becomes its JSON; a cut connection stays an error, so that nobody gets an answer. */
function answerOf(
  portal: Portal,
  error: Error,
  json: (body: object, status: Refusal['status']) => Response,
): Response {
  if (!(error instanceof RefusalError)) throw error
  return json(refusalBody(error.refusal, portal.correlationId()), error.refusal.status)
}

function unknownPath(path: string): Refusal {
  return { status: 404, category: 'OBJECT_NOT_FOUND', message: `Unable to find ${path}` }
}

function faultAnswers(portal: Portal) {
  return {
    throttle: () => tooManyRequests(portal.switches.throttlePolicy, portal.correlationId()),
    serverError: () =>
      Response.json(
        { status: 'error', message: 'internal error', correlationId: portal.correlationId() },
        { status: 500 },
      ),
    expiredSession: () => unauthorized(portal, 'EXPIRED_AUTHENTICATION', 'The access token has expired.'),
  }
}

function unauthorized(portal: Portal, category: string, message: string): Response {
  const refusal: Refusal = { status: 401, category, message }
  return Response.json(refusalBody(refusal, portal.correlationId()), { status: 401 })
}

function signedIn(portal: Portal): MiddlewareHandler {
  return async function checkToken(c, next) {
    if (c.req.header('authorization') === `Bearer ${portal.accessToken}`) return next()
    return unauthorized(
      portal,
      'INVALID_AUTHENTICATION',
      'Authentication credentials not found or not valid.',
    )
  }
}

const kindOf: readonly (readonly [path: RegExp, kind: string])[] = [
  [/^\/crm\/v3\/objects\/(companies|0-2)/, 'companies'],
  [/^\/crm\/v3\/objects\/(contacts|0-1)/, 'contacts'],
  [/^\/crm\/v3\/objects\/(line_items|0-8)/, 'line_items'],
  [/^\/crm\/v[34]\//, 'deals'],
]

/** Refuses what the app was not granted. */
function permitted(portal: Portal): MiddlewareHandler {
  return async function checkScopes(c, next) {
    const kind = kindOf.find(([path]) => path.test(c.req.path))?.[1]
    const isRead = c.req.method === 'GET' || /\/(search|batch\/read)$/.test(c.req.path)
    const isSchema = c.req.path.startsWith('/crm/v3/properties/') && !isRead
    const scope = `crm.${isSchema ? 'schemas' : 'objects'}.${kind}.${isRead ? 'read' : 'write'}`
    if (kind === undefined || portal.scopes.includes(scope)) return next()
    throw new RefusalError({
      status: 403,
      category: 'MISSING_SCOPES',
      message: "This app hasn't been granted all required scopes to make this call.",
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: [scope] },
        },
      ],
    })
  }
}
