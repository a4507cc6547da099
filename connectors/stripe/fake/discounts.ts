import { Big } from 'big.js'
import { allocate, money, roundToInteger } from '../../../src/domain/money.ts'
import { mustExist } from './api.ts'
import type { DiscountAmount } from './billing-rows.ts'
import { isRedeemable } from './coupons.ts'
import type { Wire } from './emit.ts'
import { addMonths } from './periods.ts'
import { invalidRequest } from './refusal.ts'
import type { Coupon, Discount } from './rows.ts'
import type { DiscountAsked } from './schedule-rows.ts'
import type { World } from './world.ts'

type Sent = {
  readonly coupon?: string | undefined
  readonly promotion_code?: string | undefined
  readonly discount?: string | undefined
}

/** What a discount hangs on. */
export type DiscountTarget = {
  readonly customerId: string
  readonly subscriptionId?: string | undefined
  readonly itemId?: string | undefined
  readonly invoiceId?: string | undefined
  readonly invoiceItemId?: string | undefined
}

/** A discount that is sound and can be given. */
export type SoundDiscount =
  | { readonly existing: Discount }
  | { readonly coupon: Coupon; readonly promotionCodeId: string | null }

/** `discounts` as sent, in the twin's words. */
export function discountsAsked(sent: readonly Sent[] | null | undefined): DiscountAsked[] {
  return (sent ?? []).map(({ coupon, promotion_code, discount }) => ({
    coupon,
    promotionCode: promotion_code,
    discount,
  }))
}

/** Checks discounts before anything changes: they exist, can still be redeemed, and fit the currency. */
export function soundDiscounts(
  world: World,
  asked: readonly DiscountAsked[],
  currency: string,
  param = 'discounts',
): SoundDiscount[] {
  return asked.map(({ coupon, promotionCode, discount }, index) => {
    const at = `${param}[${index}]`
    if (discount !== undefined) {
      const existing = mustExist(world.discounts.get(discount), 'discount', discount, `${at}[discount]`)
      return { existing }
    }
    const code =
      promotionCode === undefined
        ? null
        : mustExist(
            world.promotionCodes.get(promotionCode),
            'promotion_code',
            promotionCode,
            `${at}[promotion_code]`,
          )
    if (code !== null && (!code.active || (code.expiresAt !== null && code.expiresAt <= world.seconds())))
      throw invalidRequest('This promotion code has expired.', {
        code: 'promotion_code_expired',
        param: at,
      })
    const couponId = code?.couponId ?? coupon ?? ''
    const row = mustExist(world.coupons.get(couponId), 'coupon', couponId, `${at}[coupon]`)
    refuseUnfitCoupon(world, row, currency, `${at}[coupon]`)
    return { coupon: row, promotionCodeId: code?.id ?? null }
  })
}

function refuseUnfitCoupon(world: World, coupon: Coupon, currency: string, param: string): void {
  if (!isRedeemable(world, coupon))
    throw invalidRequest(`Coupon expired: ${coupon.id}`, { code: 'coupon_expired', param })
  if (coupon.currency !== null && coupon.currency !== currency)
    throw invalidRequest(
      `The coupon is in ${coupon.currency}, which does not match the expected currency ${currency}.`,
      { param },
    )
}

/** Gives sound discounts to a target and answers their ids, in order. */
export function giveDiscounts(
  world: World,
  sound: readonly SoundDiscount[],
  target: DiscountTarget,
): string[] {
  return sound.map((one) => {
    if ('existing' in one) return one.existing.id
    one.coupon.timesRedeemed++
    const code = world.promotionCodes.get(one.promotionCodeId ?? '')
    if (code) code.timesRedeemed++
    return world.discounts.insert(newDiscount(world, one.coupon, one.promotionCodeId, target)).id
  })
}

