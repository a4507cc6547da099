import type * as z from 'zod'
import { mergeMetadata } from './api.ts'
import type { Subscription, SubscriptionItem } from './billing-rows.ts'
import { discountsAsked, giveDiscounts, soundDiscounts } from './discounts.ts'
import { emitChange } from './emit.ts'
import type { subscriptionUpdate } from './params-subscription.ts'
import { creditRest, debitRest } from './proration.ts'
import { invalidRequest, noSuch } from './refusal.ts'
import type { Customer } from './rows.ts'
import type { ItemTarget } from './subscription-change.ts'
import { applyItems, refuseUnsoundTargets } from './subscription-change.ts'
import { refuseUntaxable } from './subscription-create.ts'
import { planCancel } from './subscription-cycle.ts'
import { soundItem } from './subscription-items.ts'
import { isMetered } from './subscription-lines.ts'
import { subscriptionWire } from './subscription-wire.ts'
import type { World } from './world.ts'

type UpdateInput = z.output<typeof subscriptionUpdate>
type ItemInput = NonNullable<UpdateInput['items']>[number]

/** Changes a subscription as asked: terms, discounts, items with prorations, and when it ends. */
export function updateSubscription(world: World, row: Subscription, input: UpdateInput): void {
  refuseUnsoundUpdate(world, row, input)
  const targets = input.items === undefined ? null : targetsFrom(world, row, input.items)
  const behavior = input.proration_behavior ?? 'create_prorations'
  if (targets) refuseUnsoundTargets(world, row, targets, behavior)
  const discounts =
    input.discounts === undefined
      ? null
      : soundDiscounts(world, discountsAsked(input.discounts), row.currency)
  refuseUntaxable(world, {
    automaticTax: input.automatic_tax?.enabled === true,
    customer: world.customers.get(row.customerId) as Customer,
    items: targets?.map(({ sound }) => sound) ?? [],
  })
  const before = subscriptionWire(world, row)
  writeTerms(row, input)
  if (discounts)
    row.discountIds = giveDiscounts(world, discounts, {
      customerId: row.customerId,
      subscriptionId: row.id,
    })
  if (targets) applyItems(world, row, targets, behavior)
  changeEnd(world, row, input, behavior !== 'none')
  emitChange(world, 'customer.subscription.updated', before, subscriptionWire(world, row))
}

function refuseUnsoundUpdate(world: World, row: Subscription, input: UpdateInput): void {
  if (typeof input.cancel_at === 'number' && input.cancel_at <= world.seconds())
    throw invalidRequest('cancel_at must be in the future.', { param: 'cancel_at' })
  if (row.status === 'canceled' || row.status === 'incomplete_expired') {
    const other = Object.keys(input).find((key) => key !== 'metadata' && key !== 'cancellation_details')
    if (other !== undefined)
      throw invalidRequest('A canceled subscription can only update its cancellation_details and metadata.', {
        param: other,
      })
  }
  if (input.billing_cycle_anchor?.type === 'now' || input.proration_date !== undefined)
    throw invalidRequest('This twin of Stripe does not model moving the anchor or the proration date', {
      code: 'not_modelled_by_twin',
    })
  const sends = (input.collection_method ?? row.collectionMethod) === 'send_invoice'
  if (sends && (input.days_until_due ?? row.daysUntilDue) === null)
    throw invalidRequest('You must pass `days_until_due` with `collection_method=send_invoice`.', {
      code: 'parameter_missing',
      param: 'days_until_due',
    })
  if (!sends && input.days_until_due !== undefined)
    throw invalidRequest('`days_until_due` goes only with `collection_method=send_invoice`.', {
      param: 'days_until_due',
    })
}

