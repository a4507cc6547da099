import { Big } from 'big.js'
import { decimalsOf, divide, money, type Currency, type Money, type Rounding } from '../money.ts'

/**
 * A number that may not end, kept as a division until it is rounded: `top` over `bottom`, both exact decimals. A third of a
 * dollar has no decimal, and a decimal cut short could fall on the wrong side of half a cent.
 */
export type Ratio = { readonly top: Big; readonly bottom: Big }

/** Makes a ratio; `bottom` must not be zero. */
export function ratio(top: Big | string, bottom: Big | string = '1'): Ratio {
  return { top: new Big(top), bottom: new Big(bottom) }
}

/** Adds two ratios exactly. */
export function plus(left: Ratio, right: Ratio): Ratio {
  if (left.bottom.eq(right.bottom)) return { top: left.top.plus(right.top), bottom: left.bottom }
  return {
    top: left.top.times(right.bottom).plus(right.top.times(left.bottom)),
    bottom: left.bottom.times(right.bottom),
  }
}

/** Adds a list of ratios, which may be empty. */
export function total(ratios: readonly Ratio[]): Ratio {
  return ratios.reduce(plus, ratio('0'))
}

/** Multiplies a ratio by an exact decimal. */
export function scaled(value: Ratio, factor: Big | string): Ratio {
  return { top: value.top.times(factor), bottom: value.bottom }
}

/** Takes a percentage away: 20 leaves four fifths. */
export function lessPercent(value: Ratio, percent: Big | string): Ratio {
  return { top: value.top.times(new Big(100).minus(percent)), bottom: value.bottom.times(100) }
}

/** Rounds a ratio of major units to an amount of the currency, once, by a named rule. */
export function roundToMoney<const C extends Currency>(
  value: Ratio | Big | string,
  currency: C,
  rounding: Rounding = 'half-up',
): Money<C> {
  const { top, bottom } = asRatio(value)
  const minor = top.times(new Big(10).pow(decimalsOf(currency)))
  const scaling = new Big(10).pow(Math.max(decimalPlaces(minor), decimalPlaces(bottom)))
  return money(
    currency,
    divide(wholeNumber(minor.times(scaling)), wholeNumber(bottom.times(scaling)), rounding),
  )
}

/** The ratio of an amount in major units. */
export function ratioOf(amount: Money): Ratio {
  return ratio(new Big(amount.amountMinor.toString()), new Big(10).pow(decimalsOf(amount.currency)))
}

/** Writes a ratio as a decimal: exactly where it ends within twelve places, else cut there. */
export function writeRatio(value: Ratio | Big): { readonly text: string; readonly isExact: boolean } {
  const { top, bottom } = asRatio(value)
  const quotient = top.div(bottom).round(12)
  return { text: writeDecimal(quotient), isExact: quotient.times(bottom).eq(top) }
}

/** Writes an exact decimal in full, never with an exponent. */
export function writeDecimal(value: Big): string {
  return value.toFixed()
}

function asRatio(value: Ratio | Big | string): Ratio {
  return typeof value !== 'string' && 'top' in value ? value : ratio(value)
}

function wholeNumber(value: Big): bigint {
  return BigInt(value.toFixed(0))
}

function decimalPlaces(value: Big): number {
  return Math.max(0, value.c.length - 1 - value.e)
}
