import { expect, test } from 'vitest'
import { seconds, sellSeats, stageTwin } from './stripe-fake-client.ts'

test('10 seats at $50 sent NET 60: a draft for an hour, then open for 50000 cents, due 60 days after', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  const subscription = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 10 }],
    collection_method: 'send_invoice',
    days_until_due: 60,
    billing_mode: { type: 'flexible' },
    metadata: { contract: 'ctr_1' },
  })
  expect(subscription.status).toBe('active')
  const id = String(subscription.latest_invoice)
  expect(await stage.stripe.invoices.retrieve(id)).toMatchObject({
    status: 'draft',
    number: null,
    total: 50000,
  })

  await stage.runTo('2026-01-01T00:59:59Z')
  expect((await stage.stripe.invoices.retrieve(id)).status).toBe('draft')
  await stage.runTo('2026-01-01T01:00:00Z')
  const open = await stage.stripe.invoices.retrieve(id)
  expect(open).toMatchObject({
    status: 'open',
    billing_reason: 'subscription_create',
    amount_due: 50000,
    due_date: seconds('2026-03-02T01:00:00Z'),
    parent: { subscription_details: { subscription: subscription.id, metadata: { contract: 'ctr_1' } } },
  })
  expect(open.number).toMatch(/-0001$/)
  expect(stage.delivered.map(({ type }) => type)).toEqual([
    'customer.created',
    'product.created',
    'price.created',
    'invoice.created',
    'customer.subscription.created',
    'invoice.finalized',
    'invoice.sent',
  ])
})

test('a subscription from 31 January renews on 28 February and on 31 March', async () => {
  const stage = await stageTwin({ startsAt: '2026-01-31T09:30:00Z' })
  const { customer, price } = await sellSeats(stage)
  const { id } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 1 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
  await stage.runTo('2026-04-15T00:00:00Z')
  const { data } = await stage.stripe.invoices.list({ subscription: id })
  expect(data.map(({ created, total }) => [new Date(created * 1000).toISOString(), total])).toEqual([
    ['2026-03-31T09:30:00.000Z', 5000],
    ['2026-02-28T09:30:00.000Z', 5000],
    ['2026-01-31T09:30:00.000Z', 5000],
  ])
})

test('a year backdated to 1 January and anchored on its anniversary is invoiced at exactly one year: 1200000 cents', async () => {
  const stage = await stageTwin({ startsAt: '2026-03-05T14:00:00Z' })
  const { customer, price } = await sellSeats(stage, {
    unit_amount: 120_000,
    recurring: { interval: 'year' },
  })
  const subscription = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 10 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    backdate_start_date: seconds('2026-01-01T00:00:00Z'),
    billing_cycle_anchor: seconds('2027-01-01T00:00:00Z'),
  })
  const first = await stage.stripe.invoices.retrieve(String(subscription.latest_invoice))
  expect(first.total).toBe(1_200_000)
  expect(first.lines.data.map(({ amount, period }) => ({ amount, period }))).toEqual([
    {
      amount: 1_200_000,
      period: { start: seconds('2026-01-01T00:00:00Z'), end: seconds('2027-01-01T00:00:00Z') },
    },
  ])
  await stage.runTo('2027-01-02T00:00:00Z')
  const { data } = await stage.stripe.invoices.list({ subscription: subscription.id })
  expect(data.map(({ total }) => total)).toEqual([1_200_000, 1_200_000])
})

test('monthly seats backdated by two months bill one line for each month: 3 × 50000', async () => {
  const stage = await stageTwin({ startsAt: '2026-03-05T14:00:00Z' })
  const { customer, price } = await sellSeats(stage)
  const subscription = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 10 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    backdate_start_date: seconds('2026-01-01T00:00:00Z'),
    billing_cycle_anchor: seconds('2026-04-01T00:00:00Z'),
  })
  const first = await stage.stripe.invoices.retrieve(String(subscription.latest_invoice))
  expect(first.lines.data.map(({ amount }) => amount)).toEqual([50000, 50000, 50000])
  expect(first.total).toBe(150_000)
})
