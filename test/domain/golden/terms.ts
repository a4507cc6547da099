import { Big } from 'big.js'
import type { UsageLine } from '../../../src/domain/contract.ts'
import { fromDecimal, toDecimal, type Currency, type Money } from '../../../src/domain/money.ts'
import { roundToMoney, type Ratio } from '../../../src/domain/rating/exact.ts'
import type { PricedTier } from '../../../src/domain/rating/tiers.ts'

/** Turning the examples' JSON into the domain's words. */

export type TierInput = {
  readonly up_to: number | null
  readonly unit?: string
  readonly price?: string
  readonly flat?: string
}

/** A usage line of a contract with the given terms and nothing else. */
export function usageLine(terms: Partial<UsageLine>): UsageLine {
  return {
    kind: 'usage',
    lineId: 'use',
    product: { code: 'use', name: 'Use', family: 'Usage' },
    meter: 'units',
    includedUnits: 0n,
    unitSize: 1n,
    model: 'per-unit',
    tiers: [{ upTo: null, unitPrice: '0', flatFee: null }],
    overageDiscountPercent: '0',
    commit: null,
    minimum: null,
    billing: { months: 1, timing: 'arrears' },
    ...terms,
  }
}

/** One tier for everything. */
export function flatTier(unitPrice: string): UsageLine['tiers'] {
  return [{ upTo: null, unitPrice, flatFee: null }]
}

/** The contract's tiers of an example's table. */
export function contractTiers(tiers: readonly TierInput[]): UsageLine['tiers'] {
  return tiers.map(({ up_to, unit, price, flat }) => ({
    upTo: up_to === null ? null : BigInt(up_to),
    unitPrice: unit ?? price ?? '0',
    flatFee: flat === undefined ? null : fromDecimal('USD', flat),
  }))
}

/** The same for functions below the contract. */
export function pricedTiers(tiers: readonly TierInput[]): PricedTier[] {
  return tiers.map(({ up_to, unit, price, flat }) => ({
    upTo: up_to === null ? null : new Big(up_to),
    unitPrice: new Big(unit ?? price ?? '0'),
    flatFee: new Big(flat ?? '0'),
  }))
}

export const usd = (decimal: string | number): Money => fromDecimal('USD', String(decimal))

export const cents = (amountMinor: number | string | bigint): Money => ({
  currency: 'USD',
  amountMinor: BigInt(amountMinor),
})

/** Rounds to dollars and writes the decimals. */
export const dollars = (value: Ratio | Big | string): string => toDecimal(roundToMoney(value, 'USD'))

/** The examples name decimals; the domain knows currencies. */
export const currencyWith = (places: number): Currency => (places === 0 ? 'JPY' : 'USD')
