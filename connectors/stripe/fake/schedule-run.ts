import { rank } from './agenda.ts'
import { mergeMetadata } from './api.ts'
import type { Subscription } from './billing-rows.ts'
import { giveDiscounts, soundDiscounts } from './discounts.ts'
import type { DiscountTarget } from './discounts.ts'
import { emit, emitChange } from './emit.ts'
import { creditRest } from './proration.ts'
import { StripeRefusal } from './refusal.ts'
import type { Customer } from './rows.ts'
import type { DiscountAsked, Phase, Schedule } from './schedule-rows.ts'
import { scheduleWire } from './schedule-wire.ts'
import type { ItemTarget } from './subscription-change.ts'
import { applyItems } from './subscription-change.ts'
import type { SubscriptionPlan } from './subscription-create.ts'
import { createSubscription, refuseUnsoundPlan } from './subscription-create.ts'
import { endSubscription, planCancel, planCycle } from './subscription-cycle.ts'
import { soundItem } from './subscription-items.ts'
import { isMetered, usageSlot } from './subscription-lines.ts'
import { changeSubscription } from './subscription-status.ts'
import type { World } from './world.ts'

/** What the subscription of a schedule looks like in a phase. Archived prices stay good: they were accepted with the schedule. */
export function planOfPhase(world: World, row: Schedule, phase: Phase): SubscriptionPlan {
  const items = phase.items.map((item, index) =>
    soundItem(world, item, phase.currency, `phases[0][items][${index}]`, item.priceId),
  )
  const now = world.seconds()
  const anchored = (phase.billingCycleAnchor ?? row.defaults.billingCycleAnchor) === 'phase_start'
  const last = row.phases.at(-1)
  return {
    customer: world.customers.get(row.customerId) as Customer,
    items,
    discounts: soundDiscounts(world, phase.discounts, phase.currency),
    currency: phase.currency,
    billingMode: row.billingMode,
    prorationDiscounts: row.prorationDiscounts,
    startDate: phase.start < now ? phase.start : null,
    anchor: anchored ? phase.start : null,
    cancelAt: row.endBehavior === 'cancel' ? (last?.end ?? null) : null,
    cancelAtPeriodEnd: false,
    ...termsOfPhase(row, phase),
    defaultPaymentMethod: row.defaults.defaultPaymentMethod,
    description: phase.description ?? row.defaults.description,
    metadata: { ...phase.metadata },
    prorationBehavior: phase.prorationBehavior,
    paymentBehavior: 'allow_incomplete',
    scheduleId: row.id,
  }
}

function termsOfPhase(row: Schedule, phase: Phase) {
  const { defaults } = row
  const settings = phase.invoiceSettings
  const collectionMethod = phase.collectionMethod ?? defaults.collectionMethod ?? 'charge_automatically'
  return {
    collectionMethod,
    daysUntilDue:
      collectionMethod === 'send_invoice' ? (settings?.daysUntilDue ?? defaults.daysUntilDue) : null,
    invoiceSettings: {
      customFields: settings?.customFields ?? defaults.invoiceSettings.customFields,
      description: settings?.description ?? defaults.invoiceSettings.description,
      footer: settings?.footer ?? defaults.invoiceSettings.footer,
    },
    automaticTax: phase.automaticTax ?? defaults.automaticTax,
  }
}

/** Refuses a schedule whose first phase could not become a subscription. */
export function refuseUnsoundSchedule(world: World, row: Schedule): void {
  const [first] = row.phases
  if (first) refuseUnsoundPlan(world, { ...planOfPhase(world, row, first), anchor: null, startDate: null })
}

/** Begins a schedule now, or plans its beginning. */
export function startSchedule(world: World, row: Schedule): void {
  const [first] = row.phases
  if (first === undefined) return
  if (first.start > world.seconds()) {
    row.task = world.agenda.add(first.start, () => begin(world, row, first, false), rank.phase)
    return
  }
  begin(world, row, first, true)
}

/** A beginning that was asked for refuses; one that comes by itself and cannot be ends the schedule. */
function begin(world: World, row: Schedule, phase: Phase, asked: boolean): void {
  const before = scheduleWire(world, row)
  try {
    row.status = 'active'
    row.subscriptionId = createSubscription(world, planOfPhase(world, row, phase)).id
  } catch (thrown) {
    if (asked || !(thrown instanceof StripeRefusal)) throw thrown
    row.status = 'canceled'
    row.canceledAt = world.seconds()
    emit(world, 'subscription_schedule.aborted', scheduleWire(world, row))
    return
  }
  planNextPhase(world, row)
  if (!asked) emitChange(world, 'subscription_schedule.updated', before, scheduleWire(world, row))
}

