import { Big } from 'big.js'
import { divide } from '../../../src/domain/money.ts'
import type { InvoiceLine, Subscription, SubscriptionItem, UsageSlot } from './billing-rows.ts'
import { discountsInForce } from './discounts.ts'
import type { NewLine } from './invoice-totals.ts'
import { productName } from './invoice-totals.ts'
import type { Interval, Period } from './periods.ts'
import { periodAround, stepFrom } from './periods.ts'
import { amountFor } from './rating.ts'
import type { Price } from './rows.ts'
import type { World } from './world.ts'

/** The price of an item. */
export function priceOf(world: World, item: Pick<SubscriptionItem, 'priceId'>): Price {
  return world.prices.get(item.priceId) as Price
}

/** Whether an item is billed by use, after the fact. */
export function isMetered(world: World, item: Pick<SubscriptionItem, 'priceId'>): boolean {
  return priceOf(world, item).recurring?.usage === 'metered'
}

/** How often an item recurs. */
export function intervalOf(world: World, item: Pick<SubscriptionItem, 'priceId'>): Interval {
  return priceOf(world, item).recurring?.interval ?? { unit: 'month', count: 1 }
}

/** What an item costs for one whole interval, before discounts. */
export function fullAmount(world: World, item: Pick<SubscriptionItem, 'priceId' | 'quantity'>): bigint {
  return amountFor(priceOf(world, item), new Big((item.quantity ?? 0n).toString()))
}

/** The share of an amount that a part of a period has, rounded half up. */
export function shareOf(amountMinor: bigint, part: Period, whole: Period): bigint {
  return divide(amountMinor * BigInt(part.end - part.start), BigInt(whole.end - whole.start))
}

/** A line that charges an item in advance for a period. `whole` is the interval it is a part of. */
export function advanceLine(
  world: World,
  subscription: { readonly id: string | null },
  item: Pick<SubscriptionItem, 'id' | 'priceId' | 'quantity' | 'discountIds'>,
  period: Period,
  whole: Period,
): NewLine {
  const price = priceOf(world, item)
  const partial = period.end - period.start !== whole.end - whole.start
  return {
    usageKey: null,
    itemId: item.id,
    invoiceItemId: null,
    subscriptionId: subscription.id,
    proration: partial,
    credited: null,
    period,
    pricing: { priceId: price.id, productId: price.productId, unitAmount: price.unitAmount },
    metadata: null,
    discountable: true,
    discountIds: discountsInForce(world, item.discountIds),
    fixedDiscounts: [],
    taxBehavior: price.taxBehavior,
    description: `${item.quantity ?? 1n} × ${productName(world, price)}`,
    amountMinor: shareOf(fullAmount(world, item), period, whole),
    quantity: (item.quantity ?? 1n).toString(),
  }
}

/** Room on an invoice for the use of a metered item in a period. */
export function usageSlot(world: World, item: SubscriptionItem, period: Period): UsageSlot {
  return {
    itemId: item.id,
    priceId: item.priceId,
    period,
    discountIds: discountsInForce(world, item.discountIds),
  }
}

/** A billing period and the interval it would fill if it were not cut short. */
export type Stretch = { readonly period: Period; readonly whole: Period }

/**
 * The natural billing periods of an item from a start up to and including the one that `now` lies in. A first stub is a part of
 * an imagined interval: one that begins with it when the start lies in the past, else the one that ends with it.
 */
export function stretches(anchor: number, interval: Interval, start: number, now: number): Stretch[] {
  const found: Stretch[] = []
  for (let at = start; at <= now;) {
    const natural = periodAround(anchor, interval, at)
    const period = { start: at, end: natural.end }
    const imagined = { start: at, end: stepFrom(at, interval, 1) }
    const stub = at > natural.start
    found.push({ period, whole: stub && start < now ? imagined : natural })
    at = natural.end
  }
  return found
}

/** Cuts a stretch where the subscription ends; null when nothing is left. */
export function cutAt({ period, whole }: Stretch, end: number | null): Stretch | null {
  if (end === null || end >= period.end) return { period, whole }
  return end <= period.start ? null : { period: { start: period.start, end }, whole }
}

type BilledLine = Pick<
  InvoiceLine,
  'id' | 'itemId' | 'invoiceItemId' | 'usageKey' | 'amountMinor' | 'period' | 'discounts'
>

/** Remembers which invoice line charged each item for its current period, so that a credit can come out of it. */
export function rememberDebits(
  subscription: Subscription,
  invoiceId: string,
  lines: readonly BilledLine[],
): void {
  for (const item of subscription.items) {
    for (const line of lines) {
      if (line.itemId !== item.id || line.usageKey !== null) continue
      const source = { invoiceId, lineId: line.id }
      if (line.invoiceItemId === null && line.period.start === item.period.start)
        item.debit = {
          amountMinor: line.amountMinor,
          discounts: line.discounts,
          period: line.period,
          source,
        }
      if (
        item.debit &&
        'invoiceItemId' in item.debit.source &&
        line.invoiceItemId === item.debit.source.invoiceItemId
      )
        item.debit = { ...item.debit, source }
    }
  }
}
