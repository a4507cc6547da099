import type { Stripe } from 'stripe'
import type { BillingPlan, ScheduleStep, SubscriptionStep } from '../../src/domain/billing-plan.ts'
import type { SubscriptionDrift } from '../../src/domain/subscription-drift.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { ProviderIds } from '../../src/ports/billing.ts'
import type { Connection } from './connection.ts'
import { instant, seconds } from './connection.ts'
import { readSubscription } from './held-subscription.ts'
import { discountDrift, itemDrift } from './item-drift.ts'
import { allOf } from './paging.ts'
import { scheduleDrift } from './schedule-drift.ts'
import { collectionOf } from './subscription-terms.ts'

/** Everything of a contract's subscription that moves money and is not as planned. What Stripe does by itself is planned, so it is no drift. */
export async function compareSubscription(
  connection: Connection,
  plan: BillingPlan,
  ids: ProviderIds,
  id: string,
): Promise<Answer<readonly SubscriptionDrift[]>> {
  const step = plan.steps.find(({ kind }) => kind === 'subscription' || kind === 'schedule')
  if (step?.kind !== 'subscription' && step?.kind !== 'schedule')
    throw new RangeError(`The plan of contract ${plan.contractId} has no subscription`)
  const held = await readSubscription(connection, id, ['discounts', 'items.data.discounts'])
  if (held.kind !== 'ok') return held
  const { schedule, subscription } = held.value
  const ofSchedule =
    schedule === null || step.kind === 'subscription'
      ? []
      : scheduleDrift(step, ids, schedule, connection.clock.now())
  if (subscription === null) return answered(ofSchedule)
  if (subscription.status === 'canceled') return answered(drifted(ofSchedule, endDrift(step, subscription)))
  const items = await itemsIn(connection, subscription)
  return mapAnswer(items, (all) => [
    ...ofSchedule,
    ...itemDrift(itemsNow(step, schedule), all, ids),
    ...discountDrift(itemsNow(step, schedule), subscription, all, plan, ids),
    ...termsDrift(step, subscription),
  ])
}

function drifted(first: SubscriptionDrift[], otherwise: SubscriptionDrift[]): SubscriptionDrift[] {
  return first.length > 0 ? first : otherwise
}

/** A subscription that ended when it was to end is as planned. */
function endDrift(step: Planned, { ended_at, canceled_at }: Stripe.Subscription): SubscriptionDrift[] {
  const endsAt = endOf(step)
  const endedAt = ended_at ?? canceled_at ?? 0
  if (endsAt !== null && endedAt >= seconds(endsAt)) return []
  const planned = endsAt === null ? 'running' : `running until ${dayOf(seconds(endsAt))}`
  return [{ field: 'status', planned, held: `canceled on ${dayOf(endedAt)}` }]
}

type Planned = SubscriptionStep | ScheduleStep

function endOf(step: Planned): Date | null {
  if (step.kind === 'subscription') return step.endsAt
  return step.endBehavior === 'cancel' ? (step.phases.at(-1)?.endsAt ?? null) : null
}

/** The items of the phase Stripe is in, which may begin a little later than planned; after the last phase they stay. */
function itemsNow(step: Planned, schedule: Stripe.SubscriptionSchedule | null): SubscriptionStep['items'] {
  if (step.kind === 'subscription') return step.items
  const startsAt = schedule?.current_phase?.start_date
  const phase = step.phases.find((planned) => seconds(planned.startsAt) === startsAt) ?? step.phases.at(-1)
  return phase?.items ?? []
}

/** All items: the subscription itself shows only the first ones. */
async function itemsIn(
  { stripe, calls }: Connection,
  { id, items }: Stripe.Subscription,
): Promise<Answer<Stripe.SubscriptionItem[]>> {
  if (!items.has_more) return answered(items.data)
  return allOf(calls, (page) =>
    stripe.subscriptionItems.list({ ...page, subscription: id, expand: ['data.discounts'] }),
  )
}

function termsDrift(step: Planned, held: Stripe.Subscription): SubscriptionDrift[] {
  const { collection_method, ...due } = collectionOf(step)
  const end = endOf(step)
  const endsAt = end === null ? null : seconds(end)
  // Whether a schedule that cancels shows its end on the subscription is not documented.
  const heldEnd = step.kind === 'schedule' && held.cancel_at === null ? endsAt : held.cancel_at
  const anchor = step.kind === 'subscription' && step.anchorAt !== null ? seconds(step.anchorAt) : null
  const rows: (readonly [string, string, string])[] = [
    ['collection method', collection_method, held.collection_method],
    ['days until due', written(due.days_until_due), written(held.days_until_due)],
    ['end', dayOf(endsAt), dayOf(heldEnd)],
    ['billing cycle from', dayOf(anchor), dayOf(anchor === null ? null : held.billing_cycle_anchor)],
    ['collection', 'running', held.pause_collection === null ? 'running' : 'paused'],
    ['status', 'running', held.status === 'paused' ? 'paused' : 'running'],
    ['automatic tax', written(step.automaticTax), written(taxAsked(step, held))],
  ]
  return rows
    .filter(([, planned, found]) => planned !== found)
    .map(([field, planned, found]) => ({ field, planned, held: found }))
}

/** Stripe itself turns automatic tax off when it cannot work it out, and says why; that is no person's change. */
function taxAsked(step: Planned, { automatic_tax }: Stripe.Subscription): boolean {
  return automatic_tax.disabled_reason === null ? automatic_tax.enabled : step.automaticTax
}

function written(value: number | boolean | null | undefined): string {
  return value === null || value === undefined ? 'none' : String(value)
}

function dayOf(unixSeconds: number | null): string {
  return unixSeconds === null ? 'none' : instant(unixSeconds).toISOString().slice(0, 10)
}
