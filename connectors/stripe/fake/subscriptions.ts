import type * as z from 'zod'
import { endpoint, list, mergeMetadata, metadataTerms, mustExist } from './api.ts'
import type { InvoiceSettings, Subscription } from './billing-rows.ts'
import { discountsAsked, soundDiscounts } from './discounts.ts'
import type { Wire } from './emit.ts'
import * as params from './params-subscription.ts'
import { nothing, search } from './params-customer.ts'
import { addMonths } from './periods.ts'
import { invalidRequest, noSuch } from './refusal.ts'
import type { Customer } from './rows.ts'
import { searchPage } from './search.ts'
import type { SubscriptionPlan } from './subscription-create.ts'
import { createSubscription, refuseUnsoundPlan } from './subscription-create.ts'
import { endSubscription } from './subscription-cycle.ts'
import { soundItem } from './subscription-items.ts'
import { isMetered } from './subscription-lines.ts'
import { creditRest } from './proration.ts'
import { updateSubscription } from './subscription-update.ts'
import { subscriptionItemWire, subscriptionWire } from './subscription-wire.ts'
import type { World } from './world.ts'

type CreateInput = z.output<typeof params.subscriptionCreate>

/** A customer that can be billed, or the refusal. */
export function billableCustomer(world: World, id: string): Customer {
  const row = world.customers.get(id)
  if (row === undefined || row.deleted) throw noSuch('customer', id, 'customer')
  return row
}

/** Invoice settings as sent, over those that are there. */
export function mergeInvoiceSettings(
  current: InvoiceSettings,
  sent:
    | {
        readonly custom_fields?: InvoiceSettings['customFields'] | undefined
        readonly description?: string | null | undefined
        readonly footer?: string | null | undefined
      }
    | undefined,
): InvoiceSettings {
  return {
    customFields: sent?.custom_fields === undefined ? current.customFields : sent.custom_fields,
    description: sent?.description === undefined ? current.description : sent.description,
    footer: sent?.footer === undefined ? current.footer : sent.footer,
  }
}

/** Invoice settings that say nothing. */
export const noInvoiceSettings: InvoiceSettings = { customFields: null, description: null, footer: null }

function planFrom(world: World, input: CreateInput): SubscriptionPlan {
  const customer = billableCustomer(world, input.customer)
  const asked = input.items.map((item, index) => {
    if (item.price === undefined)
      throw invalidRequest(`Missing required param: items[${index}][price].`, {
        code: 'parameter_missing',
        param: `items[${index}][price]`,
      })
    return {
      priceId: item.price,
      quantity: item.quantity ?? null,
      discounts: discountsAsked(item.discounts),
      metadata: mergeMetadata({}, item.metadata),
    }
  })
  const first = soundItem(
    world,
    asked[0] as (typeof asked)[0],
    input.currency?.toLowerCase() ?? null,
    'items[0]',
  )
  const { currency } = first.price
  const items = asked.map((item, index) => soundItem(world, item, currency, `items[${index}]`))
  return {
    customer,
    items,
    currency,
    discounts: soundDiscounts(world, discountsAsked(input.discounts), currency),
    billingMode: input.billing_mode?.type ?? 'flexible',
    prorationDiscounts: input.billing_mode?.flexible?.proration_discounts ?? 'included',
    startDate: input.backdate_start_date ?? null,
    anchor: anchorFrom(world, input),
    cancelAt: cancelAtFrom(input.cancel_at),
    cancelAtPeriodEnd: input.cancel_at_period_end ?? input.cancel_at === 'min_period_end',
    collectionMethod: input.collection_method ?? 'charge_automatically',
    daysUntilDue: input.days_until_due ?? null,
    defaultPaymentMethod: input.default_payment_method ?? null,
    description: input.description ?? null,
    invoiceSettings: mergeInvoiceSettings(noInvoiceSettings, input.invoice_settings),
    metadata: mergeMetadata({}, input.metadata),
    automaticTax: input.automatic_tax?.enabled ?? false,
    prorationBehavior: input.proration_behavior ?? 'create_prorations',
    paymentBehavior: input.payment_behavior ?? 'allow_incomplete',
    scheduleId: null,
  }
}

function cancelAtFrom(sent: CreateInput['cancel_at']): number | null {
  if (sent === 'max_period_end' || sent === 'max_billed_until')
    throw invalidRequest(`This twin of Stripe does not model cancel_at=${sent} at creation`, {
      code: 'not_modelled_by_twin',
      param: 'cancel_at',
    })
  return typeof sent === 'number' ? sent : null
}

