import { rank } from './agenda.ts'
import type { BillingReason, Invoice, Subscription, UsageSlot } from './billing-rows.ts'
import { emit } from './emit.ts'
import { makeDraft, pendingItems, subscriptionTermsOf } from './invoice-draft.ts'
import { launch } from './invoice-finalize.ts'
import type { NewLine } from './invoice-totals.ts'
import { periodAround } from './periods.ts'
import { advanceLine, cutAt, intervalOf, isMetered, rememberDebits, usageSlot } from './subscription-lines.ts'
import { changeSubscription } from './subscription-status.ts'
import { subscriptionWire } from './subscription-wire.ts'
import type { World } from './world.ts'

type Bill = { readonly lines: readonly NewLine[]; readonly slots: readonly UsageSlot[] }

/** Whether a subscription still runs. */
export function isLive({ status }: Subscription): boolean {
  return status === 'active' || status === 'past_due' || status === 'unpaid'
}

/** Plans the next renewal: the soonest end of a period among the items. */
export function planCycle(world: World, subscription: Subscription): void {
  if (subscription.cycleTask) subscription.cycleTask.canceled = true
  subscription.cycleTask = null
  if (!isLive(subscription) && subscription.status !== 'incomplete') return
  const next = Math.min(...subscription.items.map(({ period }) => period.end))
  if (Number.isFinite(next))
    subscription.cycleTask = world.agenda.add(next, () => cycle(world, subscription), rank.cycle)
}

/** Plans, or takes back, the end of a subscription. */
export function planCancel(world: World, subscription: Subscription): void {
  if (subscription.cancelTask) subscription.cancelTask.canceled = true
  subscription.cancelTask = null
  if (subscription.cancelAt === null) return
  subscription.cancelTask = world.agenda.add(
    subscription.cancelAt,
    () => endSubscription(world, subscription, { final: true, reason: 'cancellation_requested' }),
    rank.cancel,
  )
}

/** Renews the items whose period ends now: use of the old period and the fee for the new one go on one invoice. */
function cycle(world: World, subscription: Subscription): void {
  if (!isLive(subscription)) return
  const now = world.seconds()
  const due = subscription.items.filter(({ period }) => period.end <= now)
  const start = Math.min(...due.map(({ period }) => period.start))
  changeSubscription(world, subscription, () => {
    const bill = renew(world, subscription, now)
    billSubscription(world, subscription, 'subscription_cycle', bill, { start, end: now })
  })
  planCycle(world, subscription)
}

function renew(world: World, subscription: Subscription, now: number): Bill {
  const lines: NewLine[] = []
  const slots: UsageSlot[] = []
  for (const item of subscription.items) {
    if (item.period.end > now) continue
    const whole = periodAround(subscription.anchor, intervalOf(world, item), now)
    if (isMetered(world, item)) {
      if (item.period.end > item.period.start) slots.push(usageSlot(world, item, item.period))
      item.period = whole
      continue
    }
    item.period = whole
    item.debit = null
    const cut = cutAt({ period: whole, whole }, subscription.cancelAt)
    if (cut) lines.push(advanceLine(world, subscription, item, cut.period, cut.whole))
  }
  return { lines, slots }
}

/** Makes the invoice of a bill with all that waits for it; null when there is nothing to bill. */
export function billSubscription(
  world: World,
  subscription: Subscription,
  reason: BillingReason,
  { lines, slots }: Bill,
  period: { readonly start: number; readonly end: number },
): Invoice | null {
  const carried = subscription.carriedSlots
  subscription.carriedSlots = []
  const invoice = makeDraft(world, {
    ...subscriptionTermsOf(world, subscription),
    reason,
    period,
    lines,
    usageSlots: [...carried, ...slots],
    items: pendingItems(world, subscription.customerId, subscription, subscription.currency),
  })
  if (invoice === null) return null
  rememberDebits(subscription, invoice.id, invoice.lines)
  launch(world, invoice)
  return invoice
}

type Ending = { readonly final: boolean; readonly reason: string | null }

/** Ends a subscription. A final invoice bills use not billed yet and what still waits for an invoice. */
export function endSubscription(world: World, subscription: Subscription, { final, reason }: Ending): void {
  if (subscription.status === 'canceled') return
  const now = world.seconds()
  if (final) {
    const metered = subscription.items.filter((item) => isMetered(world, item))
    const open = metered.filter(({ period }) => period.start < now)
    const slots = open.map((item) =>
      usageSlot(world, item, { start: item.period.start, end: Math.min(now, item.period.end) }),
    )
    const start = Math.min(now, ...subscription.items.map(({ period }) => period.start))
    billSubscription(world, subscription, 'subscription_cycle', { lines: [], slots }, { start, end: now })
  }
  subscription.status = 'canceled'
  subscription.endedAt = now
  subscription.canceledAt ??= now
  subscription.cancellation = {
    ...subscription.cancellation,
    reason: subscription.cancellation.reason ?? reason,
  }
  for (const task of [subscription.cycleTask, subscription.cancelTask]) if (task) task.canceled = true
  emit(world, 'customer.subscription.deleted', subscriptionWire(world, subscription))
}
