import type { Billable } from '../billable.ts'
import type { ContractTerms, Discount } from '../contract.ts'
import { isFixed } from '../contract.ts'
import type { Money } from '../money.ts'
import { money, times } from '../money.ts'
import { contentHash, sharedKey } from './shared-key.ts'
import type { Layout } from './layout.ts'
import type { CouponStep } from './steps.ts'

/** What an item costs and what is taken off it, for one shape of a line. */
export type ItemPrice = { readonly unitAmount: Money; readonly coupons: readonly CouponStep[] }

type Taken = { readonly name: string; readonly amount: Money; readonly discount: Discount | null }

/**
 * Prices an item: below list it is the list price and a coupon for the exact difference, so that the invoice shows what was negotiated;
 * at or above list, or when the first invoice covers several periods, it is the agreed price itself.
 * Coupons stand on items, never on the subscription, where they would also lower metered use.
 */
export function itemPriceOf(period: Billable, terms: ContractTerms, layout: Layout): ItemPrice {
  const { unitPrice, quantity, line } = period
  const listPrice = isFixed(line) ? line.listPrice : null
  const belowList = listPrice !== null && listPrice.amountMinor > unitPrice.amountMinor && !layout.catchesUp
  const unitAmount = belowList ? listPrice : unitPrice
  const difference = money(unitPrice.currency, unitAmount.amountMinor - unitPrice.amountMinor)
  const taken = [
    { name: 'Negotiated discount', amount: times(difference, quantity), discount: null },
    ...period.reductions.map(({ amount, discount: place }) => {
      const discount = terms.discounts[place] ?? null
      return { name: discount?.name ?? '', amount, discount }
    }),
  ].filter(({ amount }) => amount.amountMinor > 0n)
  const gross = times(unitAmount, quantity)
  const coupons = taken.map((one) => couponOf(one, taken, gross, terms, layout))
  return { unitAmount, coupons: coupons.map(toldApart) }
}

/** An item takes each coupon once, so a second equal discount needs a coupon of its own. */
function toldApart(coupon: CouponStep, place: number, all: readonly CouponStep[]): CouponStep {
  const equalBefore = all.slice(0, place).filter(({ couponId }) => couponId === coupon.couponId).length
  if (equalBefore === 0) return coupon
  const couponId = `${coupon.couponId}-${equalBefore + 1}`
  const opKey = `coupon:${couponId}`
  return { ...coupon, ref: opKey, opKey, couponId }
}

/** A percentage when it is the only coupon and comes out even; otherwise the amount, so that nobody has to guess a rounding or an order. */
function couponOf(
  taken: Taken,
  all: readonly Taken[],
  gross: Money,
  terms: ContractTerms,
  layout: Layout,
): CouponStep {
  const percent = all.length === 1 ? evenPercent(taken, gross) : null
  const off = percent === null ? { amount: taken.amount } : { percent }
  const duration = durationOf(taken.discount, terms, layout)
  const written =
    percent === null ? `${taken.amount.amountMinor}-${gross.currency.toLowerCase()}` : `${percent}pct`
  const lasting = duration.kind === 'months' ? `${duration.months}m` : duration.kind
  const couponId = `tieout-${written}-${lasting}-${contentHash(taken.name).slice(0, 8)}`
  const opKey = `coupon:${couponId}`
  return { kind: 'coupon', ref: opKey, opKey, metadata: {}, couponId, name: taken.name, off, duration }
}

function evenPercent({ discount, amount }: Taken, gross: Money): string | null {
  const percent = discount?.percent ?? null
  if (percent === null || !/^\d+(\.\d{1,2})?$/.test(percent)) return null
  const [whole = '', decimals = ''] = percent.split('.')
  const hundredths = BigInt(whole + decimals.padEnd(2, '0'))
  return gross.amountMinor * hundredths === amount.amountMinor * 10_000n ? percent : null
}

/** Phases end a discount by themselves. Elsewhere a discount for a time lasts at least the whole term, or it would have made a phase. */
function durationOf(discount: Discount | null, terms: ContractTerms, layout: Layout): CouponStep['duration'] {
  const limited = discount !== null && discount.duration.kind !== 'forever' ? discount.duration : null
  if (limited === null || layout.kind === 'schedule' || terms.renewal.kind === 'none')
    return { kind: 'forever' }
  return limited.kind === 'once' ? { kind: 'once' } : { kind: 'months', months: limited.months }
}

/** The key under which a licensed price is shared by all contracts that pay it. */
export function licensedLookupKey(productCode: string, unitAmount: Money, months: number): string {
  const currency = unitAmount.currency.toLowerCase()
  return `tieout-${sharedKey(productCode)}-${currency}-${months}m-${unitAmount.amountMinor}`
}
