import { expect, test } from 'vitest'
import type { Extra } from './stripe-fake-client.ts'
import { billed, seconds, sellSeats, sellTenSeats, stageTwin } from './stripe-fake-client.ts'

test('a charge of ours waits for the subscription’s next invoice and keeps its own days of service', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTenSeats(stage)
  const period = { start: seconds('2026-01-01T12:00:00Z'), end: seconds('2026-01-31T12:00:00Z') }
  await stage.stripe.invoiceItems.create({
    customer: customer.id,
    subscription: subscription.id,
    amount: 4200,
    currency: 'usd',
    description: 'True-up January',
    metadata: { charge: 'true-up-1' },
    period,
  })
  await stage.runTo('2026-02-01T00:00:00Z')
  const [february] = (await stage.stripe.invoices.list({ subscription: subscription.id })).data
  expect(february?.lines.data.map(({ amount, metadata }) => [amount, metadata])).toEqual([
    [4200, { charge: 'true-up-1' }],
    [50000, {}],
  ])
  expect(february?.lines.data[0]).toMatchObject({ period, parent: { type: 'invoice_item_details' } })
  expect((await stage.stripe.invoiceItems.list({ customer: customer.id, pending: true })).data).toEqual([])
})

test('an item put on a draft raises it; a finalized invoice takes none', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTenSeats(stage)
  const add = () =>
    stage.stripe.invoiceItems.create({
      customer: customer.id,
      invoice: String(subscription.latest_invoice),
      amount: 300,
      currency: 'usd',
    })
  await add()
  await stage.runTo('2026-01-01T01:00:00Z')
  expect(await stage.stripe.invoices.retrieve(String(subscription.latest_invoice))).toMatchObject({
    status: 'open',
    total: 50300,
  })
  await expect(add()).rejects.toMatchObject({ code: 'invoice_not_editable' })
})

test('the PO of the subscription is frozen into each invoice as it is made; metadata too', async () => {
  const stage = await stageTwin()
  const { subscription } = await sellTenSeats(stage, {
    invoice_settings: { custom_fields: [{ name: 'PO', value: '1' }] },
    metadata: { contract: 'ctr_1' },
  })
  await stage.stripe.subscriptions.update(subscription.id, {
    invoice_settings: { custom_fields: [{ name: 'PO', value: '2' }] },
    metadata: { contract: 'ctr_2' },
  })
  await stage.runTo('2026-02-01T01:00:00Z')
  const { data } = await stage.stripe.invoices.list({ subscription: subscription.id })
  expect(
    data.map((one) => [one.custom_fields?.[0]?.value, one.parent?.subscription_details?.metadata]),
  ).toEqual([
    ['2', { contract: 'ctr_2' }],
    ['1', { contract: 'ctr_1' }],
  ])
})

test('an archived price is refused for new subscriptions and goes on in old ones', async () => {
  const stage = await stageTwin()
  const { customer, price, subscription } = await sellTenSeats(stage)
  await stage.stripe.prices.update(price.id, { active: false })
  await expect(
    stage.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      collection_method: 'send_invoice',
      days_until_due: 30,
    }),
  ).rejects.toThrow(/price specified is inactive/)
  await stage.runTo('2026-02-01T01:00:00Z')
  expect(await billed(stage, subscription.id)).toHaveLength(2)
})

test('monthly and annual prices on one subscription: one invoice a month, the year on its anniversary', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  const annual = await stage.stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 120_000,
    recurring: { interval: 'year' },
  })
  const items = [{ price: price.id, quantity: 1 }, { price: annual.id }]
  const terms = {
    customer: customer.id,
    items,
    collection_method: 'send_invoice',
    days_until_due: 30,
  } as const
  await expect(
    stage.stripe.subscriptions.create({ ...terms, billing_mode: { type: 'classic' } }),
  ).rejects.toMatchObject({ param: 'items' })
  const { id } = await stage.stripe.subscriptions.create(terms)
  await stage.runTo('2027-01-01T00:00:00Z')
  expect((await billed(stage, id)).map(([total]) => total)).toEqual([
    125_000,
    ...Array.from({ length: 11 }, () => 5000),
    125_000,
  ])
})

test('charging by itself needs a way to pay; a declined card leaves the subscription incomplete', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const { customer, price } = await sellSeats(stage)
  const create = (extra: Extra = {}) =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...extra })
  await expect(create()).rejects.toMatchObject({ code: 'resource_missing', statusCode: 400 })
  expect((await create({ payment_behavior: 'default_incomplete' })).status).toBe('incomplete')
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id })
  expect((await create({ default_payment_method: bad.id })).status).toBe('incomplete')
  await expect(
    create({ default_payment_method: bad.id, payment_behavior: 'error_if_incomplete' }),
  ).rejects.toMatchObject({ statusCode: 402, code: 'card_declined' })
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
  const active = await create({ default_payment_method: good.id, expand: ['latest_invoice'] })
  expect(active).toMatchObject({ status: 'active', latest_invoice: { status: 'paid', amount_paid: 5000 } })
  await stage.runTo('2026-01-02T00:00:00Z')
  const { data } = await stripe.subscriptions.list({ status: 'all' })
  expect(data.map(({ status }) => status)).toEqual(['active', 'incomplete_expired', 'incomplete_expired'])
})

test('a preview shows the renewal with what waits, and makes nothing', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTenSeats(stage)
  await stage.stripe.invoiceItems.create({
    customer: customer.id,
    subscription: subscription.id,
    amount: 100,
    currency: 'usd',
  })
  const preview = await stage.stripe.invoices.createPreview({ subscription: subscription.id })
  expect(preview).toMatchObject({ total: 50100, billing_reason: 'upcoming' })
  expect(await billed(stage, subscription.id)).toHaveLength(1)
})

test('an anchor later than the longest interval from now is refused', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  await expect(
    stage.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      collection_method: 'send_invoice',
      days_until_due: 30,
      billing_cycle_anchor: seconds('2026-02-02T00:00:00Z'),
    }),
  ).rejects.toMatchObject({ param: 'billing_cycle_anchor' })
})

test.each([
  [5, 1500],
  [10, 2000],
  [15, 2750],
  [25, 3050],
])('%i seats in tiers of 100, 50 and 10 cents with fees of 1000 and 500 cost %i', async (quantity, total) => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  const tiered = await stage.stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    recurring: { interval: 'month' },
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 10, unit_amount: 100, flat_amount: 1000 },
      { up_to: 20, unit_amount: 50, flat_amount: 500 },
      { up_to: 'inf', unit_amount: 10 },
    ],
  })
  const { id } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: tiered.id, quantity }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
  expect(await billed(stage, id)).toEqual([[total, total]])
})

test('a subscription is past due while an invoice is overdue, and active again when the last one is paid', async () => {
  const stage = await stageTwin()
  const { subscription } = await sellTenSeats(stage, { days_until_due: 10 })
  const status = async () => (await stage.stripe.subscriptions.retrieve(subscription.id)).status
  await stage.runTo('2026-02-20T00:00:00Z')
  expect(await status()).toBe('past_due')
  const { data } = await stage.stripe.invoices.list({ subscription: subscription.id })
  stage.fake.payInvoice(data[0]?.id ?? '', { via: 'card' })
  expect(await status()).toBe('past_due')
  stage.fake.payInvoice(data[1]?.id ?? '', { via: 'card' })
  expect(await status()).toBe('active')
})
