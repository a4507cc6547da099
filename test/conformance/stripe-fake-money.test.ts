import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import type { Stage } from './stripe-fake-client.ts'
import { seconds, stageTwin } from './stripe-fake-client.ts'

/** An open invoice over an amount, due in 30 days. */
async function openInvoice(stage: Stage, amount: number, currency = 'usd'): Promise<Stripe.Invoice> {
  const { stripe } = stage
  const customer = await stripe.customers.create({ name: 'Acme' })
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency,
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
  await stripe.invoiceItems.create({ customer: customer.id, invoice: invoice.id, amount, currency })
  return stripe.invoices.finalizeInvoice(invoice.id)
}

async function movements(stage: Stage) {
  const { data } = await stage.stripe.balanceTransactions.list({ limit: 100 })
  return data.toReversed().map(({ type, amount, fee, net }) => [type, amount, fee, net])
}

const typesOf = (stage: Stage) => stage.delivered.map(({ type }) => type)

test('a card payment of $100.00 costs 2.9 % and 30 cents: 320 of 10000', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  stage.fake.payInvoice(id, { via: 'card' })
  expect(await movements(stage)).toEqual([['charge', 10000, 320, 9680]])
  expect(await stage.stripe.invoices.retrieve(id)).toMatchObject({
    status: 'paid',
    amount_paid: 10000,
    amount_remaining: 0,
    amount_paid_off_stripe: 0,
  })
})

test('a bank transfer costs 0.8 %, and at most $5.00', async () => {
  const stage = await stageTwin()
  stage.fake.payInvoice((await openInvoice(stage, 10000)).id, { via: 'bank_transfer' })
  stage.fake.payInvoice((await openInvoice(stage, 5_000_000)).id, { via: 'bank_transfer' })
  expect(await movements(stage)).toEqual([
    ['payment', 10000, 80, 9920],
    ['payment', 5_000_000, 500, 4_999_500],
  ])
})

test('an invoice paid in two parts has two payments, and is paid with the second', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  stage.fake.payInvoice(id, { via: 'bank_transfer', amountMinor: 4000n })
  expect(await stage.stripe.invoices.retrieve(id)).toMatchObject({
    status: 'open',
    amount_paid: 4000,
    amount_remaining: 6000,
  })
  stage.fake.payInvoice(id, { via: 'card' })
  const { data } = await stage.stripe.invoicePayments.list({
    invoice: id,
    expand: ['data.payment.payment_intent'],
  })
  expect(data.map(({ amount_paid, status }) => [amount_paid, status])).toEqual([
    [6000, 'paid'],
    [4000, 'paid'],
  ])
  await stage.fake.pump()
  expect(typesOf(stage).filter((type) => type.startsWith('invoice'))).toEqual(
    [
      'invoice.created',
      'invoiceitem.created',
      'invoice.finalized',
      'invoice_payment.paid',
      'invoice_payment.paid',
      'invoice.paid',
      'invoice.payment_succeeded',
    ].toSpliced(1, 0, 'invoice.updated'),
  )
})

test('paid out of band: the invoice is paid, the balance has not moved and there is no payment', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  expect(await stage.stripe.invoices.pay(id, { paid_out_of_band: true })).toMatchObject({
    status: 'paid',
    amount_paid: 10000,
    amount_paid_off_stripe: 10000,
  })
  expect(await movements(stage)).toEqual([])
  expect((await stage.stripe.invoicePayments.list({ invoice: id })).data).toEqual([])
})

test('a declined card is 402, counted, tried again three days later, and paid once there is another card', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const customer = await stripe.customers.create({ payment_method: 'pm_card_chargeCustomerFail' })
  const [bad] = (await stripe.paymentMethods.list({ customer: customer.id })).data
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad?.id ?? '' } })
  const { id } = await stripe.invoices.create({ customer: customer.id, auto_advance: true })
  await stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount: 900, currency: 'usd' })
  await stripe.invoices.finalizeInvoice(id)
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    status: 'open',
    attempt_count: 1,
    next_payment_attempt: seconds('2026-01-04T00:00:00Z'),
  })
  await expect(stripe.invoices.pay(id)).rejects.toMatchObject({ statusCode: 402, code: 'card_declined' })
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: good.id } })
  await stage.runTo('2026-01-20T00:00:00Z')
  expect((await stripe.invoices.retrieve(id)).status).toBe('paid')
})