function targetsFrom(world: World, row: Subscription, sent: readonly ItemInput[]): ItemTarget[] {
  const byId = new Map(sent.flatMap((item) => (item.id === undefined ? [] : [[item.id, item] as const])))
  for (const id of byId.keys())
    if (!row.items.some((item) => item.id === id)) throw noSuch('subscription_item', id, 'items')
  const staying = row.items
    .filter(({ id }) => byId.get(id)?.deleted !== true)
    .map((item) => targetFor(world, row, item, byId.get(item.id), sent))
  const arriving = sent
    .map((item, index) => ({ item, at: `items[${index}]` }))
    .filter(({ item }) => item.id === undefined)
    .map(({ item, at }) => ({
      existing: null,
      keepDiscounts: false,
      sound: soundItem(
        world,
        {
          priceId: item.price ?? '',
          quantity: item.quantity ?? null,
          discounts: discountsAsked(item.discounts),
          metadata: mergeMetadata({}, item.metadata),
        },
        row.currency,
        at,
      ),
    }))
  if (staying.length + arriving.length === 0)
    throw invalidRequest('A subscription must have at least one active plan.', { param: 'items' })
  return [...staying, ...arriving]
}

function targetFor(
  world: World,
  row: Subscription,
  existing: SubscriptionItem,
  sent: ItemInput | undefined,
  all: readonly ItemInput[],
): ItemTarget {
  const at = `items[${sent === undefined ? 0 : all.indexOf(sent)}]`
  const asked = {
    priceId: sent?.price ?? existing.priceId,
    quantity: sent?.quantity ?? existing.quantity,
    discounts: discountsAsked(sent?.discounts),
    metadata: mergeMetadata(existing.metadata, sent?.metadata),
  }
  return {
    existing,
    sound: soundItem(world, asked, row.currency, at, existing.priceId),
    keepDiscounts: sent?.discounts === undefined,
  }
}

function writeTerms(row: Subscription, input: UpdateInput): void {
  const settings = input.invoice_settings ?? {}
  if (input.collection_method !== undefined) row.collectionMethod = input.collection_method
  if (input.collection_method === 'charge_automatically') row.daysUntilDue = null
  if (input.days_until_due !== undefined) row.daysUntilDue = input.days_until_due
  if (input.default_payment_method !== undefined) row.defaultPaymentMethod = input.default_payment_method
  if (input.description !== undefined) row.description = input.description
  if (input.automatic_tax !== undefined) {
    row.automaticTax = input.automatic_tax.enabled
    row.taxDisabledReason = null
  }
  row.invoiceSettings = {
    customFields:
      settings.custom_fields === undefined ? row.invoiceSettings.customFields : settings.custom_fields,
    description: settings.description === undefined ? row.invoiceSettings.description : settings.description,
    footer: settings.footer === undefined ? row.invoiceSettings.footer : settings.footer,
  }
  row.metadata = mergeMetadata(row.metadata, input.metadata)
  if (input.cancellation_details)
    row.cancellation = {
      ...row.cancellation,
      comment: input.cancellation_details.comment ?? row.cancellation.comment,
      feedback: input.cancellation_details.feedback ?? row.cancellation.feedback,
    }
}

/** Moves, sets or takes back the end; within the current period what was charged follows. */
function changeEnd(world: World, row: Subscription, input: UpdateInput, prorates: boolean): void {
  const { cancel_at: asked, cancel_at_period_end: atPeriodEnd } = input
  if (asked === undefined && atPeriodEnd === undefined) return
  const ends = row.items.map(({ period }) => period.end)
  const soonest = Math.min(...ends)
  const end =
    typeof asked === 'number'
      ? asked
      : asked === 'max_period_end' || asked === 'max_billed_until'
        ? Math.max(...ends)
        : asked === 'min_period_end' || atPeriodEnd === true
          ? soonest
          : null
  if (prorates) followEnd(world, row, end)
  row.cancelAt = end
  row.cancelAtPeriodEnd = atPeriodEnd === true || asked === 'min_period_end'
  row.canceledAt = end === null ? null : world.seconds()
  row.cancellation = { ...row.cancellation, reason: end === null ? null : 'cancellation_requested' }
  planCancel(world, row)
}

function followEnd(world: World, row: Subscription, end: number | null): void {
  for (const item of row.items) {
    if (isMetered(world, item) || item.debit === null) continue
    const charged = item.debit.period.end
    const until = Math.min(end ?? Infinity, item.period.end)
    if (until < charged) creditRest(world, row, item, until)
    if (until > charged) debitRest(world, row, item, charged, until)
  }
}
