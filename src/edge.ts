import { createHubSpotHook } from '../connectors/hubspot/inbound.ts'
import {
  createSalesforceFlowHook,
  createSalesforceOutboundMessageHook,
} from '../connectors/salesforce/inbound.ts'
import { createSegmentHook } from '../connectors/segment/inbound.ts'
import { createStripeHook } from '../connectors/stripe/inbound.ts'
import { createDoor } from './http/door.ts'
import { passEveryCheckpoint } from './ports/checkpoint.ts'
import { systemClock } from './ports/clock.ts'
import type { Doorbell } from './ports/doorbell.ts'
import type { Hook } from './ports/inbound.ts'
import { idsFrom, systemRandom } from './ports/random.ts'
import { openStore, type Transaction } from './store/unit-of-work.ts'
import { readWorkerEnvironment, type WorkerEnvironment } from './worker-env.ts'

/** What the runtime gives with a request: a way to go on after the answer. */
type Execution = { waitUntil(promise: Promise<unknown>): void }

/** Nobody listens here: the hub's sweep finds the work in the tables, each second. */
const silent: Doorbell<Transaction> = {
  ring: () => Promise.resolve(),
  listen: () => Promise.resolve(),
  stop: () => Promise.resolve(),
}

/** A request holds one connection at a time; Hyperdrive keeps the pool. */
const maxConnections = 2

/**
 * The door as a Cloudflare Worker: hooks and usage events, verified, stored through Hyperdrive and answered, and whether a customer may use
 * more. Everything else is done by the hub. A connection belongs to one request, as the runtime asks.
 */
export default { fetch: answer }

async function answer(request: Request, bindings: unknown, execution: Execution): Promise<Response> {
  const environment = readWorkerEnvironment(bindings)
  const store = openStore({
    url: environment.HYPERDRIVE.connectionString,
    maxConnections,
    clock: systemClock,
    random: systemRandom,
  })
  const door = createDoor({
    store,
    clock: systemClock,
    ids: idsFrom(systemClock, systemRandom),
    doorbell: silent,
    checkpoint: passEveryCheckpoint,
    hooks: hooksOf(environment),
    environment: environment.TIEOUT_ENVIRONMENT,
    settings: { publicUrl: environment.TIEOUT_PUBLIC_URL.replace(/\/+$/, '') },
    report,
  })
  try {
    return await door.fetch(request)
  } finally {
    execution.waitUntil(store.close())
  }
}

/** The hooks whose secrets are there. */
function hooksOf(environment: WorkerEnvironment): Map<string, Hook> {
  const { STRIPE_WEBHOOK_SECRETS: secrets, STRIPE_ACCOUNT: account, TIEOUT_ENVIRONMENT } = environment
  const hooks = new Map<string, Hook>()
  if (secrets.length > 0)
    hooks.set('stripe', createStripeHook({ secrets, livemode: TIEOUT_ENVIRONMENT === 'live', account }))
  addSalesforce(hooks, environment)
  const { HUBSPOT_PORTAL_ID: portalId, HUBSPOT_CLIENT_SECRETS: clientSecrets } = environment
  if (portalId !== undefined && clientSecrets.length > 0) {
    const publicUrl = `${environment.TIEOUT_PUBLIC_URL.replace(/\/+$/, '')}/v1/hooks/hubspot`
    hooks.set('hubspot', createHubSpotHook({ clientSecrets, publicUrl, portalId }))
  }
  const { SEGMENT_EVENTS: meanings, SEGMENT_CONNECTION: connection } = environment
  if (meanings !== undefined && environment.SEGMENT_SECRETS.length > 0)
    hooks.set('segment', createSegmentHook({ secrets: environment.SEGMENT_SECRETS, connection, meanings }))
  return hooks
}

function addSalesforce(hooks: Map<string, Hook>, environment: WorkerEnvironment): void {
  const { SALESFORCE_ORGANIZATION_ID: organizationId, SALESFORCE_FLOW_SECRETS: secrets } = environment
  if (organizationId === undefined) return
  hooks.set('salesforce', createSalesforceOutboundMessageHook({ organizationId }))
  if (secrets.length > 0) hooks.set('salesforce/flow', createSalesforceFlowHook({ organizationId, secrets }))
}

/** One line of JSON, as Workers' logs take it. */
function report(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  console.error(JSON.stringify({ level: 'error', message }))
}
