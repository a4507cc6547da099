import { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import { seconds, sellSeats, sellTenSeats, stageTwin } from './stripe-fake-client.ts'

test('a product has the id it is given, once; with a price it cannot be deleted', async () => {
  const { stripe } = await stageTwin()
  await stripe.products.create({ id: 'gtx', name: 'GTX', metadata: { family: 'core' } })
  await expect(stripe.products.create({ id: 'gtx', name: 'Other' })).rejects.toMatchObject({
    code: 'resource_already_exists',
  })
  expect(await stripe.products.update('gtx', { name: 'GTX Pro', description: 'Fast' })).toMatchObject({
    name: 'GTX Pro',
    description: 'Fast',
    metadata: { family: 'core' },
  })
  await stripe.products.create({ id: 'old', name: 'Old', active: false })
  const names = async (active: boolean) =>
    (await stripe.products.list({ active })).data.map(({ name }) => name)
  expect(await names(true)).toEqual(['GTX Pro'])
  expect((await stripe.products.del('old')).deleted).toBe(true)
  await stripe.prices.create({ product: 'gtx', currency: 'usd', unit_amount: 1 })
  await expect(stripe.products.del('gtx')).rejects.toMatchObject({ statusCode: 400 })
})

test.each([
  ['an amount missing', {}, 'unit_amount'],
  ['tiers without their scheme', { tiers: [{ up_to: 'inf', unit_amount: 1 }], unit_amount: 1 }, 'tiers'],
  ['tiers that fall', tiered([{ up_to: 10 }, { up_to: 5 }, { up_to: 'inf' }]), 'tiers'],
  ['tiers without an end', tiered([{ up_to: 10 }]), 'tiers'],
  [
    'four years',
    { unit_amount: 1, recurring: { interval: 'year', interval_count: 4 } },
    'recurring[interval_count]',
  ],
] as [string, Partial<Stripe.PriceCreateParams>, string][])(
  'a price with %s is refused',
  async (_name, extra, param) => {
    const { stripe } = await stageTwin()
    const { id } = await stripe.products.create({ name: 'GTX' })
    await expect(stripe.prices.create({ product: id, currency: 'usd', ...extra })).rejects.toMatchObject({
      param,
    })
  },
)

function tiered(tiers: { up_to: number | 'inf' }[]): Partial<Stripe.PriceCreateParams> {
  return {
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: tiers.map((tier) => ({ ...tier, unit_amount: 1 })),
  }
}

test('twelve decimals of a cent are kept exactly, thirteen refused', async () => {
  const { stripe } = await stageTwin()
  const { id } = await stripe.products.create({ name: 'GTX' })
  const create = (unit: string) =>
    stripe.prices.create({ product: id, currency: 'usd', unit_amount_decimal: Stripe.Decimal.from(unit) })
  const price = await create('0.123456789012')
  expect(price.unit_amount_decimal?.toString()).toBe('0.123456789012')
  expect(price.unit_amount).toBeNull()
  expect((await create('125.00')).unit_amount).toBe(125)
  await expect(create('0.1234567890123')).rejects.toMatchObject({ param: 'unit_amount_decimal' })
})

test('a price never changes its amount, and its tax behavior only once', async () => {
  const { stripe } = await stageTwin()
  const { id } = await stripe.products.create({ name: 'GTX' })
  const price = await stripe.prices.create({ product: id, currency: 'usd', unit_amount: 100 })
  expect((await stripe.prices.update(price.id, { tax_behavior: 'exclusive' })).tax_behavior).toBe('exclusive')
  await expect(stripe.prices.update(price.id, { tax_behavior: 'inclusive' })).rejects.toMatchObject({
    param: 'tax_behavior',
  })
  await expect(
    stripe.prices.update(price.id, { unit_amount: 200 } as Stripe.PriceUpdateParams),
  ).rejects.toMatchObject({ code: 'parameter_unknown' })
})

test('a coupon takes off percent or an amount; deleted, it stays with those who have it', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  await expect(stripe.coupons.create({ duration: 'once' })).rejects.toMatchObject({ statusCode: 400 })
  await expect(stripe.coupons.create({ percent_off: 101 })).rejects.toMatchObject({ param: 'percent_off' })
  await expect(stripe.coupons.create({ amount_off: 5 })).rejects.toMatchObject({ param: 'currency' })
  await expect(stripe.coupons.create({ percent_off: 5, duration: 'repeating' })).rejects.toMatchObject({
    param: 'duration_in_months',
  })
  await stripe.coupons.create({ id: 'half', percent_off: 50, duration: 'forever' })
  const { subscription } = await sellTenSeats(stage, { discounts: [{ coupon: 'half' }] })
  expect((await stripe.coupons.update('half', { name: 'Half' })).times_redeemed).toBe(1)
  await stripe.coupons.del('half')
  await expect(stripe.coupons.retrieve('half')).rejects.toMatchObject({ statusCode: 404 })
  await stage.runTo('2026-02-01T01:00:00Z')
  const { data } = await stripe.invoices.list({ subscription: subscription.id })
  expect(data.map(({ total }) => total)).toEqual([25000, 25000])
})

