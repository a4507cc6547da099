import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import { billed, months, seconds, sellSeats, sellTenSeats, stageTwin } from './stripe-fake-client.ts'
import { linesOf, sellTokens, use } from './stripe-fake-tokens.ts'

test('canceled at once, nothing more is billed; with invoice_now and prorate the rest is credited', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const plain = await sellTenSeats(stage)
  const settled = await sellTenSeats(stage)
  await stage.runTo('2026-02-15T00:00:00Z')
  await stage.stripe.subscriptions.cancel(plain.subscription.id)
  await stage.stripe.subscriptions.cancel(settled.subscription.id, { invoice_now: true, prorate: true })
  await stage.runTo('2026-04-01T00:00:00Z')
  expect(await billed(stage, plain.subscription.id)).toEqual([[50000, 50000]])
  expect(await billed(stage, settled.subscription.id)).toEqual([
    [50000, 50000],
    [-25000, -25000],
  ])
  await expect(stage.stripe.subscriptions.cancel(plain.subscription.id)).rejects.toMatchObject({
    code: 'resource_missing',
  })
  await expect(
    stage.stripe.subscriptions.update(plain.subscription.id, { description: 'again' }),
  ).rejects.toMatchObject({ param: 'description' })
  const { metadata } = await stage.stripe.subscriptions.update(plain.subscription.id, {
    metadata: { a: '1' },
  })
  expect(metadata).toEqual({ a: '1' })
})

test('a subscription that ends with its period bills no more, and may be told to go on', async () => {
  const stage = await stageTwin()
  const ends = await sellTenSeats(stage)
  const stays = await sellTenSeats(stage)
  for (const { subscription } of [ends, stays])
    expect(
      await stage.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }),
    ).toMatchObject({ cancel_at: seconds('2026-02-01T00:00:00Z'), cancel_at_period_end: true })
  expect(
    await stage.stripe.subscriptions.update(stays.subscription.id, { cancel_at_period_end: false }),
  ).toMatchObject({ cancel_at: null, canceled_at: null })
  await stage.runTo('2026-02-02T00:00:00Z')
  expect(await billed(stage, ends.subscription.id)).toHaveLength(1)
  expect(await billed(stage, stays.subscription.id)).toHaveLength(2)
})

test('an end set and taken back leaves a credit and the charge for it: 0 in sum', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { subscription } = await sellTenSeats(stage)
  await stage.stripe.subscriptions.update(subscription.id, { cancel_at: seconds('2026-02-15T00:00:00Z') })
  await stage.stripe.subscriptions.update(subscription.id, { cancel_at: '' })
  await stage.runTo('2026-03-01T01:00:00Z')
  expect(await billed(stage, subscription.id)).toEqual([
    [50000, 50000],
    [50000, -25000, 25000, 50000],
  ])
})

test('another price at half of February: the old one is credited, the new one charged for the rest', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { price, subscription, item } = await sellTenSeats(stage)
  const dearer = await stage.stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 8000,
    recurring: { interval: 'month' },
  })
  await stage.runTo('2026-02-15T00:00:00Z')
  await stage.stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: dearer.id }] })
  await stage.runTo('2026-03-01T01:00:00Z')
  expect(await billed(stage, subscription.id)).toEqual([
    [50000, 50000],
    [95000, -25000, 40000, 80000],
  ])
})

test('another metered price: what was used before is billed at the old one', async () => {
  const stage = await stageTwin()
  const { customer, meter, price, subscription } = await sellTokens(stage)
  const flat = await stage.stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 1,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  })
  await stage.runTo('2026-01-15T00:00:00Z')
  await use(stage, customer.id, '13000000', '2026-01-10T00:00:00Z')
  await stage.stripe.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]?.id ?? '', price: flat.id }],
  })
  await use(stage, customer.id, '7', '2026-01-15T00:00:00Z')
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await linesOf(stage, subscription.id)).toEqual([
    {
      status: 'open',
      lines: [
        [960, 13_000_000, '13000000'],
        [7, 7, '7'],
      ],
    },
  ])
})

test('the first of the month as anchor: a stub of 17/31 of January, then whole months', async () => {
  const stage = await stageTwin({ startsAt: '2026-01-15T00:00:00Z' })
  const { customer, price } = await sellSeats(stage)
  const { id, billing_cycle_anchor: anchor } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 1 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    billing_cycle_anchor_config: { day_of_month: 1 },
  })
  expect(anchor).toBe(seconds('2026-02-01T00:00:00Z'))
  await stage.runTo('2026-03-01T01:00:00Z')
  expect((await billed(stage, id)).map(([total]) => total)).toEqual([2742, 5000, 5000])
})

test('packages of ten, rounded up: 21 seats are three packages', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage, { transform_quantity: { divide_by: 10, round: 'up' } })
  const { id } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 21 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
  expect(await billed(stage, id)).toEqual([[15000, 15000]])
})

