import type * as z from 'zod'
import { endpoint, list, mergeMetadata, mustExist, sliceList } from './api.ts'
import type { Invoice, InvoiceItem, Subscription } from './billing-rows.ts'
import { discountsAsked, giveDiscounts, soundDiscounts } from './discounts.ts'
import type { Wire } from './emit.ts'
import { emit } from './emit.ts'
import { makeDraft, pendingItems, refuseTooManyInvoices, subscriptionTermsOf } from './invoice-draft.ts'
import {
  deleteDraft,
  finalizeInvoice,
  finalizeLater,
  launch,
  markUncollectible,
  refreshDraft,
  tellChange,
  voidInvoice,
} from './invoice-finalize.ts'
import { methodFor, payNow, payOutOfBand } from './invoice-pay.ts'
import { recompute } from './invoice-totals.ts'
import { invoiceWire, lineMetadata, lineWire } from './invoice-wire.ts'
import * as params from './params-invoice.ts'
import { nothing, plainList } from './params-customer.ts'
import { paymentMethodFor } from './payment-methods.ts'
import { invalidRequest } from './refusal.ts'
import { billableCustomer, mustBeSubscription } from './subscriptions.ts'
import { taxLocation } from './tax.ts'
import type { World } from './world.ts'

const day = 86_400

/** The invoice with its use counted up to now, or the refusal. */
function mustBeInvoice(world: World, id: string): Invoice {
  const row = mustExist(world.invoices.get(id), 'invoice', id)
  refreshDraft(world, row)
  return row
}

type CreateInput = z.output<typeof params.invoiceCreate>

function createInvoice(world: World, input: CreateInput): Wire {
  const subscription = input.subscription === undefined ? null : mustBeSubscription(world, input.subscription)
  const customer = billableCustomer(world, input.customer ?? subscription?.customerId ?? '')
  const currency = input.currency?.toLowerCase() ?? subscription?.currency ?? customer.currency ?? 'usd'
  const method = input.collection_method ?? subscription?.collectionMethod ?? 'charge_automatically'
  refuseUnsoundTerms(world, input, method)
  if (subscription) refuseTooManyInvoices(world, subscription)
  const items = itemsFor(world, input, subscription, customer.id, currency)
  const sound = soundDiscounts(world, discountsAsked(input.discounts), currency)
  if (input.automatic_tax?.enabled === true && taxLocation(customer) === null)
    throw invalidRequest("The customer's location isn't recognized.", {
      code: 'customer_tax_location_invalid',
      param: 'automatic_tax[enabled]',
    })
  const now = world.seconds()
  const invoice = makeDraft(world, {
    ...(subscription ? subscriptionTermsOf(world, subscription) : ownTerms(customer)),
    customer,
    subscription,
    currency,
    reason: 'manual',
    period: { start: now, end: now },
    lines: [],
    usageSlots: [],
    items,
    collectionMethod: method,
    daysUntilDue:
      input.days_until_due ?? (input.due_date === undefined ? (subscription?.daysUntilDue ?? null) : null),
    dueDate: input.due_date ?? null,
    ...(input.custom_fields === undefined ? {} : { customFields: input.custom_fields }),
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.footer === undefined ? {} : { footer: input.footer }),
    metadata: mergeMetadata({}, input.metadata),
    discountIds: giveDiscounts(world, sound, { customerId: customer.id }),
    automaticTax: input.automatic_tax?.enabled ?? false,
    autoAdvance: input.auto_advance ?? false,
    defaultPaymentMethod: input.default_payment_method ?? null,
  })
  if (invoice === null)
    throw invalidRequest('Nothing to invoice for subscription', {
      code: 'invoice_no_subscription_line_items',
    })
  if (input.automatically_finalizes_at === undefined) launch(world, invoice)
  else finalizeLater(world, invoice, input.automatically_finalizes_at)
  return invoiceWire(world, invoice)
}

function ownTerms(customer: { customFields: Invoice['customFields']; footer: string | null }) {
  return { customFields: customer.customFields, description: null, footer: customer.footer }
}

function itemsFor(
  world: World,
  input: CreateInput,
  subscription: Subscription | null,
  customerId: string,
  currency: string,
): InvoiceItem[] {
  const behavior = input.pending_invoice_items_behavior ?? (subscription ? 'include' : 'exclude')
  return behavior === 'include' ? pendingItems(world, customerId, subscription, currency) : []
}

