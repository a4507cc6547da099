import { Big } from 'big.js'
import { plus, ratio, total, type Ratio } from './exact.ts'

/** Units above the tier before it, up to and including `upTo` (null: without end). Prices in major units. */
export type PricedTier = { readonly upTo: Big | null; readonly unitPrice: Big; readonly flatFee: Big }

/** What falls into one tier. Units cost `unitPrice` for each `unitSize` of them; the flat fee is charged once. */
export type TierCharge = {
  readonly units: Big
  readonly unitPrice: Big
  readonly unitSize: Big
  readonly flatFee: Big
}

/**
 * - `graduated`: each unit costs what its own tier says, and entering a tier adds its flat fee once.
 * - `volume`: all units cost what the tier says that the whole quantity reaches. One more unit can make the bill smaller.
 */
export type TierMode = 'graduated' | 'volume'

/**
 * Spreads units over tiers. Without use, the first tier's flat fee is charged all the same. Throws RangeError for a negative quantity
 * and for tiers that end before it, both of which a valid contract rules out.
 */
export function chargeByTiers(
  mode: TierMode,
  tiers: readonly PricedTier[],
  units: Big,
  unitSize = new Big(1),
): TierCharge[] {
  if (units.lt(0)) throw new RangeError(`Usage below zero: ${units}`)
  const reached = tiers.findIndex(({ upTo }) => upTo === null || units.lte(upTo))
  if (reached === -1) throw new RangeError(`No tier for ${units} units: the last tier must be open`)
  if (mode === 'volume') return [{ ...priceOf(tiers[reached] as PricedTier), units, unitSize }]
  return tiers.slice(0, reached + 1).map((tier, index) => {
    const floor = tiers[index - 1]?.upTo ?? new Big(0)
    const ceiling = index === reached ? units : (tier.upTo ?? units)
    return { ...priceOf(tier), units: ceiling.minus(floor), unitSize }
  })
}

/** Packages are sold whole: 101 units in packages of 100 are charged as 200. */
export function roundUpToPackages(units: Big, unitSize: Big): Big {
  const begun = units.mod(unitSize)
  return begun.eq(0) ? units : units.minus(begun).plus(unitSize)
}

/** The exact price of tier charges in major units. */
export function priceOfCharges(charges: readonly TierCharge[]): Ratio {
  return total(charges.map(priceOfCharge))
}

/** The exact price of one tier charge in major units. */
export function priceOfCharge({ units, unitPrice, unitSize, flatFee }: TierCharge): Ratio {
  return plus(ratio(units.times(unitPrice), unitSize), ratio(flatFee))
}

function priceOf({ unitPrice, flatFee }: PricedTier): Pick<TierCharge, 'unitPrice' | 'flatFee'> {
  return { unitPrice, flatFee }
}
