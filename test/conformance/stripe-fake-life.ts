import { Stripe } from 'stripe'
import type { Stage } from './stripe-fake-client.ts'
import { seconds, stageTwin } from './stripe-fake-client.ts'

type Json = Record<string, unknown>

/** Lives through something of everything with the SDK, and gives back every object that was seen on the way. */
export async function liveALittle(): Promise<{ readonly objects: Json[] }> {
  const objects: Json[] = []
  const stage = await stageTwin({
    tax: { registrations: [{ country: 'US', state: 'NY', percentage: '8.875' }] },
  })
  const seen = stage.stripe
  const keep = (value: unknown) => collect(JSON.parse(JSON.stringify(value)), objects)
  for (const act of [catalogue, sell, use, collectMoney, look]) await act(seen, stage, keep)
  for (const { body } of stage.delivered) {
    const event = JSON.parse(body) as { data?: { object?: unknown } }
    if (event.data?.object !== undefined) collect(event.data.object, objects)
  }
  return { objects }
}

/** Gathers an object and all objects inside it. */
function collect(value: unknown, objects: Json[]): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const one of value) collect(one, objects)
    return
  }
  const object = value as Json
  if (typeof object['object'] === 'string') objects.push(object)
  for (const inner of Object.values(object)) collect(inner, objects)
}

type Act = (stripe: Stripe, stage: Stage, keep: (value: unknown) => void) => Promise<void>

const catalogue: Act = async (stripe, _stage, keep) => {
  const customer = await stripe.customers.create({
    name: 'Acme',
    email: 'ap@acme.example',
    address: { country: 'US', postal_code: '10001', state: 'NY', line1: '1 Main St', city: 'New York' },
    tax_id_data: [{ type: 'eu_vat', value: 'DE123456789' }],
    invoice_settings: { custom_fields: [{ name: 'PO', value: '4711' }] },
    payment_method: 'pm_card_visa',
  })
  keep(customer)
  const meter = await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  })
  keep(meter)
  await stripe.products.create({ id: 'seats', name: 'Seats' })
  keep(
    await stripe.prices.create({
      product: 'seats',
      currency: 'usd',
      unit_amount: 5000,
      lookup_key: 'seats',
      recurring: { interval: 'month' },
      tax_behavior: 'exclusive',
    }),
  )
  keep(
    await stripe.prices.create({
      product: 'seats',
      currency: 'usd',
      lookup_key: 'tokens',
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 1000, unit_amount: 0, flat_amount: 100 },
        { up_to: 'inf', unit_amount_decimal: Stripe.Decimal.from('0.5') },
      ],
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
      tax_behavior: 'exclusive',
      expand: ['tiers', 'product'],
    }),
  )
  await stripe.coupons.create({ id: 'ten', percent_off: 10, duration: 'forever' })
  keep(await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: 'ten' }, code: 'TEN' }))
}

async function pricesOf(stripe: Stripe) {
  const { data } = await stripe.prices.list({ lookup_keys: ['seats', 'tokens'] })
  const [seats, tokens] = ['seats', 'tokens'].map((key) => data.find((price) => price.lookup_key === key)?.id)
  return { seats: seats ?? '', tokens: tokens ?? '' }
}

const sell: Act = async (stripe, _stage, keep) => {
  const customer = (await stripe.customers.list()).data[0]?.id ?? ''
  const { seats, tokens } = await pricesOf(stripe)
  const terms = {
    customer,
    collection_method: 'send_invoice',
    days_until_due: 30,
    automatic_tax: { enabled: true },
  } as const
  const subscription = await stripe.subscriptions.create({
    ...terms,
    items: [{ price: seats, quantity: 10, discounts: [{ coupon: 'ten' }] }, { price: tokens }],
    discounts: [{ coupon: 'ten' }],
    expand: ['latest_invoice', 'discounts', 'discounts.source.coupon', 'customer'],
  })
  keep(subscription)
  await stripe.invoiceItems.create({
    customer,
    subscription: subscription.id,
    amount: 700,
    currency: 'usd',
    description: 'Setup',
    tax_behavior: 'exclusive',
    period: { start: seconds('2026-01-01T00:00:00Z'), end: seconds('2026-02-01T00:00:00Z') },
  })
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]?.id ?? '', quantity: 12 }],
  })
  keep(
    await stripe.subscriptionSchedules.create({
      customer,
      start_date: seconds('2026-02-01T00:00:00Z'),
      end_behavior: 'cancel',
      default_settings: { collection_method: 'send_invoice', invoice_settings: { days_until_due: 30 } },
      phases: [
        { items: [{ price: seats, quantity: 1 }], duration: { interval: 'month' } },
        { items: [{ price: seats, quantity: 2 }], duration: { interval: 'month' } },
      ],
    }),
  )
  keep(await stripe.invoices.createPreview({ subscription: subscription.id }))
}

