import type * as z from 'zod'
import { endpoint, list, mergeMetadata, minor, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import * as params from './params-catalogue.ts'
import { nothing } from './params-customer.ts'
import { invalidRequest } from './refusal.ts'
import type { Coupon, PromotionCode } from './rows.ts'
import type { World } from './world.ts'

/** A coupon on the wire. */
export function couponWire(world: World, row: Coupon): Wire {
  return {
    id: row.id,
    object: 'coupon',
    amount_off: row.amountOffMinor === null ? null : minor(row.amountOffMinor),
    created: row.created,
    currency: row.currency,
    duration: row.duration,
    duration_in_months: row.durationInMonths,
    livemode: world.settings.livemode,
    max_redemptions: row.maxRedemptions,
    metadata: row.metadata,
    name: row.name,
    percent_off: row.percentOff === null ? null : Number(row.percentOff),
    redeem_by: row.redeemBy,
    times_redeemed: row.timesRedeemed,
    valid: isRedeemable(world, row),
  }
}

/** Whether a coupon can still be given to somebody. */
export function isRedeemable(world: World, row: Coupon): boolean {
  const spent = row.maxRedemptions !== null && row.timesRedeemed >= row.maxRedemptions
  return !spent && (row.redeemBy === null || world.seconds() < row.redeemBy)
}

function createCoupon(world: World, asked: z.output<typeof params.couponCreate>): Coupon {
  const duration = asked.duration ?? 'once'
  if (asked.id !== undefined && world.coupons.get(asked.id))
    throw invalidRequest('Coupon already exists.', { code: 'resource_already_exists', param: 'id' })
  if ((asked.percent_off === undefined) === (asked.amount_off === undefined))
    throw invalidRequest('Must provide exactly one of percent_off and amount_off.')
  if (asked.amount_off !== undefined && (asked.currency === undefined || asked.amount_off <= 0n))
    throw invalidRequest('amount_off must be positive and needs a currency.', { param: 'currency' })
  if (asked.percent_off !== undefined && !(Number(asked.percent_off) > 0 && Number(asked.percent_off) <= 100))
    throw invalidRequest('percent_off must be over 0 and at most 100.', { param: 'percent_off' })
  if ((duration === 'repeating') !== (asked.duration_in_months !== undefined))
    throw invalidRequest('duration_in_months goes with duration=repeating, and only with it.', {
      param: 'duration_in_months',
    })
  const row = world.coupons.insert({
    id: asked.id ?? world.newId('co').slice(3, 11),
    created: world.seconds(),
    percentOff: asked.percent_off ?? null,
    amountOffMinor: asked.amount_off ?? null,
    currency: asked.amount_off === undefined ? null : (asked.currency?.toLowerCase() ?? null),
    duration,
    durationInMonths: asked.duration_in_months ?? null,
    maxRedemptions: asked.max_redemptions ?? null,
    redeemBy: asked.redeem_by ?? null,
    productIds: asked.applies_to?.products ?? null,
    name: asked.name ?? null,
    metadata: mergeMetadata({}, asked.metadata),
    timesRedeemed: 0,
  })
  emit(world, 'coupon.created', couponWire(world, row))
  return row
}

/** Routes of coupons. */
export const couponEndpoints = [
  endpoint('POST', '/v1/coupons', params.couponCreate, (world, input) =>
    couponWire(world, createCoupon(world, input)),
  ),
  endpoint('GET', '/v1/coupons', params.couponList, (world, input) =>
    list(world.coupons, 'coupon', '/v1/coupons', input, (row) => couponWire(world, row)),
  ),
  endpoint('GET', '/v1/coupons/:id', nothing, (world, _input, { id = '' }) =>
    couponWire(world, mustExist(world.coupons.get(id), 'coupon', id)),
  ),
  endpoint('POST', '/v1/coupons/:id', params.couponUpdate, (world, input, { id = '' }) => {
    const row = mustExist(world.coupons.get(id), 'coupon', id)
    const before = couponWire(world, row)
    if (input.name !== undefined) row.name = input.name
    row.metadata = mergeMetadata(row.metadata, input.metadata)
    emitChange(world, 'coupon.updated', before, couponWire(world, row))
    return couponWire(world, row)
  }),
  endpoint('DELETE', '/v1/coupons/:id', nothing, (world, _input, { id = '' }) => {
    const row = mustExist(world.coupons.get(id), 'coupon', id)
    world.coupons.remove(id)
    emit(world, 'coupon.deleted', couponWire(world, row))
    return { id, object: 'coupon', deleted: true }
  }),
]

/** A promotion code on the wire. */
export function promotionCodeWire(world: World, row: PromotionCode): Wire {
  return {
    id: row.id,
    object: 'promotion_code',
    active: row.active,
    code: row.code,
    created: row.created,
    customer: row.customerId,
    customer_account: null,
    expires_at: row.expiresAt,
    livemode: world.settings.livemode,
    max_redemptions: row.maxRedemptions,
    metadata: row.metadata,
    promotion: { coupon: row.couponId, type: 'coupon' },
    restrictions: {
      first_time_transaction: false,
      minimum_amount: null,
      minimum_amount_currency: null,
    },
    times_redeemed: row.timesRedeemed,
  }
}

function createPromotionCode(
  world: World,
  asked: z.output<typeof params.promotionCodeCreate>,
): PromotionCode {
  const { coupon } = asked.promotion
  mustExist(world.coupons.get(coupon), 'coupon', coupon, 'promotion[coupon]')
  const code = asked.code ?? world.newId('code').slice(5, 13).toUpperCase()
  const same = world.promotionCodes.among('code', code.toLowerCase())
  if (same.some(({ active }) => active))
    throw invalidRequest('An active promotion code with that code already exists.', { param: 'code' })
  const row = world.promotionCodes.insert({
    id: world.newId('promo'),
    created: world.seconds(),
    code,
    couponId: coupon,
    customerId: asked.customer ?? null,
    expiresAt: asked.expires_at ?? null,
    maxRedemptions: asked.max_redemptions ?? null,
    active: asked.active ?? true,
    metadata: mergeMetadata({}, asked.metadata),
    timesRedeemed: 0,
  })
  emit(world, 'promotion_code.created', promotionCodeWire(world, row))
  return row
}

/** Routes of promotion codes. */
export const promotionCodeEndpoints = [
  endpoint('POST', '/v1/promotion_codes', params.promotionCodeCreate, (world, input) =>
    promotionCodeWire(world, createPromotionCode(world, input)),
  ),
  endpoint('GET', '/v1/promotion_codes', params.promotionCodeList, (world, input) =>
    list(
      world.promotionCodes,
      'promotion_code',
      '/v1/promotion_codes',
      input,
      (row) => promotionCodeWire(world, row),
      {
        among: input.code === undefined ? undefined : ['code', input.code.toLowerCase()],
        where: (row) =>
          (input.active === undefined || row.active === input.active) &&
          (input.coupon === undefined || row.couponId === input.coupon),
      },
    ),
  ),
  endpoint('GET', '/v1/promotion_codes/:id', nothing, (world, _input, { id = '' }) =>
    promotionCodeWire(world, mustExist(world.promotionCodes.get(id), 'promotion_code', id)),
  ),
]
