import type { Stripe } from 'stripe'
import type { ScheduleStep, SubscriptionItem } from '../../src/domain/billing-plan.ts'
import type { SubscriptionDrift } from '../../src/domain/subscription-drift.ts'
import type { ProviderIds } from '../../src/ports/billing.ts'
import { idIn, idOf, instant, seconds } from './connection.ts'
import { isRunning } from './held-subscription.ts'

/** What is to come of a schedule and is not as planned; phases that are over are history. */
export function scheduleDrift(
  step: ScheduleStep,
  ids: ProviderIds,
  schedule: Stripe.SubscriptionSchedule,
  now: Date,
): SubscriptionDrift[] {
  if (!isRunning(schedule)) return stoppedEarly(step, schedule)
  const planned = step.phases
    .filter(({ endsAt }) => endsAt > now)
    .map(({ startsAt, endsAt, items }) =>
      phaseText(seconds(startsAt), seconds(endsAt), itemsText(items, ids)),
    )
  const held = schedule.phases
    .filter(({ end_date }) => instant(end_date) > now)
    .map(({ start_date, end_date, items }) => phaseText(start_date, end_date, heldItemsText(items)))
  const texts: (readonly [string, string, string])[] = [
    ['phases to come', planned.join(', '), held.join(', ')],
    ['end of the schedule', step.endBehavior, schedule.end_behavior],
  ]
  return texts
    .filter(([, asked, found]) => asked !== found)
    .map(([field, asked, found]) => ({ field, planned: asked, held: found }))
}

function stoppedEarly(step: ScheduleStep, schedule: Stripe.SubscriptionSchedule): SubscriptionDrift[] {
  const end = seconds(step.phases.at(-1)?.endsAt ?? new Date(0))
  const stoppedAt = schedule.canceled_at ?? schedule.released_at ?? schedule.completed_at ?? 0
  if (stoppedAt >= end) return []
  const held = `${schedule.status} on ${dayOf(stoppedAt)}`
  return [{ field: 'schedule', planned: `running until ${dayOf(end)}`, held }]
}

function phaseText(start: number, end: number, items: string): string {
  return `${dayOf(start)} to ${dayOf(end)} (${items})`
}

function itemsText(items: readonly SubscriptionItem[], ids: ProviderIds): string {
  return joined(items.map(({ priceRef, quantity }) => itemText(idOf(ids, priceRef), quantity)))
}

/** A phase shows no quantity for metered use. */
function heldItemsText(items: readonly Stripe.SubscriptionSchedule.Phase.Item[]): string {
  return joined(items.map(({ price, quantity }) => itemText(idIn(price) ?? '', quantity)))
}

function itemText(price: string, quantity: bigint | number | null | undefined): string {
  return quantity === null || quantity === undefined ? price : `${price} × ${quantity}`
}

function joined(items: readonly string[]): string {
  return [...items].sort().join(' + ')
}

function dayOf(unixSeconds: number): string {
  return instant(unixSeconds).toISOString().slice(0, 10)
}