test('a promotion code gives its coupon until it expires', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  await stripe.coupons.create({ id: 'half', percent_off: 50, duration: 'forever' })
  const code = await stripe.promotionCodes.create({
    promotion: { type: 'coupon', coupon: 'half' },
    code: 'SPRING',
    expires_at: seconds('2026-01-02T00:00:00Z'),
  })
  await expect(
    stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: 'half' }, code: 'spring' }),
  ).rejects.toMatchObject({ param: 'code' })
  const { subscription } = await sellTenSeats(stage, { discounts: [{ promotion_code: code.id }] })
  expect((await stripe.invoices.retrieve(String(subscription.latest_invoice))).total).toBe(25000)
  expect((await stripe.promotionCodes.list({ code: 'Spring' })).data).toMatchObject([{ times_redeemed: 1 }])
  await stage.runTo('2026-01-02T00:00:00Z')
  await expect(sellTenSeats(stage, { discounts: [{ promotion_code: code.id }] })).rejects.toMatchObject({
    code: 'promotion_code_expired',
  })
})

test('one event name has one active meter; only its display name changes', async () => {
  const { stripe } = await stageTwin()
  const create = () =>
    stripe.billing.meters.create({
      display_name: 'Tokens',
      event_name: 'tokens',
      default_aggregation: { formula: 'last' },
    })
  const meter = await create()
  await expect(create()).rejects.toMatchObject({ param: 'event_name' })
  expect((await stripe.billing.meters.update(meter.id, { display_name: 'Words' })).display_name).toBe('Words')
  expect((await stripe.billing.meters.deactivate(meter.id)).status).toBe('inactive')
  await create()
  await expect(stripe.billing.meters.reactivate(meter.id)).rejects.toMatchObject({ param: 'event_name' })
  expect((await stripe.billing.meters.list({ status: 'active' })).data).toHaveLength(1)
})

test.each([
  ['last', 7],
  ['count', 3],
  ['sum', 17],
] as const)('of 5, 5 and 7 a meter by %s shows %i', async (formula, shown) => {
  const stage = await stageTwin()
  const { stripe } = stage
  const customer = await stripe.customers.create()
  const meter = await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula },
    customer_mapping: { event_payload_key: 'buyer', type: 'by_id' },
    value_settings: { event_payload_key: 'amount' },
  })
  for (const [index, amount] of ['7', '5', '5'].entries())
    await stripe.billing.meterEvents.create({
      event_name: 'tokens',
      timestamp: seconds('2026-01-01T00:00:00Z') - index * 60,
      payload: { buyer: customer.id, amount },
    })
  await stage.runTo('2026-01-01T01:00:00Z')
  const { data } = await stripe.billing.meters.listEventSummaries(meter.id, {
    customer: customer.id,
    start_time: seconds('2025-12-31T00:00:00Z'),
    end_time: seconds('2026-01-02T00:00:00Z'),
  })
  expect(data.map(({ aggregated_value }) => aggregated_value)).toEqual([shown])
})

test('a test clock moves the twin’s own time, by two intervals at most', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds('2026-01-01T00:00:00Z') })
  const { subscription } = await sellTenSeats(stage)
  const advance = (to: string) =>
    stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: seconds(to) })
  await expect(advance('2026-03-01T00:00:01Z')).rejects.toMatchObject({ param: 'frozen_time' })
  await expect(advance('2025-12-31T00:00:00Z')).rejects.toMatchObject({ param: 'frozen_time' })
  expect((await advance('2026-03-01T00:00:00Z')).status).toBe('advancing')
  expect(await stripe.testHelpers.testClocks.retrieve(clock.id)).toMatchObject({
    status: 'ready',
    frozen_time: seconds('2026-03-01T00:00:00Z'),
  })
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(3)
  await stage.fake.pump()
  const renewed = stage.delivered.find(({ body }) => body.includes('"subscription_cycle"'))
  expect(JSON.parse(renewed?.body ?? '{}')).toMatchObject({ request: { id: null } })
})

