import { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import type { Stage } from './stripe-fake-client.ts'
import { seconds, sellSeats, stageTwin } from './stripe-fake-client.ts'

/** A customer with tokens: 10M free a month, 0.00032 cents each beyond. */
async function sellTokens(stage: Stage, mode: 'graduated' | 'volume' = 'graduated') {
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

function use(stage: Stage, customer: string, value: string, at: string, identifier = `use-${++sent}`) {
  return stage.stripe.billing.meterEvents.create({
    event_name: 'tokens',
    identifier,
    timestamp: seconds(at),
    payload: { stripe_customer_id: customer, value },
  })
}

async function linesOf(stage: Stage, subscription: string) {
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

test('an event counts 30 seconds after it was accepted', async () => {
  const stage = await stageTwin()
  const { customer, meter } = await sellTokens(stage)
  await use(stage, customer.id, '5', '2026-01-01T00:00:00Z')
  const total = async () =>
    (
      await stage.stripe.billing.meters.listEventSummaries(meter.id, {
        customer: customer.id,
        start_time: seconds('2026-01-01T00:00:00Z'),
        end_time: seconds('2026-01-02T00:00:00Z'),
      })
    ).data.map(({ aggregated_value }) => aggregated_value)
  await stage.runTo('2026-01-01T00:00:29Z')
  expect(await total()).toEqual([])
  await stage.runTo('2026-01-01T00:00:30Z')
  expect(await total()).toEqual([5])
})

test('summaries come by the hour, newest first, on borders of hours only', async () => {
  const stage = await stageTwin({ startsAt: '2026-01-01T06:00:00Z' })
  const { customer, meter } = await sellTokens(stage)
  await use(stage, customer.id, '5', '2026-01-01T02:10:00Z')
  await use(stage, customer.id, '7', '2026-01-01T02:50:00Z')
  await use(stage, customer.id, '1', '2026-01-01T04:00:00Z')
  await stage.runTo('2026-01-01T06:01:00Z')
  const range = { customer: customer.id, value_grouping_window: 'hour' } as const
  const { data } = await stage.stripe.billing.meters.listEventSummaries(meter.id, {
    ...range,
    start_time: seconds('2026-01-01T00:00:00Z'),
    end_time: seconds('2026-01-01T06:00:00Z'),
  })
  expect(data.map(({ start_time, aggregated_value }) => [start_time, aggregated_value])).toEqual([
    [seconds('2026-01-01T04:00:00Z'), 1],
    [seconds('2026-01-01T02:00:00Z'), 12],
  ])
  await expect(
    stage.stripe.billing.meters.listEventSummaries(meter.id, {
      ...range,
      start_time: seconds('2026-01-01T00:30:00Z'),
      end_time: seconds('2026-01-01T06:00:00Z'),
    }),
  ).rejects.toMatchObject({ statusCode: 400 })
})

test('an identifier is refused twice within 24 hours and counts again after', async () => {
  const stage = await stageTwin()
  const { customer, meter } = await sellTokens(stage)
  await use(stage, customer.id, '5', '2026-01-01T00:00:00Z', 'window-1')
  await expect(use(stage, customer.id, '6', '2026-01-01T00:00:00Z', 'window-1')).rejects.toMatchObject({
    statusCode: 400,
    code: 'duplicate_meter_event',
  })
  await stage.runTo('2026-01-02T00:00:00Z')
  await use(stage, customer.id, '5', '2026-01-01T00:00:00Z', 'window-1')
  await stage.runTo('2026-01-02T00:01:00Z')
  const { data } = await stage.stripe.billing.meters.listEventSummaries(meter.id, {
    customer: customer.id,
    start_time: seconds('2026-01-01T00:00:00Z'),
    end_time: seconds('2026-01-02T00:00:00Z'),
  })
  expect(data.map(({ aggregated_value }) => aggregated_value)).toEqual([10])
})

test('times from 35 days back to 5 minutes ahead are taken, others refused', async () => {
  const stage = await stageTwin({ startsAt: '2026-03-01T00:00:00Z' })
  const { customer } = await sellTokens(stage)
  await use(stage, customer.id, '1', '2026-01-25T00:00:00Z')
  await use(stage, customer.id, '1', '2026-03-01T00:05:00Z')
  await expect(use(stage, customer.id, '1', '2026-01-24T23:59:59Z')).rejects.toMatchObject({
    code: 'timestamp_too_far_in_past',
  })
  await expect(use(stage, customer.id, '1', '2026-03-01T00:05:01Z')).rejects.toMatchObject({
    code: 'timestamp_in_future',
  })
})

test('an event of an unknown customer is accepted, and reported by a thin event ten minutes later, with samples only', async () => {
  const stage = await stageTwin()
  const { customer, meter } = await sellTokens(stage)
  for (let count = 0; count < 5; count++)
    await use(stage, 'cus_none', '1', '2026-01-01T00:00:00Z', `lost-${count}`)
  await use(stage, customer.id, 'many', '2026-01-01T00:00:00Z', 'not-a-number')
  await stage.runTo('2026-01-01T00:10:00Z')
  const thin = stage.delivered.find(({ type }) => type === 'v1.billing.meter.error_report_triggered')
  const notification = stage.stripe.parseEventNotification(
    thin?.body ?? '',
    thin?.signature ?? '',
    'whsec_first',
    300,
    undefined,
    Date.parse('2026-01-01T00:10:00Z'),
  )
  expect(notification).toMatchObject({ related_object: { id: meter.id } })
  expect(notification).not.toHaveProperty('data')
  const event = await stage.stripe.v2.core.events.retrieve(notification.id)
  expect(event).toMatchObject({
    data: {
      reason: {
        error_count: 6,
        error_types: [
          { code: 'meter_event_customer_not_found', error_count: 5 },
          {
            code: 'meter_event_invalid_value',
            error_count: 1,
            sample_errors: [{ request: { identifier: 'not-a-number' } }],
          },
        ],
      },
    },
  })
  const { reason } = (event as { data: { reason: { error_types: { sample_errors: unknown[] }[] } } }).data
  expect(reason.error_types[0]?.sample_errors).toHaveLength(3)
})

test('an event that no meter takes is reported without naming one', async () => {
  const stage = await stageTwin()
  await use(stage, 'cus_none', '1', '2026-01-01T00:00:00Z')
  await stage.runTo('2026-01-01T00:10:00Z')
  expect(stage.delivered.map(({ type }) => type)).toEqual(['v1.billing.meter.no_meter_found'])
})

test('a canceled event does not count; after 24 hours it cannot be canceled', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTokens(stage)
  await use(stage, customer.id, '11000000', '2026-01-01T00:00:00Z', 'right')
  await use(stage, customer.id, '99000000', '2026-01-01T00:00:00Z', 'wrong')
  const cancel = (identifier: string) =>
    stage.stripe.billing.meterEventAdjustments.create({
      event_name: 'tokens',
      type: 'cancel',
      cancel: { identifier },
    })
  expect((await cancel('wrong')).status).toBe('pending')
  await stage.runTo('2026-01-02T00:00:00Z')
  await expect(cancel('right')).rejects.toMatchObject({ code: 'resource_missing' })
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    { status: 'open', lines: [[320, 11_000_000, '11000000']] },
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

test('a metered price needs a meter, takes no quantity, and no event for an archived meter counts', async () => {
  const stage = await stageTwin()
  const { customer, meter, price } = await sellTokens(stage)
  const { stripe } = stage
  await expect(
    stripe.prices.create({
      product: String(price.product),
      currency: 'usd',
      unit_amount: 1,
      recurring: { interval: 'month', usage_type: 'metered' },
    }),
  ).rejects.toMatchObject({ param: 'recurring[meter]' })
  await expect(
    stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity: 2 }],
      collection_method: 'send_invoice',
      days_until_due: 30,
    }),
  ).rejects.toMatchObject({ param: 'items[0][quantity]' })
  await stripe.billing.meters.deactivate(meter.id)
  await use(stage, customer.id, '1', '2026-01-01T00:00:00Z')
  await stage.runTo('2026-01-01T00:10:00Z')
  const thin = stage.delivered.find(({ type }) => type === 'v1.billing.meter.error_report_triggered')
  const event = await stripe.v2.core.events.retrieve((JSON.parse(thin?.body ?? '{}') as { id: string }).id)
  expect(event).toMatchObject({ data: { reason: { error_types: [{ code: 'archived_meter' }] } } })
})
