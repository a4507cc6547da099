import { createHubSpotCrm } from '../../connectors/hubspot/hubspot.ts'
import { createHubSpotHook } from '../../connectors/hubspot/inbound.ts'
import { createNetSuiteErp } from '../../connectors/netsuite/netsuite.ts'
import { createOAuth2Transport } from '../../connectors/netsuite/oauth2.ts'
import { createTokenBasedTransport } from '../../connectors/netsuite/token-based.ts'
import type { NetSuiteTransport } from '../../connectors/netsuite/transport.ts'
import {
  createSalesforceFlowHook,
  createSalesforceOutboundMessageHook,
} from '../../connectors/salesforce/inbound.ts'
import { createSalesforceCrm } from '../../connectors/salesforce/salesforce.ts'
import { createSegmentHook } from '../../connectors/segment/inbound.ts'
import { createStripeHook } from '../../connectors/stripe/inbound.ts'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import type { Environment } from '../config.ts'
import { has } from '../config.ts'
import type { BooksSettings } from '../domain/books.ts'
import type { Mapping, SourceFields } from '../domain/mapping.ts'
import { sourceFields } from '../domain/mapping.ts'
import type { Billing, BillingNotices } from '../ports/billing.ts'
import type { Clock } from '../ports/clock.ts'
import type { Crm } from '../ports/crm.ts'
import type { Erp } from '../ports/erp.ts'
import type { Hook } from '../ports/inbound.ts'
import type { Transport } from '../ports/transport.ts'

/** What connecting needs besides the environment. */
export type ConnectOptions = {
  readonly clock: Clock
  readonly transport: Transport
  readonly books: BooksSettings
  readonly mappings: readonly Mapping[]
  readonly publicUrl: string
}

/** The vendors as the hub sees them. */
export type Connections = {
  readonly crms: ReadonlyMap<string, Crm>
  readonly billing: Billing & BillingNotices
  readonly erp: Erp
  readonly hooks: ReadonlyMap<string, Hook>
  readonly billingAccount: string
}

/** Makes the connectors the environment asks for. Nothing is called yet. */
export function connect(environment: Environment, options: ConnectOptions): Connections {
  const crms = [salesforce(environment, options), hubspot(environment, options)].filter((crm) => crm !== null)
  return {
    crms: new Map(crms.map((crm) => [`${crm.name}:${crm.org}`, crm])),
    billing: stripe(environment, options),
    erp: createNetSuiteErp({
      settings: options.books,
      transport: netSuiteTransport(environment, options),
      clock: options.clock,
    }),
    hooks: hooksOf(environment, options.publicUrl),
    billingAccount: environment.STRIPE_ACCOUNT,
  }
}

/** The hooks alone: all that the door of a Worker needs. */
export function hooksOf(environment: Environment, publicUrl: string): Map<string, Hook> {
  const hooks = new Map<string, Hook>()
  hooks.set(
    'stripe',
    createStripeHook({
      secrets: environment.STRIPE_WEBHOOK_SECRETS,
      livemode: environment.STRIPE_SECRET_KEY?.includes('_live_') === true,
      account: environment.STRIPE_ACCOUNT,
    }),
  )
  if (has(environment, 'salesforce')) {
    const organizationId = environment.SALESFORCE_ORGANIZATION_ID ?? ''
    hooks.set('salesforce', createSalesforceOutboundMessageHook({ organizationId }))
    const secrets = environment.SALESFORCE_FLOW_SECRETS
    if (secrets.length > 0)
      hooks.set('salesforce/flow', createSalesforceFlowHook({ organizationId, secrets }))
  }
  if (has(environment, 'hubspot') && environment.HUBSPOT_CLIENT_SECRETS.length > 0) {
    hooks.set(
      'hubspot',
      createHubSpotHook({
        clientSecrets: environment.HUBSPOT_CLIENT_SECRETS,
        publicUrl: `${publicUrl}/v1/hooks/hubspot`,
        portalId: environment.HUBSPOT_PORTAL_ID ?? '',
      }),
    )
  }
  const { SEGMENT_SECRETS: secrets, SEGMENT_EVENTS: meanings, SEGMENT_CONNECTION: connection } = environment
  if (secrets !== undefined && meanings !== undefined)
    hooks.set('segment', createSegmentHook({ secrets, connection, meanings }))
  return hooks
}

