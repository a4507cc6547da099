import { Stripe } from 'stripe'
import type { Stage } from './stripe-fake-client.ts'
import { seconds, sellSeats } from './stripe-fake-client.ts'

/** A customer with tokens: 10M free a month, 0.00032 cents each beyond. */
export async function sellTokens(stage: Stage, mode: 'graduated' | 'volume' = 'graduated') {
  const { stripe } = stage
  const { customer, price: seats } = await sellSeats(stage)
  const meter = await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  })
  const price = await stripe.prices.create({
    product: String(seats.product),
    currency: 'usd',
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    billing_scheme: 'tiered',
    tiers_mode: mode,
    tiers: [
      { up_to: 10_000_000, unit_amount: 0 },
      { up_to: 'inf', unit_amount_decimal: Stripe.Decimal.from('0.00032') },
    ],
  })
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
  return { customer, meter, price, seats, subscription }
}

let sent = 0

/** Sends a meter event. */
export function use(stage: Stage, customer: string, value: string, at: string, identifier = `use-${++sent}`) {
  return stage.stripe.billing.meterEvents.create({
    event_name: 'tokens',
    identifier,
    timestamp: seconds(at),
    payload: { stripe_customer_id: customer, value },
  })
}

/** The invoices of a subscription, newest first, each with amount and quantity of its lines. */
export async function linesOf(stage: Stage, subscription: string) {
  const { data } = await stage.stripe.invoices.list({ subscription })
  return data.map(({ status, lines }) => ({
    status,
    lines: lines.data.map(({ amount, quantity, quantity_decimal }) => [
      amount,
      quantity,
      quantity_decimal?.toString(),
    ]),
  }))
}
