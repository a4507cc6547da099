import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { Stripe } from 'stripe'
import { onTestFinished } from 'vitest'
import type { StripeFake, StripeFakeOptions } from '../../connectors/stripe/fake.ts'
import { createStripeFake } from '../../connectors/stripe/fake.ts'
import type { VirtualClock } from '../../src/ports/clock.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'

/** A delivery as the hub's endpoint saw it. */
export type Delivered = { readonly body: string; readonly signature: string; readonly type: string }

export type Stage = {
  readonly fake: StripeFake
  readonly clock: VirtualClock
  readonly stripe: Stripe
  readonly url: string
  readonly delivered: Delivered[]
  /** What the endpoint answers from now on. */
  answerWith(status: number): void
  /** Moves the twin to an instant, delivering all that falls due on the way. */
  runTo(instant: string): Promise<void>
}

export const webhookSecret = 'whsec_first'

/** Unix seconds of an instant. */
export function seconds(instant: string): number {
  return Date.parse(instant) / 1000
}

/** A twin on a loopback port with the official SDK in front of it, and an endpoint that remembers what it got. */
export async function stageTwin(
  options: Partial<StripeFakeOptions> & { readonly startsAt?: string } = {},
): Promise<Stage> {
  const clock = virtualClock(new Date(options.startsAt ?? '2026-01-01T00:00:00Z'))
  const delivered: Delivered[] = []
  let status = 200
  const fake = createStripeFake({
    clock,
    random: seededRandom(7),
    webhooks: [{ url: 'http://hub.test/hooks/stripe', secrets: [webhookSecret] }],
    deliver: async (_url, init) => {
      const body = String(init?.body)
      const signature = new Headers(init?.headers).get('stripe-signature') ?? ''
      delivered.push({ body, signature, type: (JSON.parse(body) as { type: string }).type })
      return new Response(null, { status })
    },
    limits: { accountPerSecond: 1e9, endpointPerSecond: 1e9 },
    ...options,
  })
  const server = serve({ fetch: fake.app.fetch, hostname: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  const { port } = server.address() as AddressInfo
  const runTo = async (instant: string) => {
    const end = new Date(instant)
    for (let next = fake.nextDueAt(); next !== null && next <= end; next = fake.nextDueAt()) {
      await fake.advanceTo(next)
      await fake.pump()
    }
    await fake.advanceTo(end)
    clock.advanceTo(end)
    await fake.pump()
  }
  return {
    fake,
    clock,
    delivered,
    runTo,
    url: `http://127.0.0.1:${port}`,
    stripe: clientFor(port),
    answerWith: (next) => {
      status = next
    },
  }
}

function clientFor(port: number): Stripe {
  return new Stripe('sk_test_twin', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  })
}

/** A customer in New York who pays invoices, and a monthly or annual seat price. */
export async function sellSeats(
  { stripe }: Stage,
  price: Partial<Stripe.PriceCreateParams> = {},
): Promise<{ customer: Stripe.Customer; price: Stripe.Price }> {
  const customer = await stripe.customers.create({
    name: 'Acme',
    email: 'ap@acme.example',
    address: { country: 'US', postal_code: '10001', state: 'NY' },
  })
  const product = await stripe.products.create({ name: 'Seats' })
  return {
    customer,
    price: await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 5000,
      recurring: { interval: 'month' },
      tax_behavior: 'exclusive',
      ...price,
    }),
  }
}

/** What a test asks for beyond ten seats. */
export type Extra = Partial<Stripe.SubscriptionCreateParams>

/** Ten seats at $50 a month from 1 January 2026, sent NET 30. */
export async function sellTenSeats(stage: Stage, extra: Extra = {}) {
  const { customer, price } = await sellSeats(stage)
  const subscription = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 10 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    ...extra,
  })
  return { customer, price, subscription, item: subscription.items.data[0]?.id ?? '' }
}

/** The invoices of a subscription, oldest first, each as its total and the amounts of its lines. */
export async function billed(stage: Stage, subscription: string) {
  const { data } = await stage.stripe.invoices.list({ subscription, limit: 100 })
  return data.toReversed().map(({ total, lines }) => [total, ...lines.data.map(({ amount }) => amount)])
}

/** So many months, as the length of a phase. */
export const months = (count: number, unit = 'month') => ({
  interval: unit as 'month',
  interval_count: count,
})
