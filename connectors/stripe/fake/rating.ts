import { Big } from 'big.js'
import { roundToInteger } from '../../../src/domain/money.ts'
import type { Price, Tier } from './rows.ts'

/** One stretch of units at one rate. `unitAmount` null is a flat fee or the whole of a tiered price. */
export type RatedPart = {
  readonly quantity: Big
  readonly unitAmount: string | null
  readonly amount: Big
  readonly tierIndex: number | null
}

/** The price of a quantity in minor units, exact parts added up and rounded half up once. */
export function amountFor(price: Price, quantity: Big): bigint {
  return roundToInteger(ratedParts(price, quantity).reduce((sum, part) => sum.plus(part.amount), new Big(0)))
}

/** The price of a quantity, split where the rate changes. Exact: nothing is rounded. */
export function ratedParts(price: Price, quantity: Big): RatedPart[] {
  const units = transformed(price, quantity)
  if (price.tiers === null) {
    const unitAmount = price.unitAmount ?? '0'
    return [{ quantity: units, unitAmount, amount: units.times(unitAmount), tierIndex: null }]
  }
  return price.tiersMode === 'volume' ? volumeParts(price.tiers, units) : graduatedParts(price.tiers, units)
}

function transformed({ transformQuantity }: Price, quantity: Big): Big {
  if (transformQuantity === null) return quantity
  // Big rounds down with 0 and up with 3; twenty places are enough to see whether anything is left over.
  return quantity.div(transformQuantity.divideBy).round(0, transformQuantity.round === 'up' ? 3 : 0)
}

/** Every unit at the rate of the tier that the whole quantity reaches. */
function volumeParts(tiers: readonly Tier[], units: Big): RatedPart[] {
  const index = tiers.findIndex(({ upTo }) => upTo === null || units.lte(upTo))
  const tier = tiers[index]
  if (!tier) return []
  return [partOf(tier, units, index)]
}

/** Each slice at the rate of its own tier. The first tier's flat fee is due even for nothing. */
function graduatedParts(tiers: readonly Tier[], units: Big): RatedPart[] {
  let floor = new Big(0)
  const parts: RatedPart[] = []
  for (const [index, tier] of tiers.entries()) {
    if (index > 0 && units.lte(floor)) break
    const ceiling = tier.upTo === null || units.lt(tier.upTo) ? units : new Big(tier.upTo)
    parts.push(partOf(tier, ceiling.minus(floor), index))
    floor = ceiling
  }
  return parts
}

function partOf(tier: Tier, quantity: Big, tierIndex: number): RatedPart {
  const amount = quantity.times(tier.unitAmount ?? '0').plus(tier.flatAmount ?? '0')
  return { quantity, unitAmount: tier.unitAmount ?? '0', amount, tierIndex }
}
