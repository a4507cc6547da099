import { expect, test } from 'vitest'
import { billed, months, seconds, sellSeats, sellTenSeats, stageTwin } from './stripe-fake-client.ts'

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

test('a coupon for two months is not begun anew by the next phase, on the subscription or on an item', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  await stage.stripe.coupons.create({
    id: 'ten',
    percent_off: 10,
    duration: 'repeating',
    duration_in_months: 2,
  })
  const discounts = [{ coupon: 'ten' }]
  const sell = async (onItem: boolean) => {
    const terms = {
      items: [{ price: price.id, quantity: 1, ...(onItem ? { discounts } : {}) }],
      ...(onItem ? {} : { discounts }),
    }
    const { subscription } = await stage.stripe.subscriptionSchedules.create({
      customer: customer.id,
      end_behavior: 'cancel',
      default_settings: { collection_method: 'send_invoice', invoice_settings: { days_until_due: 30 } },
      phases: [
        { ...terms, duration: months(1) },
        { ...terms, duration: months(2) },
      ],
    })
    return String(subscription)
  }
  const [onSubscription, onItem] = [await sell(false), await sell(true)]
  await stage.runTo('2026-04-02T00:00:00Z')
  for (const id of [onSubscription, onItem])
    expect((await billed(stage, id)).map(([total]) => total)).toEqual([4500, 4500, 5000])
})