test('an unpaid invoice is overdue when its 30 days are over, and can be given up or taken back', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  await stage.runTo('2026-01-30T23:59:59Z')
  expect(typesOf(stage)).not.toContain('invoice.overdue')
  await stage.runTo('2026-01-31T00:00:00Z')
  expect(typesOf(stage)).toContain('invoice.overdue')
  expect((await stage.stripe.invoices.markUncollectible(id)).status).toBe('uncollectible')
  expect((await stage.stripe.invoices.voidInvoice(id)).status).toBe('void')
  await expect(stage.stripe.invoices.pay(id)).rejects.toMatchObject({ statusCode: 400 })
})

test('two partial refunds are two refunds and two events; more than was paid is refused', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  stage.fake.payInvoice(id, { via: 'card' })
  const [charge] = (await stage.stripe.charges.list()).data
  const refund = (amount: number) => stage.stripe.refunds.create({ charge: charge?.id ?? '', amount })
  const first = await refund(3000)
  expect(first.status).toBe('succeeded')
  await refund(2000)
  await expect(refund(5001)).rejects.toMatchObject({ param: 'amount' })
  await stage.fake.pump()
  expect(typesOf(stage).filter((type) => type === 'refund.created')).toHaveLength(2)
  expect(typesOf(stage).filter((type) => type === 'charge.refunded')).toHaveLength(2)
  expect((await stage.stripe.charges.retrieve(charge?.id ?? '')).amount_refunded).toBe(5000)
  expect(await movements(stage)).toEqual([
    ['charge', 10000, 320, 9680],
    ['refund', -3000, 0, -3000],
    ['refund', -2000, 0, -2000],
  ])
})

test('a refund the bank sends back fails three days later, and the money is there again', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  stage.fake.payInvoice(id, { via: 'bank_transfer' })
  const refund = stage.fake.refund({ invoiceId: id, amountMinor: 1000n, fails: true })
  expect((await stage.stripe.refunds.retrieve(refund)).status).toBe('pending')
  await stage.runTo('2026-01-04T00:00:00Z')
  expect(await stage.stripe.refunds.retrieve(refund)).toMatchObject({ status: 'failed' })
  expect(typesOf(stage)).toContain('refund.failed')
  expect((await movements(stage)).filter(([type]) => type !== 'payout')).toEqual([
    ['payment', 10000, 80, 9920],
    ['payment_refund', -1000, 0, -1000],
    ['payment_failure_refund', 1000, 0, 1000],
  ])
})

test('a dispute takes the amount and $15.00; won, the amount comes back and the fee does not', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  stage.fake.payInvoice(id, { via: 'card' })
  const dispute = stage.fake.openDispute({ invoiceId: id })
  stage.fake.closeDispute(dispute, 'won')
  expect(await movements(stage)).toEqual([
    ['charge', 10000, 320, 9680],
    ['adjustment', -10000, 1500, -11500],
    ['adjustment', 10000, 0, 10000],
  ])
  await stage.fake.pump()
  expect(typesOf(stage).filter((type) => type.startsWith('charge.dispute'))).toEqual([
    'charge.dispute.created',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.funds_reinstated',
    'charge.dispute.closed',
  ])
  expect((await stage.stripe.disputes.retrieve(dispute)).status).toBe('won')
})

test('what came in two days ago is paid out at midnight, net of fees and refunds, to the cent', async () => {
  const stage = await stageTwin({ startsAt: '2026-01-01T10:00:00Z' })
  const { id } = await openInvoice(stage, 10000)
  stage.fake.payInvoice(id, { via: 'card' })
  stage.fake.refund({ invoiceId: id, amountMinor: 1000n })
  await stage.runTo('2026-01-03T23:59:59Z')
  expect((await stage.stripe.payouts.list()).data).toEqual([])
  await stage.runTo('2026-01-05T00:00:00Z')
  const [payout] = (await stage.stripe.payouts.list()).data
  expect(payout).toMatchObject({
    amount: 8680,
    status: 'paid',
    created: seconds('2026-01-04T00:00:00Z'),
    arrival_date: seconds('2026-01-05T00:00:00Z'),
  })
  const { data } = await stage.stripe.balanceTransactions.list({ payout: payout?.id ?? '' })
  expect(data.map(({ type, net }) => [type, net])).toEqual([
    ['payout', -8680],
    ['refund', -1000],
    ['charge', 9680],
  ])
  expect(typesOf(stage).filter((type) => type.startsWith('payout'))).toEqual([
    'payout.created',
    'payout.paid',
  ])
})

