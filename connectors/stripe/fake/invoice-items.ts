import { Big } from 'big.js'
import { roundToInteger } from '../../../src/domain/money.ts'
import type * as z from 'zod'
import { endpoint, list, mergeMetadata, mustExist } from './api.ts'
import type { Invoice, InvoiceItem, LinePricing } from './billing-rows.ts'
import { discountsAsked, giveDiscounts, soundDiscounts } from './discounts.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import { lineOfItem } from './invoice-draft.ts'
import { tellChange } from './invoice-finalize.ts'
import { recompute, withId } from './invoice-totals.ts'
import { invoiceItemWire, invoiceWire } from './invoice-wire.ts'
import * as params from './params-invoice.ts'
import { nothing } from './params-customer.ts'
import { invalidRequest } from './refusal.ts'
import type { Price } from './rows.ts'
import { billableCustomer } from './subscriptions.ts'
import type { World } from './world.ts'

type CreateInput = z.output<typeof params.invoiceItemCreate>

function createItem(world: World, input: CreateInput): Wire {
  const draft = input.invoice === undefined ? null : mustBeDraft(world, input.invoice)
  const subscription =
    input.subscription === undefined
      ? null
      : mustExist(
          world.subscriptions.get(input.subscription),
          'subscription',
          input.subscription,
          'subscription',
        )
  const customer = billableCustomer(
    world,
    input.customer ?? subscription?.customerId ?? draft?.customerId ?? '',
  )
  if (subscription?.status === 'canceled')
    throw invalidRequest('You cannot add an invoice item to a canceled subscription.', {
      param: 'subscription',
    })
  if (subscription && subscription.customerId !== customer.id)
    throw invalidRequest('The subscription belongs to another customer.', { param: 'subscription' })
  const price = priceFor(world, input)
  const currency =
    input.currency?.toLowerCase() ?? price?.currency ?? subscription?.currency ?? draft?.currency
  if (currency === undefined)
    throw invalidRequest('Missing required param: currency.', {
      code: 'parameter_missing',
      param: 'currency',
    })
  refuseOtherCurrency(currency, subscription?.currency ?? draft?.currency)
  if (draft?.automaticTax === true || subscription?.automaticTax === true) refuseOpenTax(world, input, price)
  const sound = soundDiscounts(world, discountsAsked(input.discounts), currency)
  const id = world.newId('ii')
  const now = world.seconds()
  const amountMinor = amountOf(input, price)
  const row = world.invoiceItems.insert({
    id,
    created: now,
    customerId: customer.id,
    subscriptionId: subscription?.id ?? null,
    subscriptionItemId: null,
    currency,
    amountMinor,
    description: input.description ?? null,
    period: input.period ?? { start: now, end: now },
    pricing: pricingOf(input, price),
    quantity: input.quantity ?? '1',
    discountable: input.discountable ?? amountMinor >= 0n,
    discountIds: giveDiscounts(world, sound, { customerId: customer.id, invoiceItemId: id }),
    fixedDiscounts: [],
    metadata: mergeMetadata({}, input.metadata),
    taxBehavior: input.tax_behavior ?? price?.taxBehavior ?? null,
    proration: false,
    credited: null,
    invoiceId: draft?.id ?? null,
  })
  place(world, row, draft)
  emit(world, 'invoiceitem.created', invoiceItemWire(world, row))
  return invoiceItemWire(world, row)
}

/** Automatic tax needs to know whether an amount includes tax. */
function refuseOpenTax(world: World, input: CreateInput, price: Price | null): void {
  const behavior = input.tax_behavior ?? price?.taxBehavior ?? 'unspecified'
  if (behavior !== 'unspecified' || world.settings.tax.defaultBehavior !== null) return
  throw invalidRequest('Automatic tax needs a `tax_behavior` for this invoice item.', {
    param: 'tax_behavior',
  })
}

function mustBeDraft(world: World, id: string): Invoice {
  const row = mustExist(world.invoices.get(id), 'invoice', id, 'invoice')
  if (row.status !== 'draft')
    throw invalidRequest('Invoice is no longer editable: only drafts take invoice items.', {
      code: 'invoice_not_editable',
      param: 'invoice',
    })
  return row
}

function priceFor(world: World, input: CreateInput): Price | null {
  const id = input.pricing?.price
  const ways = [id, input.amount, input.unit_amount_decimal].filter((value) => value !== undefined)
  if (ways.length !== 1)
    throw invalidRequest('Pass exactly one of `amount`, `unit_amount_decimal` and `pricing[price]`.', {
      param: 'amount',
    })
  if (id === undefined) return null
  const price = mustExist(world.prices.get(id), 'price', id, 'pricing[price]')
  if (price.recurring !== null)
    throw invalidRequest('The price specified is recurring; this field only accepts one-time prices.', {
      param: 'pricing[price]',
    })
  if (!price.active) throw invalidRequest('The price specified is inactive.', { param: 'pricing[price]' })
  return price
}

