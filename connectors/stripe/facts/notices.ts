import type { Stripe } from 'stripe'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered } from '../../../src/ports/answer.ts'
import type { BillingNotice } from '../../../src/ports/billing.ts'
import { idIn, instant } from '../connection.ts'
import { isMeterReport } from '../meter-report.ts'
import { metadataKeys } from '../subscription-terms.ts'
import { readEvent } from './event.ts'
import { mayMoveMoney } from './money-change.ts'

/**
 * Turns one event into what it tells besides money: the status of a tax id, and changes of a subscription, whoever made them. Which
 * changes are ours is for the reader to judge.
 */
export function readNotices(delivery: {
  readonly type: string
  readonly body: string
}): Answer<readonly BillingNotice[]> {
  const read = readEvent(delivery.body)
  if (read.kind !== 'ok') return read
  return answered(read.value === null ? thinNoticesOf(delivery) : noticesOf(read.value))
}

/** A thin event names what happened; the rest is fetched when it is dealt with. */
function thinNoticesOf({ type, body }: { readonly type: string; readonly body: string }): BillingNotice[] {
  if (!isMeterReport(type)) return []
  const { id, created } = JSON.parse(body) as { id: string; created: string }
  return [{ kind: 'use-refused', occurredAt: new Date(created), reportId: id }]
}

/** What an event of a subscription carries; the attributes before it only when it changed. */
type SubscriptionEvent = {
  readonly type: string
  readonly data: { readonly object: Stripe.Subscription; readonly previous_attributes?: object }
}

function noticesOf(event: Stripe.Event): BillingNotice[] {
  const occurredAt = instant(event.created)
  switch (event.type) {
    case 'customer.tax_id.created':
    case 'customer.tax_id.updated':
      return [taxIdNotice(event.data.object, occurredAt)]
    case 'customer.tax_id.deleted':
      return [{ ...taxIdNotice(event.data.object, occurredAt), status: 'removed' }]
    case 'customer.subscription.created':
    case 'customer.subscription.updated':
    case 'customer.subscription.deleted':
    case 'customer.subscription.paused':
    case 'customer.subscription.resumed':
      return [subscriptionNotice(event, occurredAt)]
    default:
      return []
  }
}

/** A tax id that no register checks has no verification; it is never taken as verified. */
function taxIdNotice(
  { id, customer, type, value, verification }: Stripe.TaxId,
  occurredAt: Date,
): Extract<BillingNotice, { kind: 'tax-id-checked' }> {
  return {
    kind: 'tax-id-checked',
    occurredAt,
    taxIdId: id,
    customerId: idIn(customer) ?? '',
    type,
    value,
    status: verification === null ? 'unavailable' : statusOf(verification.status),
    verifiedName: verification?.verified_name ?? null,
    verifiedAddress: verification?.verified_address ?? null,
  }
}

const taxIdStatuses = ['pending', 'verified', 'unverified', 'unavailable'] as const

function statusOf(status: string): (typeof taxIdStatuses)[number] {
  return taxIdStatuses.find((known) => known === status) ?? 'unavailable'
}

function subscriptionNotice(event: SubscriptionEvent, occurredAt: Date): BillingNotice {
  const { id, metadata, status, schedule } = event.data.object
  const before = event.data.previous_attributes ?? {}
  return {
    kind: 'subscription-changed',
    occurredAt,
    subscriptionId: id,
    scheduleId: idIn(schedule),
    contractId: metadata[metadataKeys.contract] ?? null,
    status,
    changed: Object.keys(before),
    mayMoveMoney: mayMoveMoney(event.type, event.data.object, before),
  }
}
