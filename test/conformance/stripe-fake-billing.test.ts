import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import type { Stage } from './stripe-fake-client.ts'
import { seconds, sellSeats, stageTwin } from './stripe-fake-client.ts'

type Extra = Partial<Stripe.SubscriptionCreateParams>

/** Ten seats at $50 a month from 1 January 2026, sent NET 30. */
async function sellTenSeats(stage: Stage, extra: Extra = {}) {
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
async function billed(stage: Stage, subscription: string) {
  const { data } = await stage.stripe.invoices.list({ subscription, limit: 100 })
  return data.toReversed().map(({ total, lines }) => [total, ...lines.data.map(({ amount }) => amount)])
}

const months = (count: number, unit = 'month') => ({ interval: unit as 'month', interval_count: count })

test('$100 off one item comes off its line alone: 50000 − 10000 and 50000', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  await stage.stripe.coupons.create({
    id: 'hundred',
    amount_off: 10000,
    currency: 'usd',
    duration: 'forever',
  })
  const other = await stage.stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 50000,
    recurring: { interval: 'month' },
  })
  const subscription = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 10, discounts: [{ coupon: 'hundred' }] }, { price: other.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    expand: ['latest_invoice'],
  })
  const invoice = subscription.latest_invoice as Stripe.Invoice
  expect(invoice).toMatchObject({ subtotal: 100_000, total: 90_000 })
  expect(
    invoice.lines.data.map(({ amount, discount_amounts }) => [amount, discount_amounts?.[0]?.amount]),
  ).toEqual([
    [50000, 10000],
    [50000, undefined],
  ])
  expect(invoice.lines.data[0]?.discount_amounts?.[0]?.discount).toBe(
    subscription.items.data[0]?.discounts[0],
  )
})

test('an item’s 20 % comes before the subscription’s 10 %: 50000 → 40000 → 36000', async () => {
  const stage = await stageTwin()
  await stage.stripe.coupons.create({ id: 'twenty', percent_off: 20, duration: 'forever' })
  await stage.stripe.coupons.create({ id: 'ten', percent_off: 10, duration: 'forever' })
  const { customer, price } = await sellSeats(stage)
  const { latest_invoice: invoice } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 10, discounts: [{ coupon: 'twenty' }] }],
    discounts: [{ coupon: 'ten' }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    expand: ['latest_invoice'],
  })
  expect(invoice).toMatchObject({
    total: 36000,
    total_discount_amounts: [{ amount: 10000 }, { amount: 4000 }],
  })
})

test('a coupon for one time lowers the first invoice only, one for two months the first two', async () => {
  const stage = await stageTwin()
  await stage.stripe.coupons.create({ id: 'once', percent_off: 50, duration: 'once' })
  await stage.stripe.coupons.create({
    id: 'two-months',
    percent_off: 10,
    duration: 'repeating',
    duration_in_months: 2,
  })
  const once = await sellTenSeats(stage, { discounts: [{ coupon: 'once' }] })
  const twice = await sellTenSeats(stage, { discounts: [{ coupon: 'two-months' }] })
  await stage.runTo('2026-03-02T00:00:00Z')
  expect((await billed(stage, once.subscription.id)).map(([total]) => total)).toEqual([25000, 50000, 50000])
  expect((await billed(stage, twice.subscription.id)).map(([total]) => total)).toEqual([45000, 45000, 50000])
})

test('$1.00 off three equal lines is spread as 33 + 34 + 33 cents', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  await stage.stripe.coupons.create({ id: 'dollar', amount_off: 100, currency: 'usd', duration: 'forever' })
  const prices = await Promise.all(
    [1, 2, 3].map(() =>
      stage.stripe.prices.create({
        product: String(price.product),
        currency: 'usd',
        unit_amount: 1000,
        recurring: { interval: 'month' },
      }),
    ),
  )
  const { latest_invoice: invoice } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: prices.map(({ id }) => ({ price: id })),
    discounts: [{ coupon: 'dollar' }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    expand: ['latest_invoice'],
  })
  const { total, lines } = invoice as Stripe.Invoice
  expect(total).toBe(2900)
  expect(lines.data.map(({ discount_amounts }) => discount_amounts?.[0]?.amount)).toEqual([33, 34, 33])
})

test('a coupon in another currency, spent or unknown is refused', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const { customer, price } = await sellSeats(stage)
  await stripe.coupons.create({ id: 'euro', amount_off: 100, currency: 'eur', duration: 'forever' })
  await stripe.coupons.create({ id: 'single', percent_off: 5, max_redemptions: 1 })
  const subscribe = (coupon: string) =>
    stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      discounts: [{ coupon }],
      collection_method: 'send_invoice',
      days_until_due: 30,
    })
  await expect(subscribe('euro')).rejects.toMatchObject({ param: 'discounts[0][coupon]' })
  await subscribe('single')
  await expect(subscribe('single')).rejects.toMatchObject({ code: 'coupon_expired' })
  await expect(subscribe('none')).rejects.toMatchObject({ code: 'resource_missing' })
  expect((await stripe.subscriptions.list()).data).toHaveLength(1)
})

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