test('an endpoint made through the API gets its types only, signed with the secret told once', async () => {
  const stage = await stageTwin({ webhooks: [] })
  const { stripe } = stage
  const { id, secret } = await stripe.webhookEndpoints.create({
    url: 'https://hub.test/hooks',
    enabled_events: ['product.created'],
  })
  expect(await stripe.webhookEndpoints.retrieve(id)).not.toHaveProperty('secret')
  await sellSeats(stage)
  await stage.fake.pump()
  expect(stage.delivered.map(({ type }) => type)).toEqual(['product.created'])
  const { body = '', signature = '' } = stage.delivered[0] ?? {}
  expect(() =>
    stripe.webhooks.constructEvent(body, signature, secret ?? '', 300, undefined, Date.parse('2026-01-01')),
  ).not.toThrow()
  expect((await stripe.webhookEndpoints.update(id, { disabled: true })).status).toBe('disabled')
  await stripe.webhookEndpoints.del(id)
  expect((await stripe.webhookEndpoints.list()).data).toEqual([])
})

test('a bank transfer goes back in three days; a charge that went back whole is refunded', async () => {
  const stage = await stageTwin()
  const { subscription } = await sellTenSeats(stage)
  const id = String(subscription.latest_invoice)
  await stage.runTo('2026-01-02T00:00:00Z')
  stage.fake.payInvoice(id, { via: 'bank_transfer' })
  const [charge] = (await stage.stripe.charges.list()).data
  const refund = await stage.stripe.refunds.create({ payment_intent: String(charge?.payment_intent) })
  expect(refund).toMatchObject({ status: 'pending', amount: 50000 })
  expect((await stage.stripe.charges.retrieve(charge?.id ?? '')).refunded).toBe(true)
  await expect(stage.stripe.refunds.create({ charge: charge?.id ?? '' })).rejects.toMatchObject({
    code: 'charge_already_refunded',
  })
  await stage.runTo('2026-01-05T00:00:00Z')
  expect((await stage.stripe.refunds.retrieve(refund.id)).status).toBe('succeeded')
  expect((await stage.stripe.refunds.update(refund.id, { metadata: { a: '1' } })).metadata).toEqual({
    a: '1',
  })
})

test('a dispute given up is lost, and its charge cannot be refunded', async () => {
  const stage = await stageTwin()
  const { subscription } = await sellTenSeats(stage)
  await stage.runTo('2026-01-02T00:00:00Z')
  stage.fake.payInvoice(String(subscription.latest_invoice), { via: 'card' })
  const dispute = stage.fake.openDispute({
    invoiceId: String(subscription.latest_invoice),
    amountMinor: 20000n,
  })
  const { charge, amount } = await stage.stripe.disputes.retrieve(dispute)
  expect(amount).toBe(20000)
  await expect(stage.stripe.refunds.create({ charge: String(charge) })).rejects.toMatchObject({
    code: 'charge_disputed',
  })
  expect((await stage.stripe.disputes.update(dispute, { submit: true })).status).toBe('under_review')
  expect((await stage.stripe.disputes.close(dispute)).status).toBe('lost')
  await expect(stage.stripe.disputes.close(dispute)).rejects.toMatchObject({ statusCode: 400 })
})

test('events are read in pages both ways, thin ones by themselves', async () => {
  const stage = await stageTwin({ quirks: { thinTwins: true } })
  for (const name of 'abcde') await stage.stripe.customers.create({ name })
  const names = (events: readonly Stripe.Event[]) =>
    events.map(({ data }) => (data.object as Stripe.Customer).name).join('')
  const first = await stage.stripe.events.list({ limit: 2 })
  expect(names(first.data)).toBe('ed')
  const next = await stage.stripe.events.list({ limit: 2, starting_after: first.data[1]?.id ?? '' })
  expect(names(next.data)).toBe('cb')
  const back = await stage.stripe.events.list({ limit: 2, ending_before: next.data[1]?.id ?? '' })
  expect(names(back.data)).toBe('dc')
  const thin: string[] = []
  for await (const { type } of stage.stripe.v2.core.events.list({ limit: 2 })) thin.push(type)
  expect(thin).toEqual(Array.from({ length: 5 }, () => 'v1.customer.created'))
  await expect(stage.stripe.events.retrieve('evt_none')).rejects.toMatchObject({ statusCode: 404 })
})

test('what cannot be expanded is refused, and so is a fifth level', async () => {
  const { stripe } = await stageTwin()
  const { id } = await stripe.customers.create()
  await expect(stripe.customers.retrieve(id, { expand: ['planet'] })).rejects.toThrow(/cannot be expanded/)
  await expect(stripe.customers.retrieve(id, { expand: ['a.b.c.d.e'] })).rejects.toThrow(/4 levels/)
})

test('a deleted customer shows that it is, and takes no subscription', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellSeats(stage)
  await stage.stripe.customers.del(customer.id)
  expect(await stage.stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true })
  await expect(
    stage.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      collection_method: 'send_invoice',
      days_until_due: 30,
    }),
  ).rejects.toMatchObject({ code: 'resource_missing', param: 'customer' })
  expect((await stage.stripe.customers.list()).data).toEqual([])
})
