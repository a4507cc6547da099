import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import type { Stage } from './stripe-fake-client.ts'
import { stageTwin } from './stripe-fake-client.ts'

type Buyer = Partial<Stripe.CustomerCreateParams>

const berlin: Buyer = { name: 'Acme GmbH', address: { country: 'DE', city: 'Berlin', postal_code: '10115' } }
const newYork: Buyer = { address: { country: 'US', state: 'NY', postal_code: '10001' } }
const registrations = [{ country: 'US', state: 'NY', percentage: '8.875' }]

/** Sells $199.99 a month with automatic tax and answers the finalized first invoice. */
async function sellTaxed(
  stage: Stage,
  buyer: Buyer,
  behavior: 'exclusive' | 'inclusive' = 'exclusive',
): Promise<Stripe.Invoice> {
  const { stripe } = stage
  const customer = await stripe.customers.create(buyer)
  await stage.runTo(new Date(stage.clock.now().getTime() + 600_000).toISOString())
  const product = await stripe.products.create({ name: 'Plan' })
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 19999,
    recurring: { interval: 'month' },
    tax_behavior: behavior,
  })
  const { latest_invoice } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    automatic_tax: { enabled: true },
  })
  return stripe.invoices.finalizeInvoice(String(latest_invoice))
}

test('Germany: 19 % of 19999 is 3800 on top', async () => {
  const stage = await stageTwin()
  const invoice = await sellTaxed(stage, berlin)
  expect(invoice).toMatchObject({
    subtotal: 19999,
    total: 23799,
    total_excluding_tax: 19999,
    total_taxes: [{ amount: 3800, taxable_amount: 19999, taxability_reason: 'standard_rated' }],
    automatic_tax: { enabled: true, status: 'complete', disabled_reason: null, provider: 'stripe' },
  })
  const rate = invoice.total_taxes?.[0]?.tax_rate_details?.tax_rate ?? ''
  expect(await stage.stripe.taxRates.retrieve(rate)).toMatchObject({ percentage: 19, country: 'DE' })
})

test('Germany, tax included: 3193 of 19999 are tax', async () => {
  const stage = await stageTwin()
  expect(await sellTaxed(stage, berlin, 'inclusive')).toMatchObject({
    total: 19999,
    total_excluding_tax: 16806,
    total_taxes: [{ amount: 3193, taxable_amount: 16806, tax_behavior: 'inclusive' }],
  })
})

test('a verified VAT id moves the tax to the buyer, an unverified one does not', async () => {
  const stage = await stageTwin()
  const good = await sellTaxed(stage, { ...berlin, tax_id_data: [{ type: 'eu_vat', value: 'DE123456789' }] })
  expect(good).toMatchObject({
    total: 19999,
    total_taxes: [{ amount: 0, taxability_reason: 'reverse_charge' }],
    customer_tax_ids: [{ type: 'eu_vat', value: 'DE123456789' }],
  })
  const bad = await sellTaxed(stage, { ...berlin, tax_id_data: [{ type: 'eu_vat', value: 'DE111111111' }] })
  expect(bad.total).toBe(23799)
})

test('a tax id is pending for two minutes, then verified or not, and the hub hears of it', async () => {
  const stage = await stageTwin()
  const { id } = await stage.stripe.customers.create(berlin)
  const add = (value: string) => stage.stripe.customers.createTaxId(id, { type: 'eu_vat', value })
  const added = await Promise.all(['DE000000000', 'DE111111111', 'DE222222222', 'DE333333333'].map(add))
  expect(added.map(({ verification }) => verification?.status)).toEqual(Array(4).fill('pending'))
  await stage.runTo('2026-01-01T00:02:00Z')
  const status = async (value: string) =>
    (await stage.stripe.customers.listTaxIds(id)).data.find((one) => one.value === value)?.verification
      ?.status
  expect(await status('DE000000000')).toBe('verified')
  expect(await status('DE111111111')).toBe('unverified')
  expect(await status('DE222222222')).toBe('pending')
  expect(await status('DE333333333')).toBe('unavailable')
  expect(stage.delivered.filter(({ type }) => type === 'customer.tax_id.updated')).toHaveLength(3)
})

test('a tax id of no known type or shape is refused; a type nobody checks has no verification', async () => {
  const stage = await stageTwin()
  const { id } = await stage.stripe.customers.create(berlin)
  const add = (type: string, value: string) =>
    stage.stripe.customers.createTaxId(id, { type: type as 'eu_vat', value })
  await expect(add('mars_vat', '1')).rejects.toMatchObject({ param: 'type' })
  await expect(add('eu_vat', 'nonsense!')).rejects.toMatchObject({ code: 'tax_id_invalid' })
  expect((await add('us_ein', '12-3456789')).verification).toBeNull()
})

