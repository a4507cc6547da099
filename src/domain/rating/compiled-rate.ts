import type { UsageLine } from '../contract.ts'
import { decimalOf, finestParts, placesOf } from '../exact-sum.ts'
import { decimalsOf, divide, money, type Currency, type Money, type Rounding } from '../money.ts'

/**
 * The terms of a usage line in whole numbers. Within a tier the price of use is a straight line, `base + slope × units`, so what one more event
 * costs takes a multiplication and a division, however many were before it.
 */
export type CompiledRate = {
  readonly currency: Currency
  readonly rounding: Rounding
  /** Use is counted in parts of 10^-places of a unit. */
  readonly places: number
  readonly includedParts: bigint
  /** The size of what is sold whole; null where units are sold singly. */
  readonly packageParts: bigint | null
  readonly tiers: readonly RateTier[]
  /** What `base + slope × units` is divided by to be minor units. */
  readonly bottom: bigint
  /** What is left of a price after the discount on overage, as a fraction in lowest terms. */
  readonly discounted: Fraction
  readonly minimumMinor: bigint | null
}

type RateTier = { readonly upToParts: bigint | null; readonly base: bigint; readonly slope: bigint }
type Fraction = { readonly part: bigint; readonly whole: bigint }

/** The use of one window, and what it costs in minor units: `ratedMinor`, and `topUpMinor` up to the minimum. */
export type UseState = {
  readonly usedParts: bigint
  readonly tier: number
  readonly ratedMinor: bigint
  readonly topUpMinor: bigint
}

/**
 * Compiles a line for use with at most `places` decimals. Throws TypeError where a fee or the minimum is in another currency.
 */
export function compileRate(
  line: UsageLine,
  currency: Currency,
  rounding: Rounding = 'half-up',
  places = 12,
): CompiledRate {
  const { model, includedUnits, unitSize, minimum } = line
  const oneUnit = 10n ** BigInt(places)
  assertCurrency(minimum, currency)
  return {
    currency,
    rounding,
    places,
    includedParts: includedUnits * oneUnit,
    packageParts: model === 'package' ? unitSize * oneUnit : null,
    ...compileTiers(line, currency, oneUnit),
    discounted: fractionLeft(line.overageDiscountPercent),
    minimumMinor: minimum?.amountMinor ?? null,
  }
}

/** The state of a window with so many parts of use. Throws RangeError for use below zero, and beyond a last tier that is not open. */
export function stateOf(rate: CompiledRate, usedParts: bigint): UseState {
  return rated(rate, usedParts, 0)
}

/**
 * Adds use to a window, or takes it away where `parts` is below zero. The cost is the same whatever was used before, and the state is
 * that of the whole at once. Throws as `stateOf` does.
 */
export function addUse(rate: CompiledRate, state: UseState, parts: bigint): UseState {
  return rated(rate, state.usedParts + parts, state.tier)
}

/** What the use of a window costs. */
export function amountOf({ currency }: CompiledRate, { ratedMinor, topUpMinor }: UseState): Money {
  return money(currency, ratedMinor + topUpMinor)
}

/** The units beyond the included ones, as an exact decimal. */
export function overageUnitsOf({ includedParts, places }: CompiledRate, { usedParts }: UseState): string {
  return decimalOf(beyond(usedParts, includedParts), places)
}

function rated(rate: CompiledRate, usedParts: bigint, nearTier: number): UseState {
  if (usedParts < 0n) throw new RangeError(`Usage below zero: ${decimalOf(usedParts, rate.places)}`)
  const { includedParts, packageParts, discounted, bottom, rounding, minimumMinor } = rate
  const overage = beyond(usedParts, includedParts)
  const parts = packageParts === null ? overage : wholePackages(overage, packageParts)
  const tier = reachedTier(rate, parts, nearTier)
  const { base, slope } = rate.tiers[tier] as RateTier
  const gross = base + slope * parts
  const ratedMinor = divide(gross * discounted.part, bottom * discounted.whole, rounding)
  // The minimum is measured before the discount.
  const topUpMinor = minimumMinor === null ? 0n : beyond(minimumMinor, divide(gross, bottom, rounding))
  return { usedParts, tier, ratedMinor, topUpMinor }
}

/** Looks from the tier reached before, because use moves little at a time. */
function reachedTier({ tiers, places }: CompiledRate, parts: bigint, nearTier: number): number {
  let tier = nearTier
  while (tier > 0 && parts <= ((tiers[tier - 1] as RateTier).upToParts ?? parts)) tier--
  for (; tier < tiers.length; tier++) {
    const { upToParts } = tiers[tier] as RateTier
    if (upToParts === null || parts <= upToParts) return tier
  }
  throw new RangeError(`No tier for ${decimalOf(parts, places)} units: the last tier must be open`)
}

function compileTiers(
  { model, tiers, unitSize }: UsageLine,
  currency: Currency,
  oneUnit: bigint,
): Pick<CompiledRate, 'tiers' | 'bottom'> {
  const pricePlaces = Math.max(...tiers.map(({ unitPrice }) => placesOf(unitPrice)))
  const minorUnits = 10n ** BigInt(decimalsOf(currency))
  const fullSlopes = tiers.map(({ unitPrice }) => finestParts(unitPrice, pricePlaces) * minorUnits)
  const fullBottom = oneUnit * unitSize * 10n ** BigInt(pricePlaces)
  // Small numbers divide faster.
  const common = fullSlopes.reduce(commonDivisor, fullBottom)
  const bottom = fullBottom / common
  let [floor, below] = [0n, 0n]
  const compiled = tiers.map(({ upTo, flatFee }, index): RateTier => {
    assertCurrency(flatFee, currency)
    const slope = (fullSlopes[index] ?? 0n) / common
    const fee = (flatFee?.amountMinor ?? 0n) * bottom
    const upToParts = upTo === null ? null : upTo * oneUnit
    if (model === 'volume') return { upToParts, base: fee, slope }
    const base = below + fee - slope * floor
    floor = upToParts ?? floor
    below = base + slope * floor
    return { upToParts, base, slope }
  })
  return { tiers: compiled, bottom }
}

function fractionLeft(discountPercent: string): Fraction {
  const places = placesOf(discountPercent)
  const whole = 100n * 10n ** BigInt(places)
  const part = whole - finestParts(discountPercent, places)
  const common = commonDivisor(part, whole)
  return { part: part / common, whole: whole / common }
}

function wholePackages(parts: bigint, packageParts: bigint): bigint {
  const begun = parts % packageParts
  return begun === 0n ? parts : parts - begun + packageParts
}

function beyond(amount: bigint, limit: bigint): bigint {
  return amount > limit ? amount - limit : 0n
}

function commonDivisor(one: bigint, other: bigint): bigint {
  let [left, right] = [one < 0n ? -one : one, other < 0n ? -other : other]
  while (right !== 0n) [left, right] = [right, left % right]
  return left
}

function assertCurrency(amount: Money | null, currency: Currency): void {
  if (amount !== null && amount.currency !== currency)
    throw new TypeError(`${amount.currency} on a line in ${currency}`)
}
