import { Big } from 'big.js'

/** An exact decimal inside an expression: CEL's own numbers are floats, which money must never be. */
export class DecimalValue {
  readonly big: Big

  constructor(big: Big) {
    this.big = big
  }
}

/** Reads a decimal in plain digits: `1234.50`, `-3`. Grouping, exponents, signs of currency and `-0` are refused. */
export function plainDecimal(text: string): Big | null {
  if (text.length > 400 || !/^-?\d+(\.\d+)?$/.test(text)) return null
  const value = new Big(text)
  return value.eq(0) && text.startsWith('-') ? null : value
}

/** Writes a decimal in plain digits, without exponent. */
export function decimalText(value: Big): string {
  return value.toFixed()
}

/** Writes a number as it came from JSON in plain digits; what is no number stays visible as `NaN` or `-0`. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return Object.is(value, -0) ? '-0' : decimalText(new Big(value))
}