test('two months at 1 seat, then ten at 3: a schedule of two phases bills 5000, 5000, 15000 and then ends', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  const schedule = await stage.stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: seconds('2026-02-01T00:00:00Z'),
    end_behavior: 'cancel',
    default_settings: {
      collection_method: 'send_invoice',
      invoice_settings: { days_until_due: 30, custom_fields: [{ name: 'PO', value: '7' }] },
    },
    phases: [
      { items: [{ price: price.id, quantity: 1 }], duration: months(2), metadata: { phase: 'one' } },
      { items: [{ price: price.id, quantity: 3 }], duration: months(1), metadata: { phase: 'two' } },
    ],
  })
  expect(schedule).toMatchObject({ status: 'not_started', subscription: null })
  await stage.runTo('2026-02-01T00:00:00Z')
  const started = await stage.stripe.subscriptionSchedules.retrieve(schedule.id)
  expect(started).toMatchObject({
    status: 'active',
    current_phase: { start_date: seconds('2026-02-01T00:00:00Z'), end_date: seconds('2026-04-01T00:00:00Z') },
  })
  await stage.runTo('2026-06-01T00:00:00Z')
  const subscription = String(started.subscription)
  expect(await billed(stage, subscription)).toEqual([
    [5000, 5000],
    [5000, 5000],
    [15000, 15000],
  ])
  expect(await stage.stripe.subscriptions.retrieve(subscription)).toMatchObject({
    status: 'canceled',
    metadata: { phase: 'two' },
  })
  expect((await stage.stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe('completed')
  const { data } = await stage.stripe.invoices.list({ subscription })
  expect(data.map(({ custom_fields }) => custom_fields?.[0]?.value)).toEqual(['7', '7', '7'])
})

test('a phase that begins in mid-month prorates; at the end the subscription is released and goes on', async () => {
  const stage = await stageTwin({ startsAt: '2026-02-01T00:00:00Z' })
  const { customer, price } = await sellSeats(stage)
  const schedule = await stage.stripe.subscriptionSchedules.create({
    customer: customer.id,
    end_behavior: 'release',
    default_settings: { collection_method: 'send_invoice', invoice_settings: { days_until_due: 30 } },
    phases: [
      { items: [{ price: price.id, quantity: 1 }], end_date: seconds('2026-02-15T00:00:00Z') },
      { items: [{ price: price.id, quantity: 3 }], end_date: seconds('2026-04-01T00:00:00Z') },
    ],
  })
  const subscription = String(schedule.subscription)
  await stage.runTo('2026-04-01T00:00:00Z')
  expect(await billed(stage, subscription)).toEqual([
    [5000, 5000],
    [20000, -2500, 7500, 15000],
    [15000, 15000],
  ])
  expect(await stage.stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
    status: 'released',
    released_subscription: subscription,
    subscription: null,
  })
  expect((await stage.stripe.subscriptions.retrieve(subscription)).schedule).toBeNull()
})

test('a ramp of annual prices: the second year is billed at its own price on the anniversary', async () => {
  const stage = await stageTwin({ startsAt: '2026-03-05T00:00:00Z' })
  const { customer, price } = await sellSeats(stage, {
    unit_amount: 120_000,
    recurring: { interval: 'year' },
  })
  const second = await stage.stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 150_000,
    recurring: { interval: 'year' },
  })
  const { subscription } = await stage.stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: seconds('2026-01-01T00:00:00Z'),
    end_behavior: 'cancel',
    default_settings: { collection_method: 'send_invoice', invoice_settings: { days_until_due: 30 } },
    phases: [
      {
        items: [{ price: price.id, quantity: 1 }],
        end_date: seconds('2027-01-01T00:00:00Z'),
        billing_cycle_anchor: 'phase_start',
      },
      {
        items: [{ price: second.id, quantity: 1 }],
        end_date: seconds('2028-01-01T00:00:00Z'),
        proration_behavior: 'none',
      },
    ],
  })
  await stage.runTo('2028-02-01T00:00:00Z')
  expect(await billed(stage, String(subscription))).toEqual([
    [120_000, 120_000],
    [150_000, 150_000],
  ])
})

test('a schedule made from a subscription takes phases in a second call', async () => {
  const stage = await stageTwin()
  const { price, subscription } = await sellTenSeats(stage)
  const { stripe } = stage
  await expect(
    stripe.subscriptionSchedules.create({ from_subscription: subscription.id, end_behavior: 'cancel' }),
  ).rejects.toMatchObject({ param: 'end_behavior' })
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id })
  const [phase] = schedule.phases
  await stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: 'cancel',
    phases: [
      {
        items: [{ price: price.id, quantity: 10 }],
        start_date: phase?.start_date ?? 0,
        end_date: phase?.end_date ?? 0,
      },
      { items: [{ price: price.id, quantity: 20 }], duration: months(1) },
    ],
  })
  await stage.runTo('2026-04-01T00:00:00Z')
  expect(await billed(stage, subscription.id)).toEqual([
    [50000, 50000],
    [100_000, 100_000],
  ])
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
