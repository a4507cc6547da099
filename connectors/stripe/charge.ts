import type { Stripe } from 'stripe'
import type { OwnCharge } from '../../src/domain/billing-plan.ts'
import { isOfSettlement } from '../../src/domain/late-usage.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed } from '../../src/ports/billing.ts'
import { compareItem, itemParamsOf } from './charge-item.ts'
import type { Connection } from './connection.ts'
import { instant } from './connection.ts'
import { chargeOnOwnInvoice } from './own-invoice.ts'
import { firstIn } from './paging.ts'
import { metadataKeys } from './subscription-terms.ts'

export type ChargeTarget = { readonly customerId: string; readonly subscriptionId: string }

/** How long to wait for Stripe to begin a cycle that is due. */
const cycleWaitMilliseconds = 60_000

/**
 * Puts an amount of ours on the next invoice of a subscription; what was rated at the end of a period, on the invoice that ends it, as long as
 * that is a draft. Where no invoice follows, or the charge asks for one of its own, it makes that invoice with the subscription's terms.
 */
export async function charge(
  connection: Connection,
  own: OwnCharge,
  target: ChargeTarget,
): Promise<Answer<Performed>> {
  const subscription = await subscriptionOf(connection, target.subscriptionId)
  if (subscription.kind !== 'ok') return subscription
  const { value } = subscription
  if (own.ownInvoice === true || isOver(value)) return chargeOnOwnInvoice(connection, own, value)
  if (belongsToNextCycle(connection, own, value)) {
    return { kind: 'throttled', retryAfterMilliseconds: cycleWaitMilliseconds }
  }
  const onDraft = isOfSettlement(own.reason)
    ? await chargeOnDraft(connection, own, value.id, target.customerId)
    : null
  if (onDraft !== null) return onDraft
  const params = { ...itemParamsOf(own, target.customerId), subscription: value.id }
  const answer = await connection.calls.write(own.chargeKey, (options) =>
    connection.stripe.invoiceItems.create(params, options),
  )
  return answer.kind === 'ok' ? compareItem(own, answer.value) : answer
}

/** Null where there is no draft of the period that Stripe will finalize by itself, or there was one and it is final or gone meanwhile. */
async function chargeOnDraft(
  { stripe, calls }: Connection,
  own: OwnCharge,
  subscription: string,
  customer: string,
): Promise<Answer<Performed> | null> {
  const draft = await firstIn(
    calls,
    (page) => stripe.invoices.list({ ...page, subscription, status: 'draft' }),
    ({ auto_advance, period_end }) => auto_advance === true && dayOf(period_end) === own.settledOn,
  )
  if (draft.kind !== 'ok') return draft
  if (draft.value === null) return null
  const params = { ...itemParamsOf(own, customer), invoice: draft.value.id }
  // A key of its own: asked for again, the item may have to wait for the next invoice, which are other words.
  const answer = await calls.write(`${own.chargeKey}/${draft.value.id}`, (options) =>
    stripe.invoiceItems.create(params, options),
  )
  if (answer.kind === 'locked' || isGone(answer)) return null
  return answer.kind === 'ok' ? compareItem(own, answer.value) : answer
}

/** Somebody deleted the draft meanwhile. */
function isGone(answer: Answer<unknown>): boolean {
  return answer.kind === 'rejected' && answer.code === 'resource_missing' && answer.field === 'invoice'
}

/** The days of the contract are those of the provider in UTC (`billingInstant`). */
function dayOf(unixSeconds: number): string {
  return instant(unixSeconds).toISOString().slice(0, 10)
}

/** Looks for the invoice item of a charge, pending or invoiced, among all items of the customer. */
export async function findCharge(
  { stripe, calls }: Connection,
  own: OwnCharge,
  customer: string,
): Promise<Answer<Performed | null>> {
  const found = await firstIn(
    calls,
    (page) => stripe.invoiceItems.list({ ...page, customer, expand: ['data.invoice'] }),
    ({ metadata }) => metadata?.[metadataKeys.charge] === own.chargeKey,
  )
  if (found.kind !== 'ok') return found
  if (found.value === null || isUnreleased(found.value)) return answered(null)
  return compareItem(own, found.value)
}

/** An invoice of its own that was begun and never let go is not done: asking again finishes it. */
function isUnreleased({ invoice }: Stripe.InvoiceItem): boolean {
  return (
    invoice !== null && typeof invoice === 'object' && invoice.status === 'draft' && !invoice.auto_advance
  )
}

async function subscriptionOf(
  { stripe, calls }: Connection,
  id: string,
): Promise<Answer<Stripe.Subscription>> {
  if (!id.startsWith('sub_sched_')) return calls.read(() => stripe.subscriptions.retrieve(id))
  const expand = ['subscription']
  const schedule = await calls.read(() => stripe.subscriptionSchedules.retrieve(id, { expand }))
  if (schedule.kind !== 'ok') return schedule
  const { subscription, released_subscription: released, status } = schedule.value
  if (subscription !== null && typeof subscription === 'object') return answered(subscription)
  if (released !== null) return calls.read(() => stripe.subscriptions.retrieve(released))
  return { kind: 'transient', detail: `The schedule ${id} is ${status} and has no subscription yet` }
}

function isOver({ status }: Stripe.Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/**
 * Stripe begins a cycle some time after it is due. A fee of the new cycle handed over before that would be on the invoice of the
 * old one, a whole cycle early.
 */
function belongsToNextCycle(
  { clock }: Connection,
  own: OwnCharge,
  subscription: Stripe.Subscription,
): boolean {
  const ends = subscription.items.data.map(({ current_period_end }) => current_period_end)
  const cycleEnd = instant(Math.min(...ends))
  const isDue = ends.length > 0 && cycleEnd <= clock.now()
  return isDue && own.reason === 'fee-in-arrears' && own.availableFrom >= cycleEnd.toISOString().slice(0, 10)
}