test('200 changes of quantity an hour and no more', async () => {
  const stage = await stageTwin()
  const { subscription, item } = await sellTenSeats(stage)
  const change = (quantity: number) =>
    stage.stripe.subscriptions.update(subscription.id, {
      items: [{ id: item, quantity }],
      proration_behavior: 'none',
    })
  for (let count = 1; count <= 200; count++) await change(100 + count)
  await expect(change(5)).rejects.toMatchObject({ statusCode: 429, code: 'rate_limit' })
  await stage.runTo('2026-01-01T01:00:00Z')
  expect((await change(5)).items.data[0]?.quantity).toBe(5)
})

test('in classic mode the backdated months are one line: 2 months and 4 of 31 days', async () => {
  const stage = await stageTwin({ startsAt: '2026-03-05T00:00:00Z' })
  const { customer, price } = await sellSeats(stage)
  const { id } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 1 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    billing_mode: { type: 'classic' },
    backdate_start_date: seconds('2026-01-01T00:00:00Z'),
  })
  expect(await billed(stage, id)).toEqual([[15645, 10645, 5000]])
})

test('a schedule released early lets its subscription go on; one canceled settles it', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { customer, price } = await sellSeats(stage)
  const create = () =>
    stage.stripe.subscriptionSchedules.create({
      customer: customer.id,
      end_behavior: 'cancel',
      default_settings: { collection_method: 'send_invoice', invoice_settings: { days_until_due: 30 } },
      phases: [{ items: [{ price: price.id, quantity: 1 }], duration: months(1) }],
    })
  const [released, canceled] = [await create(), await create()]
  await stage.runTo('2026-02-15T00:00:00Z')
  await stage.stripe.subscriptionSchedules.release(released.id)
  await stage.stripe.subscriptionSchedules.cancel(canceled.id)
  await stage.runTo('2026-04-02T00:00:00Z')
  expect((await billed(stage, String(released.subscription))).map(([total]) => total)).toEqual([
    5000, 5000, 5000,
  ])
  expect((await billed(stage, String(canceled.subscription))).map(([total]) => total)).toEqual([5000, -2500])
  await expect(stage.stripe.subscriptionSchedules.cancel(canceled.id)).rejects.toMatchObject({
    statusCode: 400,
  })
})

test('a phase with an anchor of its own begins a new cycle and credits the old', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { customer, price } = await sellSeats(stage)
  const { subscription } = await stage.stripe.subscriptionSchedules.create({
    customer: customer.id,
    end_behavior: 'release',
    default_settings: { collection_method: 'send_invoice', invoice_settings: { days_until_due: 30 } },
    phases: [
      { items: [{ price: price.id, quantity: 1 }], end_date: seconds('2026-02-15T00:00:00Z') },
      { items: [{ price: price.id, quantity: 1 }], duration: months(2), billing_cycle_anchor: 'phase_start' },
    ],
  })
  await stage.runTo('2026-03-16T00:00:00Z')
  expect(await billed(stage, String(subscription))).toEqual([
    [5000, 5000],
    [2500, -2500, 5000],
    [5000, 5000],
  ])
})

test('subscriptions are found by search once it has caught up, by their status and metadata', async () => {
  const stage = await stageTwin()
  await sellTenSeats(stage, { metadata: { contract: 'ctr_1' } })
  await stage.runTo('2026-01-01T00:01:00Z')
  const found = async (query: string) => (await stage.stripe.subscriptions.search({ query })).data.length
  expect(await found("status:'active' AND metadata['contract']:'ctr_1'")).toBe(1)
  expect(await found("metadata['contract']:'ctr_2'")).toBe(0)
  await expect(found('created>5')).rejects.toMatchObject({ param: 'query' })
})

test('a schedule may only be made of phases that follow each other and end in the future', async () => {
  const stage = await stageTwin({ startsAt: '2026-03-01T00:00:00Z' })
  const { customer, price } = await sellSeats(stage)
  const create = (extra: Partial<Stripe.SubscriptionScheduleCreateParams>) =>
    stage.stripe.subscriptionSchedules.create({ customer: customer.id, ...extra })
  const items = [{ price: price.id, quantity: 1 }]
  const terms = {
    default_settings: {
      collection_method: 'send_invoice',
      invoice_settings: { days_until_due: 30 },
    },
  } as const
  await expect(
    create({ ...terms, phases: [{ items, duration: months(1) }], start_date: 0 }),
  ).rejects.toMatchObject({
    param: 'phases[0][end_date]',
  })
  await expect(create({ phases: [{ items, duration: months(1) }] })).rejects.toMatchObject({
    code: 'resource_missing',
  })
  await expect(create(terms)).rejects.toMatchObject({ param: 'phases' })
  expect((await stage.stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
})
