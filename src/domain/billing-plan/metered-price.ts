import type { Tier, UsageLine } from '../contract.ts'
import { decimalsOf } from '../money.ts'
import type { PriceTier } from './steps.ts'

/** The most decimals a provider's unit price can have, in minor units. */
const mostDecimals = 12

export type MeteredPrice = {
  readonly tiersMode: 'graduated' | 'volume'
  readonly tiers: readonly PriceTier[]
}

/**
 * A usage line as the provider can price it by itself, or null when we rate it and charge the amount: packages, a minimum for each
 * period, volume prices beyond included units, and prices that are no exact decimal. Included units become a first
 * tier at zero; the discount on overage is in the prices. A commit does not stand in the way: its shortfall is a charge of ours.
 */
export function meteredPriceOf(line: UsageLine, currency: string): MeteredPrice | null {
  const volumeBeyondIncluded = line.model === 'volume' && line.includedUnits > 0n
  if (line.model === 'package' || line.minimum !== null || volumeBeyondIncluded) return null
  const tiers = line.tiers.map((tier) => tierOf(tier, line, currency))
  if (!tiers.every((tier) => tier !== null) || !endsOpen(tiers)) return null
  const included = { upTo: line.includedUnits, unitAmountMinor: '0', flatAmountMinor: null }
  return {
    tiersMode: line.model === 'volume' ? 'volume' : 'graduated',
    tiers: line.includedUnits > 0n ? [included, ...tiers] : tiers,
  }
}

/** Whether we rate a line and charge the amount, because the provider cannot price it. */
export function isRatedByUs(line: UsageLine, currency: string): boolean {
  return meteredPriceOf(line, currency) === null
}

function endsOpen(tiers: readonly PriceTier[]): boolean {
  return tiers.every(({ upTo }, index) => (upTo === null) === (index === tiers.length - 1))
}

function tierOf(tier: Tier, line: UsageLine, currency: string): PriceTier | null {
  const share = fractionOf(line.overageDiscountPercent, 100n)
  const kept = { top: share.bottom - share.top, bottom: share.bottom }
  const price = fractionOf(tier.unitPrice, line.unitSize)
  const minor = 10n ** BigInt(decimalsOf(currency))
  const unitAmountMinor = exactDecimal(price.top * kept.top * minor, price.bottom * kept.bottom)
  const flat = tier.flatFee === null ? 0n : tier.flatFee.amountMinor * kept.top
  if (unitAmountMinor === null || flat % kept.bottom !== 0n) return null
  return {
    upTo: tier.upTo === null ? null : tier.upTo + line.includedUnits,
    unitAmountMinor,
    flatAmountMinor: flat === 0n ? null : flat / kept.bottom,
  }
}

function fractionOf(decimal: string, divisor: bigint): { top: bigint; bottom: bigint } {
  const [whole = '', decimals = ''] = decimal.split('.')
  return { top: BigInt(whole + decimals), bottom: 10n ** BigInt(decimals.length) * divisor }
}

function exactDecimal(top: bigint, bottom: bigint): string | null {
  const scaled = top * 10n ** BigInt(mostDecimals)
  if (scaled < 0n || scaled % bottom !== 0n) return null
  const digits = (scaled / bottom).toString().padStart(mostDecimals + 1, '0')
  const decimals = digits.slice(-mostDecimals).replace(/0+$/, '')
  return decimals === '' ? digits.slice(0, -mostDecimals) : `${digits.slice(0, -mostDecimals)}.${decimals}`
}
