import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import { billed, sellSeats, sellTenSeats, stageTwin } from './stripe-fake-client.ts'

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
