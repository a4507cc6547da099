import type { Debit, DiscountAmount, InvoiceItem, Subscription, SubscriptionItem } from './billing-rows.ts'
import { discountAmounts, discountsInForce } from './discounts.ts'
import { emit } from './emit.ts'
import { invoiceItemWire } from './invoice-wire.ts'
import type { Period } from './periods.ts'
import { periodAround } from './periods.ts'
import { productName } from './invoice-totals.ts'
import { fullAmount, intervalOf, isMetered, priceOf, shareOf } from './subscription-lines.ts'
import type { World } from './world.ts'

/** Takes back the rest of what an item was charged, out of the very line that charged it. */
export function creditRest(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  from: number,
): void {
  const { debit } = item
  if (debit === null || debit.period.end <= from) return
  const rest = { start: from, end: debit.period.end }
  const gross = shareOf(debit.amountMinor, rest, debit.period)
  const discounts = sharesOfDiscounts(debit.discounts, rest, debit.period)
  prorate(world, subscription, item, {
    sign: -1n,
    gross,
    discounts,
    period: rest,
    description: 'Unused time on',
    credited: 'lineId' in debit.source ? debit.source : null,
  })
  item.debit = shortened(debit, gross, discounts, from)
}

function shortened(
  debit: Debit,
  gross: bigint,
  taken: readonly DiscountAmount[],
  from: number,
): Debit | null {
  if (from <= debit.period.start) return null
  return {
    ...debit,
    amountMinor: debit.amountMinor - gross,
    discounts: debit.discounts.map((discount, index) => ({
      ...discount,
      amountMinor: discount.amountMinor - (taken[index]?.amountMinor ?? 0n),
    })),
    period: { start: debit.period.start, end: from },
  }
}

/** Charges an item for the rest of its period. */
export function debitRest(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  from: number,
  until: number,
): void {
  const whole = periodAround(subscription.anchor, intervalOf(world, item), from)
  const rest = { start: from, end: Math.min(until, whole.end) }
  if (rest.end <= rest.start) return
  const gross = shareOf(fullAmount(world, item), rest, whole)
  const discounts = sharesOfDiscounts(fullDiscounts(world, subscription, item), rest, whole)
  const made = prorate(world, subscription, item, {
    sign: 1n,
    gross,
    discounts,
    period: rest,
    description: 'Remaining time on',
    credited: null,
  })
  item.debit = { amountMinor: gross, discounts, period: rest, source: { invoiceItemId: made.id } }
}

function sharesOfDiscounts(
  discounts: readonly DiscountAmount[],
  part: Period,
  whole: Period,
): DiscountAmount[] {
  return discounts.map(({ discountId, amountMinor }) => ({
    discountId,
    amountMinor: shareOf(amountMinor, part, whole),
  }))
}

/** The discounts one item would have on an invoice of all licensed items for whole periods. */
function fullDiscounts(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
): readonly DiscountAmount[] {
  const licensed = subscription.items.filter((one) => !isMetered(world, one))
  const worked = discountAmounts(
    world,
    licensed.map((one) => ({
      amountMinor: fullAmount(world, one),
      productId: priceOf(world, one).productId,
      own: discountsInForce(world, one.discountIds),
      open: true,
    })),
    discountsInForce(world, subscription.discountIds),
  )
  return worked[licensed.indexOf(item)] ?? []
}

type Proration = {
  readonly sign: 1n | -1n
  readonly gross: bigint
  readonly discounts: readonly DiscountAmount[]
  readonly period: Period
  readonly description: string
  readonly credited: { readonly invoiceId: string; readonly lineId: string } | null
}

/** Makes the invoice item of a proration: net of discounts, or with them itemized, as the billing mode says. */
function prorate(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  { sign, gross, discounts, period, description, credited }: Proration,
): InvoiceItem {
  const price = priceOf(world, item)
  const itemized = subscription.prorationDiscounts === 'itemized'
  const off = discounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  const row = world.invoiceItems.insert({
    id: world.newId('ii'),
    created: world.seconds(),
    customerId: subscription.customerId,
    subscriptionId: subscription.id,
    subscriptionItemId: item.id,
    currency: subscription.currency,
    amountMinor: sign * (itemized ? gross : gross - off),
    description: `${description} ${item.quantity ?? 1n} × ${productName(world, price)}`,
    period,
    pricing: { priceId: price.id, productId: price.productId, unitAmount: price.unitAmount },
    quantity: (item.quantity ?? 1n).toString(),
    discountable: false,
    discountIds: [],
    fixedDiscounts: itemized ? discounts.map((one) => ({ ...one, amountMinor: sign * one.amountMinor })) : [],
    metadata: {},
    taxBehavior: price.taxBehavior,
    proration: true,
    credited: credited && { invoiceId: credited.invoiceId, lineIds: [credited.lineId] },
    invoiceId: null,
  })
  subscription.pendingItemIds.push(row.id)
  emit(world, 'invoiceitem.created', invoiceItemWire(world, row))
  return row
}
