import type { Stripe } from 'stripe'
import type { BillingPlan, SubscriptionItem } from '../../src/domain/billing-plan.ts'
import type { SubscriptionDrift } from '../../src/domain/subscription-drift.ts'
import type { ProviderIds } from '../../src/ports/billing.ts'
import { idIn, idOf } from './connection.ts'

/** Lines that cost something else, are gone or were never agreed. Stripe's price cannot change, so another price is another item. */
export function itemDrift(
  planned: readonly SubscriptionItem[],
  held: readonly Stripe.SubscriptionItem[],
  ids: ProviderIds,
): SubscriptionDrift[] {
  const byPrice = new Map(held.map((item) => [item.price.id, item]))
  const priceIds = new Set(planned.map(({ priceRef }) => idOf(ids, priceRef)))
  const changed = planned.flatMap((item) => {
    const found = byPrice.get(idOf(ids, item.priceRef))
    const [asked, has] = [quantityOf(item.quantity), found === undefined ? 'none' : heldQuantity(found)]
    if (asked === has) return []
    if (found === undefined) return [{ field: `item ${item.lineId}`, planned: `× ${asked}`, held: 'none' }]
    return [{ field: `quantity of ${item.lineId}`, planned: asked, held: has }]
  })
  const added = held
    .filter(({ price }) => !priceIds.has(price.id))
    .map((item) => ({ field: `item ${item.price.id}`, planned: 'none', held: `× ${heldQuantity(item)}` }))
  return [...changed, ...added]
}

function quantityOf(quantity: bigint | number | null | undefined): string {
  return quantity === null || quantity === undefined ? 'use' : quantity.toString()
}

function heldQuantity({ price, quantity }: Stripe.SubscriptionItem): string {
  return price.recurring?.usage_type === 'metered' ? 'use' : quantityOf(quantity)
}

/** Discounts nobody agreed, and lasting ones that are gone. One for a time ends by itself. */
export function discountDrift(
  planned: readonly SubscriptionItem[],
  subscription: Stripe.Subscription,
  items: readonly Stripe.SubscriptionItem[],
  plan: BillingPlan,
  ids: ProviderIds,
): SubscriptionDrift[] {
  const lasting = new Set(
    plan.steps.flatMap((step) =>
      step.kind === 'coupon' && step.duration.kind === 'forever' ? [step.ref] : [],
    ),
  )
  const ofItems = planned.flatMap(({ lineId, priceRef, couponRefs }) => {
    const found = items.find(({ price }) => price.id === idOf(ids, priceRef))
    if (found === undefined) return []
    const held = couponsOf(found.discounts)
    const agreed = couponRefs.map((ref) => idOf(ids, ref))
    const gone = couponRefs.filter((ref) => lasting.has(ref) && !held.includes(idOf(ids, ref)))
    const field = `discount of ${lineId}`
    return [
      ...held.filter((coupon) => !agreed.includes(coupon)).map((coupon) => unagreed(field, coupon)),
      ...gone.map((ref) => ({ field, planned: idOf(ids, ref), held: 'none' })),
    ]
  })
  return [...ofItems, ...couponsOf(subscription.discounts).map((coupon) => unagreed('discount', coupon))]
}

function unagreed(field: string, coupon: string): SubscriptionDrift {
  return { field, planned: 'none', held: coupon }
}

/** The coupons of discounts that were asked for in full. */
function couponsOf(discounts: readonly (string | Stripe.Discount)[]): string[] {
  return discounts.map((discount) =>
    typeof discount === 'string' ? discount : (idIn(discount.source.coupon) ?? discount.id),
  )
}