function refuseUnsoundTerms(
  world: World,
  input: CreateInput | z.output<typeof params.invoiceUpdate>,
  method: string,
): void {
  if (input.days_until_due !== undefined && input.due_date !== undefined)
    throw invalidRequest('Pass either `days_until_due` or `due_date`, not both.', { param: 'due_date' })
  if (method === 'charge_automatically' && (input.days_until_due ?? input.due_date) !== undefined)
    throw invalidRequest('A due date goes only with `collection_method=send_invoice`.', {
      param: 'days_until_due',
    })
  if (input.due_date !== undefined && input.due_date <= world.seconds())
    throw invalidRequest('The due date must be in the future.', { param: 'due_date' })
}

function updateInvoice(world: World, row: Invoice, input: z.output<typeof params.invoiceUpdate>): Wire {
  const frozen = Object.keys(input).find((key) => !['metadata', 'auto_advance', 'due_date'].includes(key))
  if (row.status !== 'draft' && frozen !== undefined)
    throw invalidRequest('Finalized invoices can’t be updated in this way.', {
      code: 'invoice_not_editable',
      param: frozen,
    })
  if (input.collection_method !== undefined && input.collection_method !== row.collectionMethod)
    throw invalidRequest('This twin of Stripe does not model changing how an invoice is collected', {
      code: 'not_modelled_by_twin',
      param: 'collection_method',
    })
  refuseUnsoundTerms(world, input, row.collectionMethod)
  const sound = soundDiscounts(world, discountsAsked(input.discounts), row.currency)
  const before = invoiceWire(world, row)
  if (input.discounts !== undefined)
    row.discountIds = giveDiscounts(world, sound, { customerId: row.customerId, invoiceId: row.id })
  if (input.automatic_tax !== undefined) row.automaticTax = input.automatic_tax.enabled
  if (input.custom_fields !== undefined) row.customFields = input.custom_fields
  if (input.description !== undefined) row.description = input.description
  if (input.footer !== undefined) row.footer = input.footer
  if (input.default_payment_method !== undefined) row.defaultPaymentMethod = input.default_payment_method
  if (input.days_until_due !== undefined) {
    row.daysUntilDue = input.days_until_due
    row.dueDate = world.seconds() + input.days_until_due * day
  }
  if (input.due_date !== undefined) Object.assign(row, { dueDate: input.due_date, daysUntilDue: null })
  row.metadata = mergeMetadata(row.metadata, input.metadata)
  moveFinalization(world, row, input)
  if (row.status === 'draft') recompute(world, row)
  return tellChange(world, row, before)
}

function moveFinalization(
  world: World,
  row: Invoice,
  { auto_advance: advance, automatically_finalizes_at: at }: z.output<typeof params.invoiceUpdate>,
): void {
  if (advance !== undefined) row.autoAdvance = advance
  if (row.status !== 'draft') return
  if (at !== undefined) finalizeLater(world, row, at)
  else if (advance === true) finalizeLater(world, row, world.seconds() + 3600)
  else if (advance === false && row.finalizeTask) row.finalizeTask.canceled = true
}

function pay(world: World, row: Invoice, input: z.output<typeof params.invoicePay>): Wire {
  if (row.status === 'draft') {
    row.autoAdvance = false
    finalizeInvoice(world, row)
  }
  if (input.paid_out_of_band === true) payOutOfBand(world, row)
  else
    payNow(
      world,
      row,
      input.payment_method === undefined
        ? methodFor(world, row)
        : paymentMethodFor(world, input.payment_method),
    )
  return invoiceWire(world, row)
}

function send(world: World, row: Invoice): Wire {
  if (row.collectionMethod !== 'send_invoice')
    throw invalidRequest('You can only manually send an invoice if its collection method is `send_invoice`.')
  if (row.status === 'draft') {
    row.autoAdvance = true
    finalizeInvoice(world, row)
  } else emit(world, 'invoice.sent', invoiceWire(world, row))
  return invoiceWire(world, row)
}

function indexFor(input: z.output<typeof params.invoiceList>): readonly [string, string] | undefined {
  if (input.subscription !== undefined) return ['subscription', input.subscription]
  if (input.customer !== undefined) return ['customer', input.customer]
  return input.status === undefined ? undefined : ['status', input.status]
}

