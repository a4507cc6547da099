import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import { billed, seconds, sellTenSeats, stageTwin } from './stripe-fake-client.ts'

test('5 more seats at half of February: −25000 for the old, +37500 for the new, on the March invoice', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { subscription, item } = await sellTenSeats(stage)
  await stage.runTo('2026-02-15T00:00:00Z')
  await stage.stripe.subscriptions.update(subscription.id, { items: [{ id: item, quantity: 15 }] })
  await stage.runTo('2026-03-01T01:00:00Z')
  expect(await billed(stage, subscription.id)).toEqual([
    [50000, 50000],
    [87500, -25000, 37500, 75000],
  ])
  const [march, february] = (await stage.stripe.invoices.list({ subscription: subscription.id })).data
  expect(march?.lines.data[0]).toMatchObject({
    period: { start: seconds('2026-02-15T00:00:00Z'), end: seconds('2026-03-01T00:00:00Z') },
    parent: {
      type: 'subscription_item_details',
      subscription_item_details: {
        proration: true,
        proration_details: {
          credited_items: { invoice: february?.id, invoice_line_items: [february?.lines.data[0]?.id] },
        },
      },
    },
  })
})

test('with always_invoice the change is billed at once, with none it is not billed', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const now = await sellTenSeats(stage)
  const never = await sellTenSeats(stage)
  await stage.runTo('2026-02-15T00:00:00Z')
  await stage.stripe.subscriptions.update(now.subscription.id, {
    items: [{ id: now.item, quantity: 15 }],
    proration_behavior: 'always_invoice',
  })
  await stage.stripe.subscriptions.update(never.subscription.id, {
    items: [{ id: never.item, quantity: 15 }],
    proration_behavior: 'none',
  })
  expect(await billed(stage, now.subscription.id)).toEqual([
    [50000, 50000],
    [12500, -25000, 37500],
  ])
  await stage.runTo('2026-03-01T01:00:00Z')
  expect(await billed(stage, never.subscription.id)).toEqual([
    [50000, 50000],
    [75000, 75000],
  ])
})

test('a credit comes out of what was really charged: 20 % off stays 20 % off, net or itemized', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  await stage.stripe.coupons.create({ id: 'twenty', percent_off: 20, duration: 'forever' })
  const extra = { discounts: [{ coupon: 'twenty' }] }
  const included = await sellTenSeats(stage, extra)
  const itemized = await sellTenSeats(stage, {
    ...extra,
    billing_mode: { type: 'flexible', flexible: { proration_discounts: 'itemized' } },
  })
  await stage.runTo('2026-02-15T00:00:00Z')
  for (const { subscription, item } of [included, itemized])
    await stage.stripe.subscriptions.update(subscription.id, { items: [{ id: item, quantity: 15 }] })
  await stage.runTo('2026-03-01T01:00:00Z')
  expect((await billed(stage, included.subscription.id))[1]).toEqual([70000, -20000, 30000, 75000])
  expect((await billed(stage, itemized.subscription.id))[1]).toEqual([70000, -25000, 37500, 75000])
})

test('removing seats leaves a credit that the customer’s next invoice takes', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { customer, subscription, item } = await sellTenSeats(stage)
  await stage.runTo('2026-02-15T00:00:00Z')
  await stage.stripe.subscriptions.update(subscription.id, {
    items: [{ id: item, quantity: 1 }],
    proration_behavior: 'always_invoice',
  })
  await stage.runTo('2026-02-15T01:00:00Z')
  const [credit] = (await stage.stripe.invoices.list({ subscription: subscription.id })).data
  expect(credit).toMatchObject({
    total: -22500,
    amount_due: 0,
    status: 'paid',
    starting_balance: 0,
    ending_balance: -22500,
  })
  expect((await stage.stripe.customers.retrieve(customer.id)) as Stripe.Customer).toMatchObject({
    balance: -22500,
  })
  await stage.runTo('2026-03-01T01:00:00Z')
  const [march] = (await stage.stripe.invoices.list({ subscription: subscription.id })).data
  expect(march).toMatchObject({ total: 5000, amount_due: 0, ending_balance: -17500, status: 'paid' })
})

test('an end in the middle of a month bills half of February and nothing after', async () => {
  const stage = await stageTwin()
  const { subscription } = await sellTenSeats(stage, { cancel_at: seconds('2026-02-15T00:00:00Z') })
  await stage.runTo('2026-05-01T00:00:00Z')
  expect(await billed(stage, subscription.id)).toEqual([
    [50000, 50000],
    [25000, 25000],
  ])
  expect(await stage.stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    status: 'canceled',
    ended_at: seconds('2026-02-15T00:00:00Z'),
  })
})

test('an end set within the current month credits the rest on the last invoice, with what still waits', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { customer, subscription } = await sellTenSeats(stage)
  await stage.stripe.subscriptions.update(subscription.id, { cancel_at: seconds('2026-02-22T00:00:00Z') })
  await stage.stripe.invoiceItems.create({
    customer: customer.id,
    subscription: subscription.id,
    amount: 20000,
    currency: 'usd',
  })
  await stage.runTo('2026-03-05T00:00:00Z')
  expect(await billed(stage, subscription.id)).toEqual([
    [50000, 50000],
    [7500, -12500, 20000],
  ])
})

test('ten invoices a minute and no more for one subscription', async () => {
  const stage = await stageTwin()
  const { subscription, item } = await sellTenSeats(stage)
  const change = (quantity: number) =>
    stage.stripe.subscriptions.update(subscription.id, {
      items: [{ id: item, quantity }],
      proration_behavior: 'always_invoice',
    })
  for (let quantity = 11; quantity < 20; quantity++) await change(quantity)
  await expect(change(20)).rejects.toMatchObject({ statusCode: 429 })
  expect((await stage.stripe.subscriptions.retrieve(subscription.id)).items.data[0]?.quantity).toBe(19)
  await stage.runTo('2026-01-01T00:01:00Z')
  expect((await change(20)).items.data[0]?.quantity).toBe(20)
})

test('somebody at the dashboard changes the quantity: the hub only hears of it', async () => {
  const stage = await stageTwin()
  const { subscription, item } = await sellTenSeats(stage)
  stage.fake.editInDashboard(subscription.id, { items: [{ id: item, quantity: 7 }] })
  await stage.fake.pump()
  const heard = stage.delivered.find(({ type }) => type === 'customer.subscription.updated')
  expect(JSON.parse(heard?.body ?? '{}')).toMatchObject({
    request: { id: null, idempotency_key: null },
    data: { object: { items: { data: [{ quantity: 7 }] } } },
  })
})
