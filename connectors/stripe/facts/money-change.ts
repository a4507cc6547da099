import type { Stripe } from 'stripe'
import { idIn } from '../connection.ts'

/** Fields of a subscription whose change may move money. Items are looked at more closely; periods, invoices and payments come and go. */
const moneyFields = new Set([
  'automatic_tax',
  'billing_cycle_anchor',
  'cancel_at',
  'cancel_at_period_end',
  'collection_method',
  'currency',
  'days_until_due',
  'default_tax_rates',
  'discounts',
  'pause_collection',
  'quantity',
  'schedule',
  'trial_end',
])

/** The statuses a subscription gets from unpaid and paid invoices, which are no change of its terms. */
const paymentStatuses = new Set(['active', 'past_due', 'unpaid', 'incomplete', 'trialing'])

/**
 * Whether an event of a subscription tells of a change that may move money. A new one is compared when it is made. `before` holds what was there
 * before, of the fields that changed only.
 */
export function mayMoveMoney(type: string, subscription: Stripe.Subscription, before: object): boolean {
  if (type === 'customer.subscription.created') return false
  if (type === 'customer.subscription.deleted') return !hasEndedInTime(subscription)
  if (type !== 'customer.subscription.updated') return true
  return Object.entries(before).some(([field, value]) => {
    if (field === 'items') return haveItemsChanged(subscription, value)
    if (field === 'status') return !paymentStatuses.has(subscription.status)
    return moneyFields.has(field)
  })
}

/** It ended on the day it was to end; a day somebody set otherwise was told of when it was set. */
function hasEndedInTime({ cancel_at, ended_at }: Stripe.Subscription): boolean {
  return cancel_at !== null && ended_at !== null && ended_at >= cancel_at
}

type ItemBefore = {
  readonly id?: string
  readonly price?: string | { readonly id: string }
  readonly quantity?: number
  readonly discounts?: readonly (string | { readonly id: string })[]
}

/** A new billing period changes items too, but not what they cost. Where the event does not tell, they count as changed. */
function haveItemsChanged({ items }: Stripe.Subscription, before: unknown): boolean {
  const rows = (before as { data?: unknown } | null)?.data
  if (!Array.isArray(rows) || rows.length !== items.data.length) return true
  return (rows as ItemBefore[]).some((row, index) => {
    const now = items.data.find(({ id }) => id === row.id) ?? items.data[index]
    return now === undefined || termsOf({ ...now, ...row }) !== termsOf(now)
  })
}

function termsOf({ price, quantity, discounts }: ItemBefore): string {
  return JSON.stringify([idIn(price), quantity ?? null, (discounts ?? []).map(idIn)])
}
