import type { Stripe } from 'stripe'
import type { OwnCharge } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed } from '../../src/ports/billing.ts'
import { compareItem, itemParamsOf } from './charge-item.ts'
import type { Connection } from './connection.ts'
import { idIn } from './connection.ts'
import { firstIn } from './paging.ts'
import { metadataKeys } from './subscription-terms.ts'

/**
 * Bills a charge on an invoice of its own, with the terms and references of the contract's subscription: a draft, its one item, and then
 * the release, after which Stripe finalizes it by itself. Each part is looked for before it is made, so that a broken-off attempt
 * is finished and not repeated.
 */
export async function chargeOnOwnInvoice(
  connection: Connection,
  own: OwnCharge,
  subscription: Stripe.Subscription,
): Promise<Answer<Performed>> {
  const invoice = await draftOf(connection, own, subscription)
  if (invoice.kind !== 'ok') return invoice
  const item = await itemOf(connection, own, invoice.value)
  if (item.kind !== 'ok') return item
  if (invoice.value.status === 'draft' && !invoice.value.auto_advance) {
    const released = await connection.calls.write(`${own.chargeKey}/release`, (options) =>
      connection.stripe.invoices.update(invoice.value.id, { auto_advance: true }, options),
    )
    if (released.kind !== 'ok') return released
  }
  return compareItem(own, item.value)
}

async function draftOf(
  { stripe, calls }: Connection,
  own: OwnCharge,
  subscription: Stripe.Subscription,
): Promise<Answer<Stripe.Invoice>> {
  const customer = idIn(subscription.customer) ?? ''
  const found = await firstIn(
    calls,
    (page) => stripe.invoices.list({ ...page, customer }),
    ({ metadata }) => metadata?.[metadataKeys.charge] === own.chargeKey,
  )
  if (found.kind !== 'ok') return found
  if (found.value !== null) return answered(found.value)
  const params = { ...termsOf(subscription), ...headOf(own, subscription), customer }
  return calls.write(`${own.chargeKey}/invoice`, (options) => stripe.invoices.create(params, options))
}

function headOf(own: OwnCharge, { metadata }: Stripe.Subscription): Stripe.InvoiceCreateParams {
  const generation = metadata[metadataKeys.generation]
  return {
    currency: own.amount.currency.toLowerCase(),
    auto_advance: false,
    pending_invoice_items_behavior: 'exclude',
    metadata: {
      [metadataKeys.contract]: own.contractId,
      [metadataKeys.charge]: own.chargeKey,
      ...(generation === undefined ? {} : { [metadataKeys.generation]: generation }),
    },
  }
}

function termsOf(subscription: Stripe.Subscription): Stripe.InvoiceCreateParams {
  const { collection_method, days_until_due, invoice_settings, automatic_tax } = subscription
  const fields = invoice_settings.custom_fields ?? []
  return {
    collection_method,
    ...(days_until_due === null ? {} : { days_until_due }),
    ...(fields.length === 0 ? {} : { custom_fields: fields.map(({ name, value }) => ({ name, value })) }),
    automatic_tax: { enabled: automatic_tax.enabled },
  }
}

async function itemOf(
  { stripe, calls }: Connection,
  own: OwnCharge,
  invoice: Stripe.Invoice,
): Promise<Answer<Stripe.InvoiceItem>> {
  const customer = idIn(invoice.customer) ?? ''
  const found = await firstIn(
    calls,
    (page) => stripe.invoiceItems.list({ ...page, customer, invoice: invoice.id }),
    ({ metadata }) => metadata?.[metadataKeys.charge] === own.chargeKey,
  )
  if (found.kind !== 'ok') return found
  if (found.value !== null) return answered(found.value)
  const params = { ...itemParamsOf(own, customer), invoice: invoice.id }
  return calls.write(own.chargeKey, (options) => stripe.invoiceItems.create(params, options))
}