/** Plans the end of the phase a schedule is in. */
export function planNextPhase(world: World, row: Schedule): void {
  if (row.task) row.task.canceled = true
  const now = world.seconds()
  const index = row.phases.findIndex(({ end }) => end > now)
  const phase = row.phases[index]
  if (phase === undefined) return
  row.task = world.agenda.add(
    phase.end,
    () => {
      const next = row.phases[index + 1]
      if (next === undefined) return finish(world, row)
      const before = scheduleWire(world, row)
      enterPhase(world, row, next)
      planNextPhase(world, row)
      emitChange(world, 'subscription_schedule.updated', before, scheduleWire(world, row))
    },
    rank.phase,
  )
}

/** Makes the subscription look like a phase, with prorations as the phase says. */
export function enterPhase(
  world: World,
  row: Schedule,
  phase: Phase,
  behavior = phase.prorationBehavior,
): void {
  const subscription = world.subscriptions.get(row.subscriptionId ?? '')
  if (!subscription || subscription.status === 'canceled') return
  changeSubscription(world, subscription, () => {
    const terms = termsOfPhase(row, phase)
    Object.assign(subscription, terms)
    subscription.description = phase.description ?? row.defaults.description
    subscription.metadata = mergeMetadata(subscription.metadata, phase.metadata)
    subscription.cancelAt = row.endBehavior === 'cancel' ? (row.phases.at(-1)?.end ?? null) : null
    subscription.discountIds = discountsOfPhase(
      world,
      subscription,
      subscription.discountIds,
      phase.discounts,
      {
        customerId: subscription.customerId,
        subscriptionId: subscription.id,
      },
    )
    // A phase that began before is changed, not begun anew: its start is the anchor already.
    if (phase.billingCycleAnchor === 'phase_start' && subscription.anchor !== phase.start)
      moveAnchor(world, subscription, behavior !== 'none')
    applyItems(world, subscription, targetsOf(world, subscription, phase), behavior)
  })
}

function targetsOf(world: World, subscription: Subscription, phase: Phase): ItemTarget[] {
  return phase.items.map((asked, index) => {
    const existing = subscription.items.find(({ priceId }) => priceId === asked.priceId) ?? null
    const at = `items[${index}]`
    const sound = soundItem(world, asked, phase.currency, at, asked.priceId)
    const keepDiscounts = existing !== null && sameCoupons(world, existing.discountIds, asked.discounts)
    return { existing, sound, keepDiscounts }
  })
}

/** Discounts of a phase; those that were there already go on, so that their months are not counted anew. */
function discountsOfPhase(
  world: World,
  subscription: Subscription,
  held: readonly string[],
  asked: readonly DiscountAsked[],
  target: DiscountTarget,
): readonly string[] {
  if (sameCoupons(world, held, asked)) return held
  return giveDiscounts(world, soundDiscounts(world, asked, subscription.currency), target)
}

function sameCoupons(world: World, held: readonly string[], asked: readonly DiscountAsked[]): boolean {
  const coupons = held.map((id) => world.discounts.get(id)?.coupon.id)
  return coupons.length === asked.length && asked.every(({ coupon }, index) => coupon === coupons[index])
}

/** Lets a new cycle begin now: what was charged beyond is credited, and every item is renewed at once. */
function moveAnchor(world: World, subscription: Subscription, prorates: boolean): void {
  const now = world.seconds()
  subscription.anchor = now
  for (const item of subscription.items) {
    if (item.period.end <= now) continue
    if (isMetered(world, item)) {
      if (item.period.start < now)
        subscription.carriedSlots.push(usageSlot(world, item, { start: item.period.start, end: now }))
    } else if (prorates) creditRest(world, subscription, item, now)
    item.period = { start: now, end: now }
  }
  planCycle(world, subscription)
}

function finish(world: World, row: Schedule): void {
  const subscription = world.subscriptions.get(row.subscriptionId ?? '')
  if (row.endBehavior === 'release') return release(world, row)
  row.status = 'completed'
  row.completedAt = world.seconds()
  if (subscription) endSubscription(world, subscription, { final: true, reason: 'cancellation_requested' })
  emit(world, 'subscription_schedule.completed', scheduleWire(world, row))
}

/** Lets a subscription go on by itself, without the end the schedule had set for it unless that is to be kept. */
export function release(world: World, row: Schedule, keepEnd = false): void {
  const subscription = world.subscriptions.get(row.subscriptionId ?? '')
  if (row.task) row.task.canceled = true
  row.status = 'released'
  row.releasedAt = world.seconds()
  row.releasedSubscriptionId = row.subscriptionId
  row.subscriptionId = null
  if (subscription)
    changeSubscription(world, subscription, () => {
      subscription.scheduleId = null
      if (!keepEnd) subscription.cancelAt = null
      planCancel(world, subscription)
    })
  emit(world, 'subscription_schedule.released', scheduleWire(world, row))
}
