import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createHubSpotFake, signedHeaders } from '../../connectors/hubspot/fake.ts'
import type { DealSeed, HubSpotFake, PortalOptions } from '../../connectors/hubspot/fake.ts'
import { createHubSpotCrm } from '../../connectors/hubspot/hubspot.ts'
import type { HubSpotOptions } from '../../connectors/hubspot/hubspot.ts'
import { createHubSpotHook } from '../../connectors/hubspot/inbound.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import type { VirtualClock } from '../../src/ports/clock.ts'
import type { Crm } from '../../src/ports/crm.ts'
import type { Delivery, Inbound } from '../../src/ports/inbound.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { systemTransport } from '../../src/ports/transport.ts'

/** Where HubSpot calls us in these tests, and what it signs with. */
export const hookTarget = { url: 'https://hub.example/webhooks/hubspot', clientSecret: 'secret-one' }

/** A portal on a loopback port and the real client in front of it. */
export type HubSpotWorld = {
  readonly clock: VirtualClock
  readonly fake: HubSpotFake
  readonly crm: Crm
  readonly basePath: string
  /** Another client of the same portal. */
  connect(options?: Partial<HubSpotOptions>): Crm
  /** What the door took in, in order. */
  readonly inbox: Delivery[]
  /** The next answers of the door, instead of its own. */
  readonly doorAnswers: Response[]
  close(): Promise<void>
}

/** Starts a world at noon UTC on 20 November 2026. Limits are off unless given: each test that is about them asks for them. */
export async function hubSpotWorld(options: Partial<PortalOptions> = {}): Promise<HubSpotWorld> {
  const clock = virtualClock(new Date('2026-11-20T12:00:00.000Z'))
  const inbox: Delivery[] = []
  const doorAnswers: Response[] = []
  const deliver = async (_url: string | URL | Request, init: RequestInit = {}) => {
    const odd = doorAnswers.shift()
    if (odd !== undefined) return odd
    const inbound = await door(init, clock.now())
    if (inbound.kind === 'refused') return new Response(inbound.detail, { status: inbound.status })
    inbox.push(...inbound.deliveries)
    return new Response(inbound.reply.body, { status: inbound.reply.status })
  }
  const fake = createHubSpotFake({
    clock,
    random: seededRandom(7),
    deliver,
    hooks: hookTarget,
    limits: null,
    switches: { searchLagMilliseconds: 0 },
    ...options,
  })
  const server = serve({ fetch: fake.app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const basePath = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const connect = (more: Partial<HubSpotOptions> = {}) =>
    createHubSpotCrm({
      accessToken: fake.accessToken,
      portalId: String(fake.portalId),
      clock,
      basePath,
      transport: systemTransport,
      ...more,
    })
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { clock, fake, crm: connect(), basePath, connect, inbox, doorAnswers, close }
}

function door(init: RequestInit, receivedAt: Date): Promise<Inbound> {
  const hook = createHubSpotHook({
    clientSecrets: [hookTarget.clientSecret],
    publicUrl: hookTarget.url,
    portalId: '44120887',
  })
  const headers = new Headers(init.headers)
  return hook({ method: 'POST', url: hookTarget.url, headers, rawBody: String(init.body), receivedAt })
}

/** The headers HubSpot would send with a body at an instant. */
export function signed(body: string, at: Date, target = hookTarget): Headers {
  return new Headers(signedHeaders(target, body, at.getTime()))
}

/** The value of a good answer; anything else fails the test. */
export function valueOf<T>(answer: Answer<T>): T {
  if (answer.kind !== 'ok') throw new Error(`Not a good answer: ${JSON.stringify(answer)}`)
  return answer.value
}

/** Acme Bank: a fee of 50,000.00 a month for a year, and tokens. */
export function acmeDeal(values: Readonly<Record<string, string>> = {}): DealSeed {
  return {
    deal: {
      dealname: 'Acme Bank',
      amount: '600000',
      deal_currency_code: 'USD',
      payment_terms: 'NET 60',
      po_number: 'PO-88213',
      contract_start: '2026-12-01',
      contract_months: '12',
      billing_email: 'payables@acmebank.example',
      entity: 'us',
      ...values,
    },
    company: { name: 'Acme Bank', country: 'US', city: 'New York', zip: '10004' },
    contact: { email: 'treasury@acmebank.example', firstname: 'Ada' },
    lines: [
      {
        name: 'Platform fee',
        price: '50000',
        quantity: '12',
        recurringbillingfrequency: 'monthly',
        hs_recurring_billing_period: 'P12M',
        line_kind: 'fee',
        hs_position_on_quote: '0',
      },
      {
        name: 'Tokens',
        price: '0',
        line_kind: 'usage',
        meter: 'tokens',
        included_units: '10000000',
        unit_size: '1000',
        overage_price: '0.004',
        overage_discount: '20',
        hs_position_on_quote: '1',
      },
    ],
  }
}

export type Json = Readonly<Record<string, unknown>>

/** Asks the twin in process, with its own token unless another is given. */
export async function askTwin(
  fake: HubSpotFake,
  method: string,
  path: string,
  body?: unknown,
  token = fake.accessToken,
): Promise<{ status: number; headers: Headers; json: Json }> {
  const response = await fake.app.request(path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = (text === '' ? {} : JSON.parse(text)) as Json
  return { status: response.status, headers: response.headers, json }
}