/** The anchor as sent: an instant, or the next day of the month (and month of the year) at a time. */
function anchorFrom(world: World, input: CreateInput): number | null {
  const config = input.billing_cycle_anchor_config
  if (config === undefined) return input.billing_cycle_anchor ?? null
  if (input.billing_cycle_anchor !== undefined)
    throw invalidRequest('billing_cycle_anchor and billing_cycle_anchor_config exclude each other.')
  const now = new Date(world.seconds() * 1000)
  const month = config.month === undefined ? now.getUTCMonth() : config.month - 1
  const first = Date.UTC(now.getUTCFullYear(), month, 1) / 1000
  const step = config.month === undefined ? 1 : 12
  for (let index = 0; ; index++) {
    const at = dayOfMonth(addMonths(first, index * step), config.day_of_month)
    const seconds = at + (config.hour ?? 0) * 3600 + (config.minute ?? 0) * 60 + (config.second ?? 0)
    if (seconds > world.seconds()) return seconds
  }
}

function dayOfMonth(firstDay: number, day: number): number {
  const lastDay = (addMonths(firstDay, 1) - firstDay) / 86_400
  return firstDay + (Math.min(day, lastDay) - 1) * 86_400
}

/** The subscription, or the refusal. */
export function mustBeSubscription(world: World, id: string): Subscription {
  return mustExist(world.subscriptions.get(id), 'subscription', id)
}

function cancel(world: World, row: Subscription, input: z.output<typeof params.subscriptionCancel>): Wire {
  if (row.status === 'canceled') throw noSuch('subscription', row.id)
  const details = input.cancellation_details
  row.cancellation = {
    comment: details?.comment ?? null,
    feedback: details?.feedback ?? null,
    reason: 'cancellation_requested',
  }
  if (input.prorate === true)
    for (const item of row.items) if (!isMetered(world, item)) creditRest(world, row, item, world.seconds())
  endSubscription(world, row, { final: input.invoice_now === true, reason: 'cancellation_requested' })
  return subscriptionWire(world, row)
}

const dead = new Set(['canceled', 'incomplete_expired'])

function listSubscriptions(world: World, input: z.output<typeof params.subscriptionList>): Wire {
  const { status } = input
  const where = (row: Subscription) =>
    (status === 'all' ||
      (status === undefined && !dead.has(row.status)) ||
      status === row.status ||
      (status === 'ended' && dead.has(row.status))) &&
    (input.collection_method === undefined || row.collectionMethod === input.collection_method) &&
    (input.price === undefined || row.items.some(({ priceId }) => priceId === input.price))
  return list(
    world.subscriptions,
    'subscription',
    '/v1/subscriptions',
    input,
    (row) => subscriptionWire(world, row),
    { among: input.customer === undefined ? undefined : ['customer', input.customer], where },
  )
}

/** Makes a subscription findable by search. */
export function noteForSearch(world: World, row: Subscription): void {
  const terms = [...metadataTerms(row.metadata), `status:${row.status}`, `customer:${row.customerId}`]
  world.search.note(
    row.id,
    terms.map((term) => `subscription ${term.toLowerCase()}`),
  )
}

/** Routes of subscriptions and their items. */
export const subscriptionEndpoints = [
  endpoint('POST', '/v1/subscriptions', params.subscriptionCreate, (world, input) => {
    const plan = planFrom(world, input)
    refuseUnsoundPlan(world, plan)
    const row = createSubscription(world, plan)
    noteForSearch(world, row)
    return subscriptionWire(world, row)
  }),
  endpoint('GET', '/v1/subscriptions', params.subscriptionList, listSubscriptions),
  endpoint('GET', '/v1/subscriptions/search', search, (world, input) =>
    searchPage(world, input, '/v1/subscriptions/search', (id) => {
      const row = world.subscriptions.get(id)
      return row === undefined ? null : subscriptionWire(world, row)
    }),
  ),
  endpoint('GET', '/v1/subscriptions/:id', nothing, (world, _input, { id = '' }) =>
    subscriptionWire(world, mustBeSubscription(world, id)),
  ),
  endpoint('POST', '/v1/subscriptions/:id', params.subscriptionUpdate, (world, input, { id = '' }) => {
    const row = mustBeSubscription(world, id)
    updateSubscription(world, row, input)
    noteForSearch(world, row)
    return subscriptionWire(world, row)
  }),
  endpoint('DELETE', '/v1/subscriptions/:id', params.subscriptionCancel, (world, input, { id = '' }) =>
    cancel(world, mustBeSubscription(world, id), input),
  ),
  endpoint('GET', '/v1/subscription_items', params.subscriptionItemList, (world, input) =>
    list(
      world.subscriptionItems,
      'subscription_item',
      '/v1/subscription_items',
      input,
      (row) => subscriptionItemWire(world, row),
      { among: ['subscription', input.subscription] },
    ),
  ),
  endpoint('GET', '/v1/subscription_items/:id', nothing, (world, _input, { id = '' }) =>
    subscriptionItemWire(world, mustExist(world.subscriptionItems.get(id), 'subscription_item', id)),
  ),
]
