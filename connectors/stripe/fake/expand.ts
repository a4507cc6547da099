import type { Wire } from './emit.ts'
import { malformedRequest } from './refusal.ts'
import { balanceTransactionWire, payoutWire } from './balance.ts'
import { creditNoteWire } from './credit-note-wire.ts'
import { customerBalanceTransactionWire } from './customer-balance.ts'
import { disputeWire } from './disputes.ts'
import { meterWire } from './meters.ts'
import { refundWire } from './refunds.ts'
import { scheduleWire } from './schedule-wire.ts'
import { taxIdWire } from './tax-ids.ts'
import { couponWire, promotionCodeWire } from './coupons.ts'
import { customerExtras, customerWire } from './customers.ts'
import { discountWire } from './discounts.ts'
import { invoiceItemWire, invoiceWire } from './invoice-wire.ts'
import { paymentMethodWire } from './payment-methods.ts'
import { chargeWire, intentWire, invoicePaymentWire, paymentsOf } from './payment-wire.ts'
import { priceWire, tiersWire } from './prices.ts'
import { productWire } from './products.ts'
import { subscriptionItemWire, subscriptionWire } from './subscription-wire.ts'
import { taxRateWire } from './tax-rates.ts'
import type { World } from './world.ts'

type Table = { get(id: string): unknown }
type Finder = readonly [table: (world: World) => Table, render: (world: World, row: never) => Wire]

/** Where an id leads, by its prefix. */
const finders: Readonly<Record<string, Finder>> = {
  cus: [(world) => world.customers, customerWire],
  prod: [(world) => world.products, productWire],
  price: [(world) => world.prices, priceWire],
  promo: [(world) => world.promotionCodes, promotionCodeWire],
  di: [(world) => world.discounts, (_world, row) => discountWire(row)],
  txr: [(world) => world.taxRates, taxRateWire],
  pm: [(world) => world.paymentMethods, paymentMethodWire],
  sub: [(world) => world.subscriptions, subscriptionWire],
  si: [(world) => world.subscriptionItems, subscriptionItemWire],
  in: [(world) => world.invoices, invoiceWire],
  ii: [(world) => world.invoiceItems, invoiceItemWire],
  inpay: [(world) => world.invoicePayments, invoicePaymentWire],
  pi: [(world) => world.paymentIntents, intentWire],
  ch: [(world) => world.charges, chargeWire],
  py: [(world) => world.charges, chargeWire],
  txn: [(world) => world.balanceTransactions, balanceTransactionWire],
  po: [(world) => world.payouts, payoutWire],
  re: [(world) => world.refunds, (_world, row) => refundWire(row)],
  pyr: [(world) => world.refunds, (_world, row) => refundWire(row)],
  du: [(world) => world.disputes, disputeWire],
  cn: [(world) => world.creditNotes, creditNoteWire],
  cbtxn: [(world) => world.customerBalanceTransactions, customerBalanceTransactionWire],
  sub_sched: [(world) => world.schedules, scheduleWire],
  txi: [(world) => world.taxIds, taxIdWire],
  mtr: [(world) => world.meters, meterWire],
}

/** Parts that come only when asked for, by the kind of object and the field. */
function extra(world: World, object: Wire, field: string): unknown {
  const id = String(object['id'])
  if (object['object'] === 'customer') {
    const row = world.customers.get(id)
    return row && customerExtras[field]?.(world, row)
  }
  if (object['object'] === 'price' && field === 'tiers') {
    const row = world.prices.get(id)
    return row && tiersWire(row)
  }
  return object['object'] === 'invoice' && field === 'payments' ? paymentsOf(world, id) : undefined
}

/** Replaces ids by objects along the paths of `expand[]`; throws the refusal for a path that leads nowhere. */
export function expandAll(world: World, answer: Wire, paths: readonly string[]): void {
  for (const path of paths) {
    const steps = path.split('.')
    if (steps.length > 4)
      throw malformedRequest('You cannot expand more than 4 levels of a property', { param: 'expand' })
    expand(world, answer, steps, path)
  }
}

function expand(world: World, object: unknown, [field, ...rest]: readonly string[], path: string): void {
  if (field === undefined || object === null) return
  if (Array.isArray(object)) {
    for (const one of object) expand(world, one, [field, ...rest], path)
    return
  }
  if (typeof object !== 'object') return
  const holder = object as Wire
  holder[field] = expanded(world, holder, field, path)
  expand(world, holder[field], rest, path)
}

function expanded(world: World, holder: Wire, field: string, path: string): unknown {
  const more = extra(world, holder, field)
  if (more !== undefined) return more
  const value = holder[field]
  if (value === undefined)
    throw malformedRequest(`This property cannot be expanded (${path}).`, { param: 'expand' })
  if (Array.isArray(value)) return value.map((one: unknown) => resolve(world, one))
  return resolve(world, value)
}

/** The object behind an id; anything else, and an id that leads nowhere, stays as it is. */
function resolve(world: World, value: unknown): unknown {
  if (typeof value !== 'string') return value
  const finder = finders[value.slice(0, value.lastIndexOf('_'))]
  const row = finder?.[0](world).get(value)
  if (finder === undefined || row === undefined) {
    const coupon = world.coupons.get(value)
    return coupon ? couponWire(world, coupon) : value
  }
  return finder[1](world, row as never)
}
