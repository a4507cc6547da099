import type { Subscription, SubscriptionStatus } from './billing-rows.ts'
import { emitChange } from './emit.ts'
import { subscriptionWire } from './subscription-wire.ts'
import type { World } from './world.ts'

/** Moves a subscription to another status and tells of it. */
export function setSubscriptionStatus(world: World, row: Subscription, status: SubscriptionStatus): void {
  changeSubscription(world, row, () => {
    row.status = status
  })
}

/** Changes a subscription and raises `customer.subscription.updated` with what changed. */
export function changeSubscription(world: World, row: Subscription, change: () => void): void {
  const before = subscriptionWire(world, row)
  change()
  emitChange(world, 'customer.subscription.updated', before, subscriptionWire(world, row))
}