test('a credit note on an open invoice lowers what is owed; voided, it is owed again', async () => {
  const stage = await stageTwin()
  const { id, lines } = await openInvoice(stage, 10000)
  const note = await stage.stripe.creditNotes.create({
    invoice: id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: lines.data[0]?.id ?? '', amount: 2500 }],
  })
  expect(note).toMatchObject({
    total: 2500,
    pre_payment_amount: 2500,
    post_payment_amount: 0,
    type: 'pre_payment',
    number: expect.stringMatching(/-0001-CN-01$/) as unknown,
  })
  const due = async () => (await stage.stripe.invoices.retrieve(id)).amount_due
  expect(await due()).toBe(7500)
  expect((await stage.stripe.creditNotes.voidCreditNote(note.id)).status).toBe('void')
  expect(await due()).toBe(10000)
})

test('a credit note over all that is owed closes the invoice without money', async () => {
  const stage = await stageTwin()
  const { id } = await openInvoice(stage, 10000)
  await stage.stripe.creditNotes.create({ invoice: id, amount: 10000 })
  expect(await stage.stripe.invoices.retrieve(id)).toMatchObject({
    status: 'paid',
    amount_paid: 0,
    amount_due: 0,
    pre_payment_credit_notes_amount: 10000,
  })
})

test('a credit note on a paid invoice says where every cent goes: refund, balance and past Stripe', async () => {
  const stage = await stageTwin()
  const { id, customer } = await openInvoice(stage, 10000)
  stage.fake.payInvoice(id, { via: 'card' })
  const create = (params: Partial<Stripe.CreditNoteCreateParams>) =>
    stage.stripe.creditNotes.create({ invoice: id, amount: 6000, ...params })
  await expect(create({ refund_amount: 5999 })).rejects.toThrow(/must equal the post payment amount \(6000\)/)
  const note = await create({ refund_amount: 3000, credit_amount: 2000, out_of_band_amount: 1000 })
  expect(note).toMatchObject({
    post_payment_amount: 6000,
    out_of_band_amount: 1000,
    refunds: [{ amount_refunded: 3000 }],
  })
  expect(await stage.stripe.customers.retrieve(String(customer))).toMatchObject({ balance: -2000 })
  expect(await movements(stage)).toEqual([
    ['charge', 10000, 320, 9680],
    ['refund', -3000, 0, -3000],
  ])
  await expect(create({ amount: 4001, credit_amount: 4001 })).rejects.toMatchObject({ param: 'amount' })
})

test('yen have no cents and dinars have three decimals: ¥1000 and 1.234 KWD are 1000 and 1234', async () => {
  const stage = await stageTwin()
  const yen = await openInvoice(stage, 1000, 'jpy')
  const dinar = await openInvoice(stage, 1234, 'kwd')
  stage.fake.payInvoice(yen.id, { via: 'card' })
  stage.fake.payInvoice(dinar.id, { via: 'card' })
  expect([yen.total, dinar.total]).toEqual([1000, 1234])
  expect(await movements(stage)).toEqual([
    ['charge', 1000, 59, 941],
    ['charge', 1234, 336, 898],
  ])
})

test('all open invoices that are due are paid at once, and the truth adds up', async () => {
  const stage = await stageTwin()
  for (let count = 0; count < 3; count++) await openInvoice(stage, 1000)
  expect(stage.fake.payDueInvoices(new Date('2026-01-30T00:00:00Z'))).toBe(0)
  expect(stage.fake.payDueInvoices(new Date('2026-01-31T00:00:00Z'))).toBe(3)
  expect(stage.fake.truth()).toMatchObject({
    customers: 3,
    invoices: [{ currency: 'usd', status: 'paid', count: 3, total: '3000', paid: '3000' }],
    balance: [{ type: 'payment', count: 3, amount: '3000', fee: '24' }],
  })
  expect(stage.fake.journal().map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([
    ...Array.from({ length: 3 }, () => ['invoice-finalized', 1000n]),
    ...Array.from({ length: 3 }, () => [
      ['fee-charged', 8n],
      ['invoice-paid', 1000n],
    ]).flat(),
  ])
})