test('in the United States tax is due only where the seller is registered', async () => {
  const stage = await stageTwin({ tax: { registrations } })
  expect((await sellTaxed(stage, newYork)).total_taxes).toMatchObject([{ amount: 1775 }])
  expect(
    (await sellTaxed(stage, { address: { country: 'US', state: 'TX', postal_code: '73301' } })).total_taxes,
  ).toMatchObject([{ amount: 0, taxability_reason: 'not_collecting' }])
})

test('an exempt customer pays none', async () => {
  const stage = await stageTwin({ tax: { registrations } })
  expect(await sellTaxed(stage, { ...newYork, tax_exempt: 'exempt' })).toMatchObject({
    total: 19999,
    total_taxes: [{ amount: 0, taxability_reason: 'customer_exempt' }],
  })
})

test('without a location automatic tax is refused: at once, when the address is to be checked at once', async () => {
  const stage = await stageTwin()
  await expect(
    sellTaxed(stage, { address: { country: 'US', postal_code: 'unknown' } }),
  ).rejects.toMatchObject({
    statusCode: 400,
    code: 'customer_tax_location_invalid',
  })
  await expect(
    stage.stripe.customers.create({ address: { country: 'US' }, tax: { validate_location: 'immediately' } }),
  ).rejects.toMatchObject({ code: 'customer_tax_location_invalid' })
  const { id } = await stage.stripe.customers.create({ address: { country: 'US' } })
  const customer = await stage.stripe.customers.retrieve(id, { expand: ['tax'] })
  expect(customer).toMatchObject({ tax: { automatic_tax: 'unrecognized_location', location: null } })
})

test('a location lost before finalization turns automatic tax off, and the invoice goes out without tax', async () => {
  const stage = await stageTwin({ tax: { registrations } })
  const { stripe } = stage
  const customer = await stripe.customers.create(newYork)
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    collection_method: 'send_invoice',
    days_until_due: 30,
    automatic_tax: { enabled: true },
  })
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: invoice.id,
    amount: 10000,
    currency: 'usd',
    tax_behavior: 'exclusive',
  })
  expect((await stripe.invoices.retrieve(invoice.id)).total).toBe(10888)
  await stripe.customers.update(customer.id, { address: { country: 'US', postal_code: '' } })
  expect(await stripe.invoices.finalizeInvoice(invoice.id)).toMatchObject({
    total: 10000,
    automatic_tax: { enabled: false, disabled_reason: 'finalization_requires_location_inputs' },
  })
})

test('a failure of the tax system does the same and says so', async () => {
  const stage = await stageTwin({ quirks: { taxSystemFails: true } })
  expect(await sellTaxed(stage, berlin)).toMatchObject({
    total: 19999,
    automatic_tax: { enabled: false, disabled_reason: 'finalization_system_error' },
  })
})

test('a price that leaves its tax behavior open is refused, unless the account has a default', async () => {
  const sell = async (stage: Stage) => {
    const { stripe } = stage
    const customer = await stripe.customers.create(berlin)
    const product = await stripe.products.create({ name: 'Plan' })
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 100,
      recurring: { interval: 'month' },
    })
    return stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      collection_method: 'send_invoice',
      days_until_due: 30,
      automatic_tax: { enabled: true },
    })
  }
  await expect(sell(await stageTwin())).rejects.toMatchObject({ param: 'automatic_tax[enabled]' })
  expect((await sell(await stageTwin({ tax: { defaultBehavior: 'exclusive' } }))).status).toBe('active')
})

test('a credit note over half of an invoice takes half of its tax: 11900 of 23799 is 10000 and 1900', async () => {
  const stage = await stageTwin()
  const invoice = await sellTaxed(stage, berlin)
  const byLine = await stage.stripe.creditNotes.create({
    invoice: invoice.id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: invoice.lines.data[0]?.id ?? '', amount: 10000 }],
  })
  expect(byLine).toMatchObject({ subtotal: 10000, total: 11900, total_taxes: [{ amount: 1900 }] })
  const byAmount = await stage.stripe.creditNotes.create({ invoice: invoice.id, amount: 1190 })
  expect(byAmount).toMatchObject({ subtotal: 1000, total: 1190, total_taxes: [{ amount: 190 }] })
})
