import { Big } from 'big.js'
import type { UsageLine } from '../contract.ts'
import type { Currency } from '../money.ts'
import { lessPercent, ratioOf, writeDecimal, type Ratio } from './exact.ts'
import {
  chargeByTiers,
  priceOfCharges,
  roundUpToPackages,
  type PricedTier,
  type TierCharge,
} from './tiers.ts'

/** What use costs before anything is rounded. `gross` is before the overage discount, `net` after it. */
export type UsageCharge = {
  readonly quantity: Big
  readonly overageUnits: Big
  readonly charges: readonly TierCharge[]
  readonly gross: Ratio
  readonly net: Ratio
}

/** Prices the use of one window by a line's terms. Throws RangeError for use below zero and TypeError for a fee in another currency. */
export function chargeUsage(line: UsageLine, quantity: Big, currency: Currency): UsageCharge {
  if (quantity.lt(0)) throw new RangeError(`Usage below zero: ${writeDecimal(quantity)}`)
  const overage = overageOf(line, quantity)
  const charges = chargeByTiers(
    line.model === 'volume' ? 'volume' : 'graduated',
    line.tiers.map((tier) => pricedTier(tier, currency)),
    line.model === 'package' ? roundUpToPackages(overage, unitSizeOf(line)) : overage,
    unitSizeOf(line),
  )
  const gross = priceOfCharges(charges)
  const net = lessPercent(gross, line.overageDiscountPercent)
  return { quantity, overageUnits: overage, charges, gross, net }
}

/** Units beyond the included ones. */
export function overageOf(line: UsageLine, quantity: Big): Big {
  const beyond = quantity.minus(line.includedUnits.toString())
  return beyond.gt(0) ? beyond : new Big(0)
}

function unitSizeOf(line: UsageLine): Big {
  return new Big(line.unitSize.toString())
}

function pricedTier(tier: UsageLine['tiers'][number], currency: Currency): PricedTier {
  if (tier.flatFee !== null && tier.flatFee.currency !== currency)
    throw new TypeError(`A flat fee in ${tier.flatFee.currency} on a line in ${currency}`)
  const flat = tier.flatFee === null ? null : ratioOf(tier.flatFee)
  return {
    upTo: tier.upTo === null ? null : new Big(tier.upTo.toString()),
    unitPrice: new Big(tier.unitPrice),
    flatFee: flat === null ? new Big(0) : flat.top.div(flat.bottom),
  }
}
