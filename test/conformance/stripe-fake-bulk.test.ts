import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { sellSeats, stageTwin } from './stripe-fake-client.ts'

/** A year of some customers with ten seats at $50 a month and $1,200.00 a year each, all of them paying when due. */
async function liveAYear(customers: number) {
  const stage = await stageTwin()
  const { stripe, fake } = stage
  const { price } = await sellSeats(stage)
  const annual = await stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 120_000,
    recurring: { interval: 'year' },
  })
  for (let count = 0; count < customers; count++) {
    const { id } = await stripe.customers.create({ name: `Customer ${count}` })
    await stripe.subscriptions.create({
      customer: id,
      items: [{ price: price.id, quantity: 10 }, { price: annual.id }],
      collection_method: 'send_invoice',
      days_until_due: 30,
    })
  }
  for (let month = 1; month <= 12; month++) {
    const end = new Date(Date.UTC(2026, month, 0, 23))
    await stage.runTo(end.toISOString())
    fake.payDueInvoices(new Date(end.getTime() + 86_400_000))
  }
  await fake.pump()
  const digest = createHash('sha256')
  // The keys in the requests are the SDK's own and differ from run to run.
  for (const { body } of stage.delivered) digest.update(body.replace(/stripe-node-retry-[\w-]+/, ''))
  return { stage, digest: digest.digest('hex') }
}

test('40 customers, a year: 480 invoices, 288000.00 billed, and the bank has all that could be paid out', async () => {
  const { stage } = await liveAYear(40)
  const { invoices, balance, events, deliveriesWaiting } = stage.fake.truth()
  // 40 × (12 × 50000 + 120000)
  expect(invoices).toEqual([
    expect.objectContaining({ status: 'paid', count: 480, total: '28800000', paid: '28800000' }),
  ])
  expect(deliveriesWaiting).toBe(0)
  // Only December’s events are left: 40 of each kind.
  expect(events).toBeLessThan(40 * 20)
  const net = (type: string) => {
    const row = balance.find((one) => one.type === type)
    return BigInt(row?.amount ?? 0) - BigInt(row?.fee ?? 0)
  }
  const waiting = (await stage.stripe.balanceTransactions.list({ limit: 100, type: 'payment' })).data
    .filter(({ status }) => status === 'pending')
    .reduce((sum, one) => sum + BigInt(one.net), 0n)
  expect(-net('payout')).toBe(net('payment') - waiting)
})

test('the same seed gives the same messages to the byte', async () => {
  const [first, second] = [await liveAYear(3), await liveAYear(3)]
  expect(first.digest).toBe(second.digest)
})
