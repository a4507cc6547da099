import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import type { Stage } from './stripe-fake-client.ts'
import { seconds, sellTenSeats, stageTwin } from './stripe-fake-client.ts'

async function draft(stage: Stage, extra: Partial<Stripe.InvoiceCreateParams> = {}) {
  const { stripe } = stage
  const customer = await stripe.customers.create({
    name: 'Acme',
    invoice_settings: { custom_fields: [{ name: 'PO', value: '1' }], footer: 'Thank you' },
  })
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    collection_method: 'send_invoice',
    days_until_due: 30,
    ...extra,
  })
  return { customer, invoice }
}

test('an invoice of one’s own stays a draft until it is told to advance, then for an hour', async () => {
  const stage = await stageTwin()
  const { invoice, customer } = await draft(stage)
  expect(invoice).toMatchObject({
    status: 'draft',
    auto_advance: false,
    billing_reason: 'manual',
    automatically_finalizes_at: null,
    custom_fields: [{ name: 'PO', value: '1' }],
    footer: 'Thank you',
  })
  await stage.stripe.invoiceItems.create({
    customer: customer.id,
    invoice: invoice.id,
    amount: 100,
    currency: 'usd',
  })
  await stage.runTo('2026-01-10T00:00:00Z')
  const told = await stage.stripe.invoices.update(invoice.id, { auto_advance: true })
  expect(told.automatically_finalizes_at).toBe(seconds('2026-01-10T01:00:00Z'))
  await stage.runTo('2026-01-10T01:00:00Z')
  expect(await stage.stripe.invoices.retrieve(invoice.id)).toMatchObject({
    status: 'open',
    due_date: seconds('2026-02-09T01:00:00Z'),
  })
})

test('a draft may be told when to be finalized', async () => {
  const stage = await stageTwin()
  const { invoice } = await draft(stage, {
    automatically_finalizes_at: seconds('2026-01-05T00:00:00Z'),
    auto_advance: true,
  })
  await stage.runTo('2026-01-04T23:59:59Z')
  expect((await stage.stripe.invoices.retrieve(invoice.id)).status).toBe('draft')
  await stage.runTo('2026-01-05T00:00:00Z')
  expect((await stage.stripe.invoices.retrieve(invoice.id)).status).toBe('paid')
})

test('an invoice over nothing is paid as soon as it is finalized', async () => {
  const stage = await stageTwin()
  const { invoice } = await draft(stage)
  expect(await stage.stripe.invoices.finalizeInvoice(invoice.id)).toMatchObject({ status: 'paid', total: 0 })
})

test('a draft can be changed, a finalized invoice only in its metadata', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const { invoice } = await draft(stage)
  const changed = await stripe.invoices.update(invoice.id, {
    custom_fields: [{ name: 'PO', value: '2' }],
    description: 'March',
    days_until_due: 60,
    metadata: { a: '1', b: '2' },
  })
  expect(changed).toMatchObject({
    custom_fields: [{ name: 'PO', value: '2' }],
    due_date: seconds('2026-03-02T00:00:00Z'),
  })
  await stripe.invoices.sendInvoice(invoice.id)
  await expect(stripe.invoices.update(invoice.id, { description: 'April' })).rejects.toMatchObject({
    code: 'invoice_not_editable',
  })
  await expect(stripe.invoices.finalizeInvoice(invoice.id)).rejects.toMatchObject({ statusCode: 400 })
  const { metadata } = await stripe.invoices.update(invoice.id, { metadata: { a: '', c: '3' } })
  expect(metadata).toEqual({ b: '2', c: '3' })
})

test('sending finalizes a draft and tells so each time', async () => {
  const stage = await stageTwin()
  const { invoice, customer } = await draft(stage)
  await stage.stripe.invoiceItems.create({
    customer: customer.id,
    invoice: invoice.id,
    amount: 5,
    currency: 'usd',
  })
  expect((await stage.stripe.invoices.sendInvoice(invoice.id)).status).toBe('open')
  await stage.stripe.invoices.sendInvoice(invoice.id)
  await stage.fake.pump()
  expect(stage.delivered.filter(({ type }) => type === 'invoice.sent')).toHaveLength(2)
})

test('a deleted draft gives its items back: they wait for the next invoice of the customer', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const { invoice, customer } = await draft(stage)
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: invoice.id,
    amount: 700,
    currency: 'usd',
  })
  expect((await stripe.invoices.del(invoice.id)).deleted).toBe(true)
  await expect(stripe.invoices.retrieve(invoice.id)).rejects.toMatchObject({ statusCode: 404 })
  const next = await stripe.invoices.create({
    customer: customer.id,
    collection_method: 'send_invoice',
    days_until_due: 30,
    currency: 'usd',
    pending_invoice_items_behavior: 'include',
  })
  expect(next.total).toBe(700)
})

test('an invoice item follows its draft: changed, deleted, priced', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const { invoice, customer } = await draft(stage)
  const product = await stripe.products.create({ name: 'Setup' })
  const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 250 })
  const common = { customer: customer.id, invoice: invoice.id }
  const first = await stripe.invoiceItems.create({ ...common, amount: 100, currency: 'usd' })
  const second = await stripe.invoiceItems.create({ ...common, pricing: { price: price.id }, quantity: 4 })
  expect(second).toMatchObject({ amount: 1000, quantity: 4, pricing: { price_details: { price: price.id } } })
  const total = async () => (await stripe.invoices.retrieve(invoice.id)).total
  expect(await total()).toBe(1100)
  await stripe.invoiceItems.update(first.id, { amount: 150, description: 'Training' })
  expect(await total()).toBe(1150)
  await stripe.invoiceItems.del(second.id)
  expect(await total()).toBe(150)
  const { data } = await stripe.invoices.listLineItems(invoice.id)
  expect(data.map(({ description }) => description)).toEqual(['Training'])
  await expect(stripe.invoiceItems.create({ ...common, currency: 'eur', amount: 1 })).rejects.toMatchObject({
    param: 'currency',
  })
  await expect(stripe.invoiceItems.create(common)).rejects.toMatchObject({ param: 'amount' })
})