function newDiscount(
  world: World,
  coupon: Coupon,
  promotionCodeId: string | null,
  target: DiscountTarget,
): Discount {
  const start = world.seconds()
  return {
    id: world.newId('di'),
    created: start,
    coupon,
    promotionCodeId,
    customerId: target.customerId,
    subscriptionId: target.subscriptionId ?? null,
    itemId: target.itemId ?? null,
    invoiceId: target.invoiceId ?? null,
    invoiceItemId: target.invoiceItemId ?? null,
    start,
    end: coupon.durationInMonths === null ? null : addMonths(start, coupon.durationInMonths),
  }
}

/** A discount on the wire. */
export function discountWire(row: Discount): Wire {
  return {
    id: row.id,
    object: 'discount',
    checkout_session: null,
    customer: row.customerId,
    customer_account: null,
    end: row.end,
    invoice: row.invoiceId,
    invoice_item: row.invoiceItemId,
    promotion_code: row.promotionCodeId,
    source: { coupon: row.coupon.id, type: 'coupon' },
    start: row.start,
    subscription: row.subscriptionId,
    subscription_item: row.itemId,
  }
}

/** Those of some discounts that an invoice made now takes. */
export function discountsInForce(world: World, ids: readonly string[]): string[] {
  return ids.filter((id) => {
    const row = world.discounts.get(id)
    return row !== undefined && (row.end === null || world.seconds() < row.end)
  })
}

/** Ends coupons for one time, once an invoice has taken them. */
export function spendDiscounts(world: World, ids: readonly string[]): void {
  for (const id of ids) {
    const row = world.discounts.get(id)
    if (row?.coupon.duration !== 'once') continue
    row.end = world.seconds()
  }
}

/** An amount that discounts come off. `own` are its own discounts, taken before those for all. */
export type Discountable = {
  readonly amountMinor: bigint
  readonly productId: string | null
  readonly own: readonly string[]
  readonly open: boolean
}

/**
 * Works out the discounts of some amounts: own ones first, then those for all, each off what the earlier left. A percentage is
 * rounded half up on each amount; an amount off is taken once, spread in proportion.
 */
export function discountAmounts(
  world: World,
  amounts: readonly Discountable[],
  forAll: readonly string[],
): DiscountAmount[][] {
  const left = amounts.map(({ amountMinor }) => amountMinor)
  const taken: DiscountAmount[][] = amounts.map(() => [])
  const take = (id: string, indexes: readonly number[]) => {
    const coupon = world.discounts.get(id)?.coupon
    if (!coupon) return
    const fitting = indexes.filter((index) => fits(coupon, amounts[index], left[index]))
    const shares = sharesOf(
      coupon,
      fitting.map((index) => left[index] ?? 0n),
    )
    fitting.forEach((index, position) => {
      const amountMinor = shares[position] ?? 0n
      left[index] = (left[index] ?? 0n) - amountMinor
      taken[index]?.push({ discountId: id, amountMinor })
    })
  }
  for (const id of new Set(amounts.flatMap(({ own }) => own)))
    take(
      id,
      amounts.flatMap(({ own }, index) => (own.includes(id) ? [index] : [])),
    )
  for (const id of forAll) take(id, [...amounts.keys()])
  return taken
}

function fits(coupon: Coupon, amount: Discountable | undefined, leftMinor: bigint | undefined): boolean {
  if (!amount?.open || leftMinor === undefined || leftMinor <= 0n) return false
  return coupon.productIds === null || coupon.productIds.includes(amount.productId ?? '')
}

function sharesOf(coupon: Coupon, left: readonly bigint[]): bigint[] {
  if (left.length === 0) return []
  if (coupon.percentOff !== null) {
    const share = new Big(coupon.percentOff).div(100)
    return left.map((amount) => roundToInteger(share.times(amount.toString())))
  }
  const total = left.reduce((sum, amount) => sum + amount, 0n)
  const off = coupon.amountOffMinor ?? 0n
  return allocate(money(coupon.currency ?? '', off < total ? off : total), left).map(
    (part) => part.amountMinor,
  )
}
