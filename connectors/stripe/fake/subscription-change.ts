import type { ProrationBehavior, Subscription, SubscriptionItem } from './billing-rows.ts'
import { giveDiscounts } from './discounts.ts'
import { refuseTooManyInvoices } from './invoice-draft.ts'
import { periodAround } from './periods.ts'
import { creditRest, debitRest } from './proration.ts'
import { StripeRefusal } from './refusal.ts'
import { billSubscription, planCycle } from './subscription-cycle.ts'
import type { SoundItem } from './subscription-items.ts'
import { makeItem, refuseUnfitTogether } from './subscription-items.ts'
import { intervalOf, isMetered, usageSlot } from './subscription-lines.ts'
import type { World } from './world.ts'

/** What an item is to become; `existing` null is a new one. Discounts undefined stay as they are. */
export type ItemTarget = {
  readonly existing: SubscriptionItem | null
  readonly sound: SoundItem
  readonly keepDiscounts: boolean
}

/** Refuses a change of items that cannot be, before anything changes. */
export function refuseUnsoundTargets(
  world: World,
  subscription: Subscription,
  targets: readonly ItemTarget[],
  behavior: ProrationBehavior,
): void {
  refuseUnfitTogether(
    targets.map(({ sound }) => sound.price),
    subscription.billingMode,
  )
  if (behavior === 'always_invoice') refuseTooManyInvoices(world, subscription)
  const now = world.seconds()
  const lately = subscription.recentQuantityChanges.filter((at) => at > now - 3600)
  if (lately.length >= 200)
    throw new StripeRefusal(
      429,
      'invalid_request_error',
      'The quantity of this subscription was changed too often in the last hour.',
      { code: 'rate_limit' },
      false,
    )
}

/**
 * Gives a subscription the items it is to have from now on: credits the rest of what leaves, charges the rest of what comes.
 * Items whose period ends this very second are left to the renewal that follows.
 */
export function applyItems(
  world: World,
  subscription: Subscription,
  targets: readonly ItemTarget[],
  behavior: ProrationBehavior,
): void {
  const now = world.seconds()
  const prorates = behavior !== 'none'
  const staying = new Set(targets.map(({ existing }) => existing))
  for (const item of subscription.items)
    if (!staying.has(item)) removeItem(world, subscription, item, prorates)
  const changed = targets.filter((target) => changes(target))
  for (const { existing } of changed) if (existing) leaveOldTerms(world, subscription, existing, prorates)
  subscription.items = targets.map((target) => settle(world, subscription, target))
  for (const target of changed) {
    const item = subscription.items[targets.indexOf(target)]
    if (item && prorates && !isMetered(world, item) && item.period.end > now)
      debitRest(world, subscription, item, now, subscription.cancelAt ?? Infinity)
  }
  if (changed.length > 0) subscription.recentQuantityChanges = recentWith(subscription, now)
  planCycle(world, subscription)
  if (behavior === 'always_invoice' && subscription.pendingItemIds.length > 0)
    billSubscription(
      world,
      subscription,
      'subscription_update',
      { lines: [], slots: [] },
      { start: now, end: now },
    )
}

function recentWith(subscription: Subscription, now: number): number[] {
  return [...subscription.recentQuantityChanges.filter((at) => at > now - 3600), now]
}

function changes({ existing, sound }: ItemTarget): boolean {
  return existing === null || existing.priceId !== sound.price.id || existing.quantity !== sound.quantity
}

function removeItem(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  prorates: boolean,
): void {
  leaveOldTerms(world, subscription, item, prorates)
  world.subscriptionItems.remove(item.id)
}

/** Closes what an item had: the use so far goes on the next invoice, the rest of a fee is credited. */
function leaveOldTerms(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  prorates: boolean,
): void {
  const now = world.seconds()
  if (!isMetered(world, item)) {
    if (prorates && item.period.end > now) creditRest(world, subscription, item, now)
    return
  }
  const used = { start: item.period.start, end: Math.min(now, item.period.end) }
  if (used.end > used.start) subscription.carriedSlots.push(usageSlot(world, item, used))
  item.period = { start: now, end: item.period.end }
}

function settle(world: World, subscription: Subscription, target: ItemTarget): SubscriptionItem {
  const { existing, sound } = target
  if (existing === null)
    return makeItem(world, subscription, sound, arrivalPeriod(world, subscription, sound))
  const now = world.seconds()
  if (existing.priceId !== sound.price.id && existing.period.end > now) {
    const { end } = periodAround(subscription.anchor, intervalOf(world, { priceId: sound.price.id }), now)
    existing.period = { start: existing.period.start, end }
  }
  existing.priceId = sound.price.id
  existing.quantity = sound.quantity
  existing.metadata = sound.metadata
  if (!target.keepDiscounts)
    existing.discountIds = giveDiscounts(world, sound.sound, {
      customerId: subscription.customerId,
      subscriptionId: subscription.id,
      itemId: existing.id,
    })
  return existing
}

/** The period of an item that comes now: the rest of the natural one, or nothing yet when a renewal is about to bill it. */
function arrivalPeriod(world: World, subscription: Subscription, sound: SoundItem) {
  const now = world.seconds()
  const natural = periodAround(subscription.anchor, intervalOf(world, { priceId: sound.price.id }), now)
  const renewing = subscription.cycleTask !== null && subscription.cycleTask.at === now
  if (renewing && natural.start === now) return { start: now, end: now }
  return sound.quantity === null ? { start: now, end: natural.end } : natural
}