test('a line can be given another amount and metadata of its own', async () => {
  const stage = await stageTwin()
  const { subscription } = await sellTenSeats(stage, { metadata: { contract: 'ctr_1' } })
  const id = String(subscription.latest_invoice)
  const [line] = (await stage.stripe.invoices.listLineItems(id)).data
  expect(line?.metadata).toEqual({ contract: 'ctr_1' })
  const changed = await stage.stripe.invoices.updateLineItem(id, line?.id ?? '', {
    amount: 45000,
    metadata: { reason: 'goodwill' },
  })
  expect(changed.metadata).toEqual({ contract: 'ctr_1', reason: 'goodwill' })
  expect((await stage.stripe.invoices.retrieve(id)).total).toBe(45000)
  await stage.runTo('2026-01-01T01:00:00Z')
  await expect(stage.stripe.invoices.updateLineItem(id, line?.id ?? '', { amount: 1 })).rejects.toMatchObject(
    { code: 'invoice_not_editable' },
  )
})

test('the invoice shows ten of its twelve lines, the list of lines all of them in order', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const { invoice, customer } = await draft(stage)
  for (let amount = 1; amount <= 12; amount++)
    await stripe.invoiceItems.create({ customer: customer.id, invoice: invoice.id, amount, currency: 'usd' })
  const { lines } = await stripe.invoices.retrieve(invoice.id)
  expect([lines.data.length, lines.has_more]).toEqual([10, true])
  const amounts: number[] = []
  for await (const { amount } of stripe.invoices.listLineItems(invoice.id, { limit: 5 })) amounts.push(amount)
  expect(amounts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
})

test('invoices are listed by subscription, customer, status and due date', async () => {
  const stage = await stageTwin()
  const { customer, subscription } = await sellTenSeats(stage)
  await draft(stage)
  await stage.runTo('2026-02-01T00:30:00Z')
  const count = async (params: Stripe.InvoiceListParams) =>
    (await stage.stripe.invoices.list(params)).data.length
  expect(await count({})).toBe(3)
  expect(await count({ subscription: subscription.id })).toBe(2)
  expect(await count({ customer: customer.id, status: 'draft' })).toBe(1)
  expect(await count({ status: 'draft' })).toBe(2)
  expect(await count({ status: 'open' })).toBe(1)
  expect(await count({ due_date: { lt: seconds('2026-02-01T00:00:00Z') } })).toBe(2)
})

test('a voided invoice gives the credit back that it had taken', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const customer = await stripe.customers.create({ balance: -300 })
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: invoice.id,
    amount: 1000,
    currency: 'usd',
  })
  const balance = async () => ((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).balance
  expect((await stripe.invoices.finalizeInvoice(invoice.id)).amount_due).toBe(700)
  expect(await balance()).toBe(0)
  await stripe.invoices.voidInvoice(invoice.id)
  expect(await balance()).toBe(-300)
  const { data } = await stripe.customers.listBalanceTransactions(customer.id)
  expect(data.map(({ type, amount }) => [type, amount])).toEqual([
    ['unapplied_from_invoice', -300],
    ['applied_to_invoice', 300],
    ['initial', -300],
  ])
})

test('a preview for items alone shows what a new subscription would cost', async () => {
  const stage = await stageTwin()
  const { customer, price } = await sellTenSeats(stage)
  const preview = await stage.stripe.invoices.createPreview({
    customer: customer.id,
    subscription_details: { items: [{ price: price.id, quantity: 3 }] },
  })
  expect(preview).toMatchObject({ total: 15000, subtotal: 15000, billing_reason: 'upcoming' })
  expect((await stage.stripe.invoices.list()).data).toHaveLength(1)
})

test('a credit note may have a line of its own, or some of a line’s quantity', async () => {
  const stage = await stageTwin()
  const { subscription } = await sellTenSeats(stage)
  const id = String(subscription.latest_invoice)
  const { lines } = await stage.stripe.invoices.finalizeInvoice(id)
  const note = await stage.stripe.creditNotes.create({
    invoice: id,
    lines: [
      { type: 'invoice_line_item', invoice_line_item: lines.data[0]?.id ?? '', quantity: 2 },
      { type: 'custom_line_item', description: 'Goodwill', unit_amount: 150, quantity: 2 },
    ],
  })
  expect(note.total).toBe(10300)
  const { data } = await stage.stripe.creditNotes.listLineItems(note.id)
  expect(data.map(({ amount, type }) => [amount, type])).toEqual([
    [10000, 'invoice_line_item'],
    [300, 'custom_line_item'],
  ])
  await expect(
    stage.stripe.creditNotes.create({
      invoice: id,
      lines: [{ type: 'invoice_line_item', invoice_line_item: lines.data[0]?.id ?? '', amount: 40001 }],
    }),
  ).rejects.toMatchObject({ param: 'lines[0][amount]' })
})
