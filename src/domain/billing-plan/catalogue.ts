import type { ContractLine, UsageLine } from '../contract.ts'
import type { Money } from '../money.ts'
import type { ItemPrice } from './item-price.ts'
import { licensedLookupKey } from './item-price.ts'
import type { Months } from './layout.ts'
import { meteredPriceOf } from './metered-price.ts'
import { contentHash, sharedKey } from './shared-key.ts'
import type { BillingStep, MeterStep, PriceStep, ProductStep, SubscriptionItem } from './steps.ts'

/** An item together with the shared things it needs: product, meter, price, coupons. */
export type PlannedItem = { readonly item: SubscriptionItem; readonly needs: readonly BillingStep[] }

/** The item of a fixed line for one shape of its price. */
export function licensedItem(
  line: ContractLine,
  price: ItemPrice,
  quantity: bigint,
  months: Months,
): PlannedItem {
  const product = productStep(line.product.code, line.product.name)
  const step = licensedPrice(line.product.code, price.unitAmount, months)
  const couponRefs = price.coupons.map(({ ref }) => ref)
  return {
    item: { lineId: line.lineId, priceRef: step.ref, quantity, couponRefs },
    needs: [product, step, ...price.coupons],
  }
}

/** The item of a metered line; throws for a line that is not metered, which is a bug. */
export function meteredItem(line: UsageLine, currency: string): PlannedItem {
  const price = meteredPriceOf(line, currency)
  if (price === null) throw new TypeError(`Line ${line.lineId} is not metered`)
  const { code, name } = line.product
  const meter = meterStep(line.meter, name)
  const content = JSON.stringify([line.meter, price], (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  const lookupKey = `tieout-${sharedKey(code)}-${currency.toLowerCase()}-${line.billing.months}m-${contentHash(content)}`
  const usage = { kind: 'metered', meterRef: meter.ref, ...price } as const
  const step = priceStep(code, lookupKey, currency, line.billing.months, usage)
  return {
    item: { lineId: line.lineId, priceRef: step.ref, quantity: null, couponRefs: [] },
    needs: [productStep(code, name), meter, step],
  }
}

/**
 * A free item that keeps the rhythm of a subscription whose amounts are all ours: without an item the provider makes no
 * subscription, and without a subscription no invoice gathers the charges, with its terms and its purchase order.
 */
export function keeperItem(line: ContractLine, currency: string, months: Months): PlannedItem {
  const product = productStep('billing-cycle', 'Billing cycle')
  const step = licensedPrice('billing-cycle', { currency, amountMinor: 0n }, months)
  return {
    item: { lineId: line.lineId, priceRef: step.ref, quantity: 1n, couponRefs: [] },
    needs: [product, step],
  }
}

/** A subscription takes each price once, so a second item at an equal price gets a price of its own. */
export function atDistinctPrices(items: readonly PlannedItem[]): PlannedItem[] {
  return items.map((planned, place) => {
    const { priceRef } = planned.item
    const equalBefore = items.slice(0, place).filter(({ item }) => item.priceRef === priceRef).length
    return equalBefore === 0 ? planned : withOwnPrice(planned, equalBefore + 1)
  })
}

function withOwnPrice({ item, needs }: PlannedItem, count: number): PlannedItem {
  const opKey = `${item.priceRef}-${count}`
  const own = needs.map((step) =>
    step.kind === 'price' ? { ...step, ref: opKey, opKey, lookupKey: `${step.lookupKey}-${count}` } : step,
  )
  return { item: { ...item, priceRef: opKey }, needs: own }
}

function licensedPrice(code: string, unitAmount: Money, months: Months): PriceStep {
  const lookupKey = licensedLookupKey(code, unitAmount, months)
  const usage = { kind: 'licensed', unitAmountMinor: unitAmount.amountMinor.toString() } as const
  return priceStep(code, lookupKey, unitAmount.currency, months, usage)
}

function priceStep(
  code: string,
  lookupKey: string,
  currency: string,
  intervalMonths: Months,
  usage: PriceStep['usage'],
): PriceStep {
  const opKey = `price:${lookupKey}`
  const productRef = `product:${sharedKey(code)}`
  return {
    kind: 'price',
    ref: opKey,
    opKey,
    metadata: {},
    lookupKey,
    productRef,
    currency,
    intervalMonths,
    usage,
  }
}

function productStep(code: string, name: string): ProductStep {
  const opKey = `product:${sharedKey(code)}`
  return { kind: 'product', ref: opKey, opKey, metadata: { tieout_product: code }, code, name }
}

function meterStep(eventName: string, displayName: string): MeterStep {
  const opKey = `meter:${eventName}`
  return { kind: 'meter', ref: opKey, opKey, metadata: {}, eventName, displayName }
}
