import { Big } from 'big.js'
import { ratio, total, type Ratio } from './exact.ts'
import type { PricedTier } from './tiers.ts'

/**
 * A change of a recurring quantity, such as seats joining or leaving: how many units, and how many of them by the share of the
 * period they are there for. Both carry the same sign.
 */
export type QuantityChange = { readonly units: string; readonly weightedUnits: string }

/**
 * What recurring units cost in graduated tiers when they come and go during the period, exact, in major units. Each change is split over
 * the tiers it crosses in proportion. A tier's flat fee is charged once it is reached and not given back.
 */
export function rateQuantityChanges(tiers: readonly PricedTier[], changes: readonly QuantityChange[]): Ratio {
  let level = new Big(0)
  let highest = new Big(0)
  const prices = changes.flatMap(({ units, weightedUnits }) => {
    const next = level.plus(units)
    const crossed = priceOfCrossing(tiers, level, next, new Big(weightedUnits))
    level = next
    if (next.gt(highest)) highest = next
    return crossed
  })
  const reached = tiers.filter((_, index) => index === 0 || highest.gt(floorOf(tiers, index)))
  return total([...prices, ...reached.map(({ flatFee }) => ratio(flatFee))])
}

function priceOfCrossing(tiers: readonly PricedTier[], from: Big, to: Big, weighted: Big): Ratio[] {
  const [low, high] = from.lt(to) ? [from, to] : [to, from]
  if (low.eq(high)) return []
  return tiers.map(({ upTo, unitPrice }, index) => {
    const begins = largerOf(low, floorOf(tiers, index))
    const ends = upTo === null || high.lt(upTo) ? high : upTo
    const within = largerOf(ends.minus(begins), new Big(0))
    return ratio(weighted.times(within).times(unitPrice), high.minus(low))
  })
}

function floorOf(tiers: readonly PricedTier[], index: number): Big {
  return tiers[index - 1]?.upTo ?? new Big(0)
}

function largerOf(one: Big, other: Big): Big {
  return one.gt(other) ? one : other
}
