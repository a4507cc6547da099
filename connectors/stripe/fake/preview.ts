import type * as z from 'zod'
import { endpoint, mergeMetadata } from './api.ts'
import type { Invoice, Subscription, SubscriptionItem } from './billing-rows.ts'
import type { Wire } from './emit.ts'
import { assemble, pendingItems, subscriptionTermsOf } from './invoice-draft.ts'
import type { NewLine } from './invoice-totals.ts'
import { invoiceWire } from './invoice-wire.ts'
import { invoicePreview } from './params-invoice.ts'
import { periodAround } from './periods.ts'
import { invalidRequest } from './refusal.ts'
import type { Customer } from './rows.ts'
import { soundItem } from './subscription-items.ts'
import { advanceLine, cutAt, intervalOf, isMetered, usageSlot } from './subscription-lines.ts'
import { billableCustomer, mustBeSubscription } from './subscriptions.ts'
import type { World } from './world.ts'

type PreviewInput = z.output<typeof invoicePreview>

/**
 * The invoice that would come next. Of a running subscription: its renewal, with use so far and what waits. Of items alone: the first
 * invoice a new subscription would have now.
 */
function preview(world: World, input: PreviewInput): Wire {
  if (input.subscription === undefined) return previewNew(world, input)
  const row = mustBeSubscription(world, input.subscription)
  if (input.subscription_details?.items !== undefined)
    throw invalidRequest('This twin of Stripe does not model previews of changes to a subscription', {
      code: 'not_modelled_by_twin',
      param: 'subscription_details[items]',
    })
  if (row.status === 'canceled')
    throw invalidRequest('No upcoming invoices for customer', { code: 'invoice_upcoming_none' })
  const at = Math.min(...row.items.map(({ period }) => period.end))
  const due = row.items.filter(({ period }) => period.end === at)
  const lines = due.flatMap((item) => renewalLine(world, row, item, at))
  const usageSlots = [
    ...row.carriedSlots,
    ...due.filter((item) => isMetered(world, item)).map((item) => usageSlot(world, item, item.period)),
  ]
  const start = Math.min(...due.map(({ period }) => period.start))
  const invoice = assemble(world, {
    ...subscriptionTermsOf(world, row),
    reason: 'subscription_cycle',
    period: { start, end: at },
    lines,
    usageSlots,
    items: input.preview_mode === 'recurring' ? [] : pendingItems(world, row.customerId, row, row.currency),
  })
  return previewWire(world, invoice)
}

function renewalLine(world: World, row: Subscription, item: SubscriptionItem, at: number): NewLine[] {
  if (isMetered(world, item) || row.cancelAt === at) return []
  const whole = periodAround(row.anchor, intervalOf(world, item), at)
  const cut = cutAt({ period: whole, whole }, row.cancelAt)
  return cut ? [advanceLine(world, row, item, cut.period, cut.whole)] : []
}

function previewNew(world: World, input: PreviewInput): Wire {
  const customer: Customer = billableCustomer(world, input.customer ?? '')
  const asked = input.subscription_details?.items ?? []
  const items = asked.map((item, index) =>
    soundItem(
      world,
      {
        priceId: item.price ?? '',
        quantity: item.quantity ?? null,
        discounts: [],
        metadata: mergeMetadata({}, undefined),
      },
      null,
      `subscription_details[items][${index}]`,
    ),
  )
  const [first] = items
  if (first === undefined)
    throw invalidRequest('No upcoming invoices for customer', { code: 'invoice_upcoming_none' })
  const now = world.seconds()
  const lines = items
    .filter(({ quantity }) => quantity !== null)
    .map((sound) => {
      const item = {
        id: '',
        priceId: sound.price.id,
        quantity: sound.quantity,
        discountIds: [],
      }
      const whole = periodAround(now, intervalOf(world, item), now)
      return advanceLine(world, { id: null }, item, whole, whole)
    })
  const invoice = assemble(world, {
    customer,
    subscription: null,
    currency: first.price.currency,
    reason: 'subscription_create',
    period: { start: now, end: now },
    lines,
    usageSlots: [],
    items: pendingItems(world, customer.id, null, first.price.currency),
    collectionMethod: 'charge_automatically',
    daysUntilDue: null,
    customFields: customer.customFields,
    description: null,
    footer: customer.footer,
    metadata: {},
    discountIds: [],
    automaticTax: input.automatic_tax?.enabled ?? false,
    autoAdvance: true,
    defaultPaymentMethod: null,
  })
  return previewWire(world, invoice)
}

function previewWire(world: World, invoice: Invoice): Wire {
  const wire = invoiceWire(world, invoice)
  return { ...wire, id: `upcoming_${invoice.id}`, billing_reason: 'upcoming' }
}

/** Routes of previews. */
export const previewEndpoints = [endpoint('POST', '/v1/invoices/create_preview', invoicePreview, preview)]
