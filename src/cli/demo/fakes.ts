import type { HubSpotFake } from '../../../connectors/hubspot/fake.ts'
import { createHubSpotFake } from '../../../connectors/hubspot/fake.ts'
import type { NetSuiteFake } from '../../../connectors/netsuite/fake.ts'
import { createNetSuiteFake } from '../../../connectors/netsuite/fake.ts'
import type { SalesforceFake } from '../../../connectors/salesforce/fake.ts'
import { createSalesforceFake } from '../../../connectors/salesforce/fake.ts'
import type { StripeFake } from '../../../connectors/stripe/fake.ts'
import { createStripeFake } from '../../../connectors/stripe/fake.ts'
import type { BooksSettings } from '../../domain/books.ts'
import type { Clock } from '../../ports/clock.ts'
import { seededRandom } from '../../ports/random.ts'
import { systemTransport } from '../../ports/transport.ts'
import { serveApp } from './serve.ts'

/** The four vendors' twins. */
export type Fakes = {
  readonly salesforce: SalesforceFake
  readonly hubspot: HubSpotFake
  readonly stripe: StripeFake
  readonly netsuite: NetSuiteFake
}

export const vendors = ['salesforce', 'hubspot', 'stripe', 'netsuite'] as const

export type Vendor = (typeof vendors)[number]

/** Secrets of the demo: they open nothing but the twins. */
export const demoSecrets = {
  stripeKey: 'sk_test_tieout_demo',
  stripeWebhook: 'whsec_tieout_demo',
  hubspotClient: 'tieout-demo-client-secret',
  salesforceFlow: 'tieout-demo-flow-secret',
} as const

/** What Stripe tells the hub at once because it moves money. */
const moneyEvents = [
  'invoice.finalized',
  'invoice.paid',
  'invoice_payment.paid',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'credit_note.created',
  'credit_note.voided',
  'refund.created',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.closed',
]

/** What else it tells; the sweep would find it too. */
const otherEvents = [
  'customer.tax_id.created',
  'customer.tax_id.updated',
  'customer.tax_id.deleted',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'v1.billing.meter.error_report_triggered',
  'v1.billing.meter.no_meter_found',
]

/** Makes the twins, which call the hub at `hubUrl`. Where they do not tell, the hub's own sweeps must find every deal, and all of Stripe that moves no money. */
export function createFakes(clock: Clock, hubUrl: string, books: BooksSettings, tells = true): Fakes {
  const deliver = systemTransport
  const netsuite = createNetSuiteFake({ clock, random: seededRandom(4) })
  netsuite.demoAccount(books, { first: '2016-01', last: '2030-12' })
  return {
    salesforce: createSalesforceFake({
      clock,
      random: seededRandom(1),
      deliver,
      ...(tells
        ? { flow: { url: `${hubUrl}/v1/hooks/salesforce/flow`, secret: demoSecrets.salesforceFlow } }
        : {}),
    }),
    hubspot: createHubSpotFake({
      clock,
      random: seededRandom(2),
      deliver,
      hooks: { url: `${hubUrl}/v1/hooks/hubspot`, clientSecret: demoSecrets.hubspotClient },
    }),
    stripe: createStripeFake({
      clock,
      random: seededRandom(3),
      deliver,
      webhooks: [
        {
          url: `${hubUrl}/v1/hooks/stripe`,
          secrets: [demoSecrets.stripeWebhook],
          enabledEvents: tells ? [...moneyEvents, ...otherEvents] : moneyEvents,
        },
      ],
    }),
    netsuite,
  }
}

/** Addresses of served twins, and how to close them. */
export type ServedFakes = { readonly urls: Readonly<Record<Vendor, string>>; close(): Promise<void> }

/** Serves each twin on a loopback port of its own. */
export async function serveFakes(fakes: Fakes): Promise<ServedFakes> {
  const served = await Promise.all(vendors.map((vendor) => serveApp(fakes[vendor].app, 0)))
  const urls = Object.fromEntries(vendors.map((vendor, index) => [vendor, served[index]?.url ?? '']))
  return {
    urls: urls as Record<Vendor, string>,
    close: async () => {
      await Promise.all(served.map(({ close }) => close()))
    },
  }
}
