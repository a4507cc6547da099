import { expect, test } from 'vitest'
import { seconds, stageTwin } from './stripe-fake-client.ts'
import { linesOf, sellTokens, use } from './stripe-fake-tokens.ts'

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
