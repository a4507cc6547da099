import { mustExist } from './api.ts'
import type { Subscription, SubscriptionItem } from './billing-rows.ts'
import type { SoundDiscount } from './discounts.ts'
import { giveDiscounts, soundDiscounts } from './discounts.ts'
import type { Period } from './periods.ts'
import { invalidRequest } from './refusal.ts'
import type { Metadata, Price } from './rows.ts'
import type { DiscountAsked } from './schedule-rows.ts'
import type { World } from './world.ts'

/** An item as it is asked for. */
export type ItemAsked = {
  readonly priceId: string
  readonly quantity: bigint | null
  readonly discounts: readonly DiscountAsked[]
  readonly metadata: Metadata
}

/** An item that was checked and can be made. */
export type SoundItem = ItemAsked & { readonly price: Price; readonly sound: readonly SoundDiscount[] }

/** Checks an item before anything changes. `held` is the price an existing item has already, which may be archived. */
export function soundItem(
  world: World,
  asked: ItemAsked,
  currency: string | null,
  at: string,
  held: string | null = null,
): SoundItem {
  const price = mustExist(world.prices.get(asked.priceId), 'price', asked.priceId, `${at}[price]`)
  const param = `${at}[price]`
  if (!price.active && price.id !== held)
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', { param })
  if (world.products.get(price.productId)?.active === false && price.id !== held)
    throw invalidRequest('The price’s product is inactive.', { param })
  if (price.recurring === null)
    throw invalidRequest(
      'The price specified is set to `type=one_time` but this field only accepts recurring.',
      {
        param,
      },
    )
  if (currency !== null && price.currency !== currency)
    throw invalidRequest('All prices on a subscription must have the same currency.', { param })
  const metered = price.recurring.usage === 'metered'
  if (metered && asked.quantity !== null)
    throw invalidRequest('You cannot set the quantity of an item with a metered price.', {
      param: `${at}[quantity]`,
    })
  const sound = soundDiscounts(world, asked.discounts, price.currency, `${at}[discounts]`)
  return { ...asked, quantity: metered ? null : (asked.quantity ?? 1n), price, sound }
}

/** Refuses one price twice, and under classic billing intervals that differ. */
export function refuseUnfitTogether(
  prices: readonly Price[],
  billingMode: Subscription['billingMode'],
): void {
  if (new Set(prices.map(({ id }) => id)).size < prices.length)
    throw invalidRequest('Subscriptions cannot have two items with the same price.', {
      param: 'items',
    })
  const intervals = prices.map(({ recurring }) => `${recurring?.interval.count} ${recurring?.interval.unit}`)
  if (billingMode === 'classic' && new Set(intervals).size > 1)
    throw invalidRequest('Classic billing needs one interval for all prices.', { param: 'items' })
}

/** Makes a checked item for a subscription. */
export function makeItem(
  world: World,
  subscription: Pick<Subscription, 'id' | 'customerId'>,
  item: SoundItem,
  period: Period,
): SubscriptionItem {
  const id = world.newId('si')
  return world.subscriptionItems.insert({
    id,
    created: world.seconds(),
    subscriptionId: subscription.id,
    priceId: item.price.id,
    quantity: item.quantity,
    metadata: { ...item.metadata },
    discountIds: giveDiscounts(world, item.sound, {
      customerId: subscription.customerId,
      subscriptionId: subscription.id,
      itemId: id,
    }),
    period,
    debit: null,
  })
}
