import { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import { seconds, sellSeats, stageTwin } from './stripe-fake-client.ts'
import { linesOf, sellTokens, use } from './stripe-fake-tokens.ts'

test('13M tokens with 10M free and 0.00032 cents each beyond: one line of 960 cents', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTokens(stage)
  expect(subscription.latest_invoice).toBeNull()
  await stage.runTo('2026-01-20T00:00:00Z')
  await use(stage, customer.id, '6000000', '2026-01-10T00:00:00Z')
  await use(stage, customer.id, '7000000', '2026-01-19T00:00:00Z')
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    { status: 'open', lines: [[960, 13_000_000, '13000000']] },
  ])
})

test('the same 13M tokens by volume: all of them at 0.00032 cents, 4160 cents', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTokens(stage, 'volume')
  await use(stage, customer.id, '13000000', '2026-01-01T00:00:00Z')
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    { status: 'open', lines: [[4160, 13_000_000, '13000000']] },
  ])
})

test('fractions are added exactly and rounded once: 1.5 + 1.5 tokens at half a cent are 2 cents', async () => {
  const stage = await stageTwin()
  const { customer, price: seats } = await sellSeats(stage)
  const meter = await stage.stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  })
  const price = await stage.stripe.prices.create({
    product: String(seats.product),
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.5'),
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  })
  const subscription = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
  await use(stage, customer.id, '1.5', '2026-01-01T00:00:00Z')
  await use(stage, customer.id, '1.5', '2026-01-01T00:00:00Z')
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([{ status: 'open', lines: [[2, 3, '3']] }])
})

test('a month without use makes no invoice, nor does one within the free tier', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTokens(stage)
  await stage.runTo('2026-02-10T00:00:00Z')
  await use(stage, customer.id, '10000000', '2026-02-09T00:00:00Z')
  await stage.runTo('2026-04-02T00:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([])
})

test('use of January sent in the draft hour of its invoice is billed on it; sent later it is billed nowhere', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTokens(stage)
  await use(stage, customer.id, '11000000', '2026-01-01T00:00:00Z')
  await stage.runTo('2026-02-01T00:30:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    { status: 'draft', lines: [[320, 11_000_000, '11000000']] },
  ])
  await use(stage, customer.id, '2000000', '2026-01-31T23:59:59Z')
  await stage.runTo('2026-02-01T01:00:00Z')
  await use(stage, customer.id, '9000000', '2026-01-31T23:59:59Z')
  await stage.runTo('2026-03-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    { status: 'open', lines: [[960, 13_000_000, '13000000']] },
  ])
})

test('a subscription that ends bills the use since its last invoice', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTokens(stage)
  await stage.stripe.subscriptions.update(subscription.id, { cancel_at: seconds('2026-02-15T00:00:00Z') })
  await stage.runTo('2026-02-10T00:00:00Z')
  await use(stage, customer.id, '13000000', '2026-02-09T00:00:00Z')
  await stage.runTo('2026-02-15T01:00:00Z')
  expect((await stage.stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled')
  expect(await linesOf(stage, subscription.id)).toEqual([
    { status: 'open', lines: [[960, 13_000_000, '13000000']] },
  ])
})

test('a metered item removed in mid-month has its use on the next invoice', async () => {
  const stage = await stageTwin()
  const { customer, seats, subscription } = await sellTokens(stage)
  await use(stage, customer.id, '13000000', '2026-01-01T00:00:00Z')
  await stage.runTo('2026-01-15T00:00:00Z')
  await stage.stripe.subscriptions.update(subscription.id, {
    items: [
      { id: subscription.items.data[0]?.id ?? '', deleted: true },
      { price: seats.id, quantity: 1 },
    ],
    proration_behavior: 'none',
  })
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    {
      status: 'open',
      lines: [
        [5000, 1, '1'],
        [960, 13_000_000, '13000000'],
      ],
    },
  ])
})

test('with a line for each tier, 13M tokens show 3M at 0.00032 cents', async () => {
  const stage = await stageTwin({ quirks: { linePerTier: true } })
  const { customer, subscription } = await sellTokens(stage)
  await use(stage, customer.id, '13000000', '2026-01-01T00:00:00Z')
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    { status: 'open', lines: [[960, 3_000_000, '3000000']] },
  ])
})