function fieldsOf(mappings: readonly Mapping[], source: Mapping['source']): SourceFields {
  const mapping = mappings.find((candidate) => candidate.source === source)
  return mapping ? sourceFields(mapping) : { deal: [], account: [], contact: [], line: [] }
}

function salesforce(environment: Environment, { clock, transport, mappings }: ConnectOptions): Crm | null {
  if (!has(environment, 'salesforce')) return null
  const { deal, account, contact, line } = fieldsOf(mappings, 'salesforce')
  return createSalesforceCrm({
    loginUrl: environment.SALESFORCE_LOGIN_URL ?? '',
    clientId: environment.SALESFORCE_CLIENT_ID ?? '',
    clientSecret: environment.SALESFORCE_CLIENT_SECRET ?? '',
    organizationId: environment.SALESFORCE_ORGANIZATION_ID ?? '',
    organizationCurrency: environment.SALESFORCE_CURRENCY ?? null,
    fields: { opportunity: deal, account, line, contact },
    clock,
    transport,
  })
}

function hubspot(environment: Environment, { clock, transport, mappings }: ConnectOptions): Crm | null {
  if (!has(environment, 'hubspot')) return null
  const { deal, account, contact, line } = fieldsOf(mappings, 'hubspot')
  return createHubSpotCrm({
    accessToken: environment.HUBSPOT_ACCESS_TOKEN ?? '',
    portalId: environment.HUBSPOT_PORTAL_ID ?? '',
    fields: { deal, company: account, contact, line },
    clock,
    transport,
    ...(environment.HUBSPOT_API_URL ? { basePath: withoutSlash(environment.HUBSPOT_API_URL) } : {}),
  })
}

function stripe(environment: Environment, { clock, transport }: ConnectOptions): Billing & BillingNotices {
  return createStripeBilling({
    secretKey: environment.STRIPE_SECRET_KEY ?? '',
    clock,
    transport,
    pace: { meterEventsPerSecond: environment.STRIPE_METER_EVENTS_PER_SECOND },
    ...(environment.STRIPE_API_URL ? { baseUrl: withoutSlash(environment.STRIPE_API_URL) } : {}),
  })
}

function netSuiteTransport(
  environment: Environment,
  { clock, transport }: ConnectOptions,
): NetSuiteTransport {
  const baseUrl = environment.NETSUITE_API_URL ? { baseUrl: withoutSlash(environment.NETSUITE_API_URL) } : {}
  if (has(environment, 'netsuite-token')) {
    return createTokenBasedTransport({
      accountId: environment.NETSUITE_ACCOUNT ?? '',
      consumerKey: environment.NETSUITE_CONSUMER_KEY ?? '',
      consumerSecret: environment.NETSUITE_CONSUMER_SECRET ?? '',
      tokenId: environment.NETSUITE_TOKEN ?? '',
      tokenSecret: environment.NETSUITE_TOKEN_SECRET ?? '',
      ...baseUrl,
    })
  }
  return createOAuth2Transport(
    {
      accountId: environment.NETSUITE_ACCOUNT ?? '',
      clientId: environment.NETSUITE_CLIENT_ID ?? '',
      certificateId: environment.NETSUITE_CERTIFICATE_ID ?? '',
      privateKeyPem: environment.NETSUITE_PRIVATE_KEY ?? '',
      algorithm: 'ES256',
      ...baseUrl,
    },
    { clock, transport },
  )
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
