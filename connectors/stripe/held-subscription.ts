import type { Stripe } from 'stripe'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'
import { idIn } from './connection.ts'

/** What Stripe holds under the id of a contract's subscription: the subscription, its schedule, or both. */
export type HeldSubscription = {
  readonly schedule: Stripe.SubscriptionSchedule | null
  /** Null while a schedule has not begun. */
  readonly subscription: Stripe.Subscription | null
}

/** Reads a contract's subscription, or its schedule and the subscription that one made. */
export async function readSubscription(
  { stripe, calls }: Connection,
  id: string,
  expand: string[] = [],
): Promise<Answer<HeldSubscription>> {
  const retrieve = (subscriptionId: string) =>
    calls.read(() => stripe.subscriptions.retrieve(subscriptionId, { expand }))
  if (!id.startsWith('sub_sched_'))
    return mapAnswer(await retrieve(id), (subscription) => ({ schedule: null, subscription }))
  const read = await calls.read(() => stripe.subscriptionSchedules.retrieve(id))
  if (read.kind !== 'ok') return read
  const schedule = read.value
  const madeId = idIn(schedule.subscription) ?? schedule.released_subscription
  if (madeId === null) return answered({ schedule, subscription: null })
  return mapAnswer(await retrieve(madeId), (subscription) => ({ schedule, subscription }))
}

/** Whether a subscription can no longer change. */
export function isOver({ status }: Stripe.Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/** Whether a schedule has phases to come, or one that runs. */
export function isRunning({ status }: Stripe.SubscriptionSchedule): boolean {
  return status === 'not_started' || status === 'active'
}