const use: Act = async (stripe, stage, keep) => {
  const customer = (await stripe.customers.list()).data[0]?.id ?? ''
  const meter = (await stripe.billing.meters.list()).data[0]?.id ?? ''
  const send = (identifier: string, value: string) =>
    stripe.billing.meterEvents.create({
      event_name: 'tokens',
      identifier,
      payload: { stripe_customer_id: customer, value },
    })
  keep(await send('first', '4000'))
  await send('second', '1')
  keep(
    await stripe.billing.meterEventAdjustments.create({
      event_name: 'tokens',
      type: 'cancel',
      cancel: { identifier: 'second' },
    }),
  )
  await stage.runTo('2026-01-02T00:00:00Z')
  keep(
    await stripe.billing.meters.listEventSummaries(meter, {
      customer,
      start_time: seconds('2026-01-01T00:00:00Z'),
      end_time: seconds('2026-01-02T00:00:00Z'),
    }),
  )
  await stage.runTo('2026-04-10T00:00:00Z')
}

const collectMoney: Act = async (stripe, stage, keep) => {
  const { data } = await stripe.invoices.list({ limit: 100, status: 'open' })
  const [first, second, third, fourth] = data
  const pay = (one: Stripe.Invoice | undefined, via: 'card' | 'bank_transfer' | 'out_of_band') =>
    stage.fake.payInvoice(one?.id ?? '', { via })
  keep(await stripe.creditNotes.create({ invoice: first?.id ?? '', amount: 500, reason: 'order_change' }))
  pay(first, 'card')
  pay(second, 'bank_transfer')
  pay(third, 'out_of_band')
  keep(await stripe.invoices.voidInvoice(fourth?.id ?? ''))
  stage.fake.refund({ invoiceId: first?.id ?? '', amountMinor: 300n })
  keep(
    await stripe.creditNotes.create({
      invoice: second?.id ?? '',
      lines: [{ type: 'invoice_line_item', invoice_line_item: second?.lines.data[0]?.id ?? '', amount: 100 }],
      credit_amount: 100,
    }),
  )
  stage.fake.openDispute({ invoiceId: second?.id ?? '' })
  await stage.runTo('2026-04-20T00:00:00Z')
}

const look: Act = async (stripe, _stage, keep) => {
  const customer = (await stripe.customers.list()).data[0]?.id ?? ''
  keep(await stripe.customers.retrieve(customer, { expand: ['tax', 'tax_ids'] }))
  keep(await stripe.customers.listBalanceTransactions(customer))
  keep(await stripe.customers.listTaxIds(customer))
  keep(await stripe.paymentMethods.list({ customer }))
  keep(await stripe.balanceTransactions.list({ limit: 100, expand: ['data.source'] }))
  keep(await stripe.payouts.list())
  keep(await stripe.disputes.list())
  keep(await stripe.refunds.list({ expand: ['data.charge'] }))
  keep(await stripe.invoicePayments.list({ expand: ['data.payment.payment_intent'] }))
  keep(await stripe.invoices.list({ limit: 100, expand: ['data.payments', 'data.discounts'] }))
  keep(await stripe.creditNotes.list())
  keep(await stripe.invoiceItems.list({ customer }))
  keep(await stripe.subscriptions.list({ status: 'all' }))
  keep(await stripe.subscriptionSchedules.list())
  keep(await stripe.taxRates.list())
  keep(await stripe.tax.settings.retrieve())
  keep(
    await stripe.webhookEndpoints.create({ url: 'https://hub.test/hooks', enabled_events: ['invoice.paid'] }),
  )
  keep(
    await stripe.testHelpers.testClocks.create({ frozen_time: seconds('2026-04-20T00:00:00Z'), name: 'now' }),
  )
}