function refuseOtherCurrency(currency: string, expected: string | undefined): void {
  if (expected !== undefined && expected !== currency)
    throw invalidRequest(`The currency must be ${expected}, as on the subscription or invoice.`, {
      param: 'currency',
    })
}

function amountOf(input: CreateInput, price: Price | null): bigint {
  if (input.amount !== undefined) return input.amount
  const unit = new Big(input.unit_amount_decimal ?? price?.unitAmount ?? '0')
  return roundToInteger(unit.times(input.quantity ?? '1'))
}

function pricingOf(input: CreateInput, price: Price | null): LinePricing {
  if (price) return { priceId: price.id, productId: price.productId, unitAmount: price.unitAmount }
  return { priceId: null, productId: null, unitAmount: input.unit_amount_decimal ?? null }
}

/** Puts an item on its draft, or among those that wait for a subscription's or the customer's next invoice. */
function place(world: World, row: InvoiceItem, draft: Invoice | null): void {
  if (draft) {
    const before = invoiceWire(world, draft)
    draft.lines = [...draft.lines, withId(world, lineOfItem(row))]
    recompute(world, draft)
    tellChange(world, draft, before)
    return
  }
  const subscription = world.subscriptions.get(row.subscriptionId ?? '')
  if (subscription) {
    subscription.pendingItemIds.push(row.id)
    return
  }
  const waiting = world.pendingByCustomer.get(row.customerId) ?? []
  world.pendingByCustomer.set(row.customerId, [...waiting, row.id])
}

function updateItem(world: World, row: InvoiceItem, input: z.output<typeof params.invoiceItemUpdate>): Wire {
  const draft = row.invoiceId === null ? null : mustBeDraft(world, row.invoiceId)
  const before = invoiceItemWire(world, row)
  if (input.amount !== undefined) row.amountMinor = input.amount
  if (input.description !== undefined) row.description = input.description
  if (input.period !== undefined) row.period = input.period
  if (input.discountable !== undefined) row.discountable = input.discountable
  row.metadata = mergeMetadata(row.metadata, input.metadata)
  if (draft) {
    draft.lines = draft.lines.map((line) =>
      line.invoiceItemId === row.id ? withId(world, lineOfItem(row), line.id) : line,
    )
    recompute(world, draft)
  }
  emitChange(world, 'invoiceitem.updated', before, invoiceItemWire(world, row))
  return invoiceItemWire(world, row)
}

function deleteItem(world: World, row: InvoiceItem): Wire {
  const draft = row.invoiceId === null ? null : mustBeDraft(world, row.invoiceId)
  const without = (ids: readonly string[]) => ids.filter((id) => id !== row.id)
  const subscription = world.subscriptions.get(row.subscriptionId ?? '')
  if (subscription) subscription.pendingItemIds = without(subscription.pendingItemIds)
  world.pendingByCustomer.set(row.customerId, without(world.pendingByCustomer.get(row.customerId) ?? []))
  if (draft) {
    draft.lines = draft.lines.filter(({ invoiceItemId }) => invoiceItemId !== row.id)
    recompute(world, draft)
  }
  world.invoiceItems.remove(row.id)
  emit(world, 'invoiceitem.deleted', invoiceItemWire(world, row))
  return { id: row.id, object: 'invoiceitem', deleted: true }
}

/** Routes of invoice items. */
export const invoiceItemEndpoints = [
  endpoint('POST', '/v1/invoiceitems', params.invoiceItemCreate, createItem),
  endpoint('GET', '/v1/invoiceitems', params.invoiceItemList, (world, input) =>
    list(world.invoiceItems, 'invoiceitem', '/v1/invoiceitems', input, (row) => invoiceItemWire(world, row), {
      among: input.customer === undefined ? undefined : ['customer', input.customer],
      where: (row) =>
        (input.pending === undefined || (row.invoiceId === null) === input.pending) &&
        (input.invoice === undefined || row.invoiceId === input.invoice),
    }),
  ),
  endpoint('GET', '/v1/invoiceitems/:id', nothing, (world, _input, { id = '' }) =>
    invoiceItemWire(world, mustExist(world.invoiceItems.get(id), 'invoiceitem', id)),
  ),
  endpoint('POST', '/v1/invoiceitems/:id', params.invoiceItemUpdate, (world, input, { id = '' }) =>
    updateItem(world, mustExist(world.invoiceItems.get(id), 'invoiceitem', id), input),
  ),
  endpoint('DELETE', '/v1/invoiceitems/:id', nothing, (world, _input, { id = '' }) =>
    deleteItem(world, mustExist(world.invoiceItems.get(id), 'invoiceitem', id)),
  ),
]