function listInvoices(world: World, input: z.output<typeof params.invoiceList>): Wire {
  const { gt = -1, gte = -1, lt = Infinity, lte = Infinity } = input.due_date ?? {}
  const where = (row: Invoice) =>
    (input.customer === undefined || row.customerId === input.customer) &&
    (input.subscription === undefined || row.subscriptionId === input.subscription) &&
    (input.status === undefined || row.status === input.status) &&
    (input.collection_method === undefined || row.collectionMethod === input.collection_method) &&
    (input.due_date === undefined ||
      (row.dueDate !== null &&
        row.dueDate > gt &&
        row.dueDate >= gte &&
        row.dueDate < lt &&
        row.dueDate <= lte))
  const among = indexFor(input)
  const render = (row: Invoice) => {
    refreshDraft(world, row)
    return invoiceWire(world, row)
  }
  return list(world.invoices, 'invoice', '/v1/invoices', input, render, { among, where })
}

function updateLine(
  world: World,
  row: Invoice,
  lineId: string,
  input: z.output<typeof params.lineUpdate>,
): Wire {
  const line = mustExist(
    row.lines.find(({ id }) => id === lineId),
    'line_item',
    lineId,
  )
  if (row.status !== 'draft')
    throw invalidRequest('Lines of a finalized invoice can’t be changed.', { code: 'invoice_not_editable' })
  const before = invoiceWire(world, row)
  const changed = {
    ...line,
    amountMinor: input.amount ?? line.amountMinor,
    description: input.description ?? line.description,
    period: input.period ?? line.period,
    metadata:
      input.metadata === undefined ? line.metadata : mergeMetadata(lineMetadata(world, line), input.metadata),
  }
  row.lines = row.lines.map((one) => (one === line ? changed : one))
  recompute(world, row)
  tellChange(world, row, before)
  return lineWire(world, row, changed)
}

/** Routes of invoices. */
export const invoiceEndpoints = [
  endpoint('POST', '/v1/invoices', params.invoiceCreate, createInvoice),
  endpoint('GET', '/v1/invoices', params.invoiceList, listInvoices),
  endpoint('GET', '/v1/invoices/:id', nothing, (world, _input, { id = '' }) =>
    invoiceWire(world, mustBeInvoice(world, id)),
  ),
  endpoint('POST', '/v1/invoices/:id', params.invoiceUpdate, (world, input, { id = '' }) =>
    updateInvoice(world, mustBeInvoice(world, id), input),
  ),
  endpoint('DELETE', '/v1/invoices/:id', nothing, (world, _input, { id = '' }) =>
    deleteDraft(world, mustBeInvoice(world, id)),
  ),
  endpoint('POST', '/v1/invoices/:id/finalize', params.invoiceFinalize, (world, input, { id = '' }) => {
    const row = mustBeInvoice(world, id)
    if (input.auto_advance !== undefined && row.status === 'draft') row.autoAdvance = input.auto_advance
    finalizeInvoice(world, row)
    return invoiceWire(world, row)
  }),
  endpoint('POST', '/v1/invoices/:id/send', nothing, (world, _input, { id = '' }) =>
    send(world, mustBeInvoice(world, id)),
  ),
  endpoint('POST', '/v1/invoices/:id/pay', params.invoicePay, (world, input, { id = '' }) =>
    pay(world, mustBeInvoice(world, id), input),
  ),
  endpoint('POST', '/v1/invoices/:id/void', nothing, (world, _input, { id = '' }) =>
    voidInvoice(world, mustBeInvoice(world, id)),
  ),
  endpoint('POST', '/v1/invoices/:id/mark_uncollectible', nothing, (world, _input, { id = '' }) =>
    markUncollectible(world, mustBeInvoice(world, id)),
  ),
  endpoint('GET', '/v1/invoices/:id/lines', plainList, (world, input, { id = '' }) => {
    const row = mustBeInvoice(world, id)
    const url = `/v1/invoices/${id}/lines`
    return sliceList(row.lines, 'line_item', url, input, (line) => lineWire(world, row, line))
  }),
  endpoint(
    'POST',
    '/v1/invoices/:id/lines/:line',
    params.lineUpdate,
    (world, input, { id = '', line = '' }) => updateLine(world, mustBeInvoice(world, id), line, input),
  ),
]
