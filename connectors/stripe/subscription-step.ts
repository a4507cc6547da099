import type { Stripe } from 'stripe'
import type { SubscriptionStep } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed, ProviderIds } from '../../src/ports/billing.ts'
import type { Connection, StepHandler } from './connection.ts'
import { idIn, idOf, ourKeys, performed, seconds } from './connection.ts'
import { allOf, firstIn } from './paging.ts'
import {
  belongsTo,
  collectionOf,
  couponsOf,
  customFieldsOf,
  itemsOf,
  metadataOf,
} from './subscription-terms.ts'

/** The subscription of a contract, known by contract and generation in its metadata. */
export const subscriptionStep: StepHandler<SubscriptionStep> = {
  async perform(connection, step, ids) {
    // Stripe takes no start that is still to come, and what is asked must not change between two tries.
    const early = step.startsAt.getTime() - connection.clock.now().getTime()
    if (early > 0) return { kind: 'throttled', retryAfterMilliseconds: early }
    const params = paramsOf(step, ids)
    const answer = await connection.calls.write(step.opKey, (options) =>
      connection.stripe.subscriptions.create(params, options),
    )
    return answer.kind === 'ok' ? compare(connection, step, ids, answer.value) : answer
  },

  async find(connection, step, ids) {
    const { stripe, calls } = connection
    const customer = idOf(ids, step.customerRef)
    const found = await firstIn(
      calls,
      (page) => stripe.subscriptions.list({ ...page, customer, status: 'all' }),
      ({ metadata }) => belongsTo(step, metadata),
    )
    if (found.kind !== 'ok') return found
    return found.value === null ? answered(null) : compare(connection, step, ids, found.value)
  },
}

function paramsOf(step: SubscriptionStep, ids: ProviderIds): Stripe.SubscriptionCreateParams {
  return {
    customer: idOf(ids, step.customerRef),
    currency: step.currency.toLowerCase(),
    items: itemsOf(step, step.items, ids),
    ...collectionOf(step),
    ...(step.collection.kind === 'card' ? { payment_behavior: 'default_incomplete' as const } : {}),
    ...(step.couponRefs.length === 0 ? {} : { discounts: couponsOf(step.couponRefs, ids) }),
    ...(step.anchorAt === null
      ? {}
      : { backdate_start_date: seconds(step.startsAt), billing_cycle_anchor: seconds(step.anchorAt) }),
    ...(step.endsAt === null ? {} : { cancel_at: seconds(step.endsAt) }),
    // The time before the anchor is billed as a proration; the contract's own choice is for later changes.
    proration_behavior: 'create_prorations',
    billing_mode: { type: 'flexible' },
    automatic_tax: { enabled: step.automaticTax },
    invoice_settings: { custom_fields: customFieldsOf(step) },
    metadata: metadataOf(step, step.items, ids),
  }
}

async function compare(
  { stripe, calls }: Connection,
  step: SubscriptionStep,
  ids: ProviderIds,
  subscription: Stripe.Subscription,
): Promise<Answer<Performed>> {
  const items = await itemsIn(stripe, calls, subscription)
  if (items.kind !== 'ok') return items
  const asked = paramsOf(step, ids)
  return performed(
    subscription,
    'subscription',
    {
      customer: asked.customer,
      currency: asked.currency,
      collectionMethod: asked.collection_method,
      daysUntilDue: asked.days_until_due,
      startsAt: asked.backdate_start_date,
      anchorAt: asked.billing_cycle_anchor,
      endsAt: asked.cancel_at,
      automaticTax: step.automaticTax,
      customFields: customFieldsOf(step),
      metadata: asked.metadata,
      items: sorted(
        (asked.items ?? []).map((item) => [item.price, item.quantity ?? null, item.discounts?.length ?? 0]),
      ),
      status: 'started',
    },
    heldIn(step, ids, items.value),
  )
}

function heldIn(step: SubscriptionStep, ids: ProviderIds, items: readonly Stripe.SubscriptionItem[]) {
  const isAnchored = step.anchorAt !== null
  return (held: Stripe.Subscription) => ({
    customer: idIn(held.customer),
    currency: held.currency,
    collectionMethod: held.collection_method,
    daysUntilDue: held.days_until_due,
    startsAt: isAnchored ? held.start_date : null,
    anchorAt: isAnchored ? held.billing_cycle_anchor : null,
    endsAt: held.cancel_at,
    automaticTax: held.automatic_tax.enabled,
    customFields: (held.invoice_settings.custom_fields ?? []).map(({ name, value }) => ({ name, value })),
    metadata: ourKeys(held.metadata, metadataOf(step, step.items, ids)),
    items: sorted(items.map((item) => [item.price.id, quantityOf(item), item.discounts.length])),
    status: statusOf(step, held),
  })
}

/** An invoiced subscription is active at once; one that waits for a first payment was made with other terms. */
function statusOf(step: SubscriptionStep, { status }: Stripe.Subscription): string {
  const waits = status === 'incomplete' || status === 'incomplete_expired'
  return waits && step.collection.kind === 'invoice' ? status : 'started'
}

function quantityOf(item: Stripe.SubscriptionItem): number | null {
  return item.price.recurring?.usage_type === 'metered' ? null : (item.quantity ?? null)
}

function sorted(rows: readonly unknown[][]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}

/** All items: the subscription itself shows only the first ones. */
async function itemsIn(
  stripe: Stripe,
  calls: Connection['calls'],
  { id, items }: Stripe.Subscription,
): Promise<Answer<Stripe.SubscriptionItem[]>> {
  if (items === undefined || !items.has_more) return answered(items?.data ?? [])
  return allOf(calls, (page) => stripe.subscriptionItems.list({ ...page, subscription: id }))
}
