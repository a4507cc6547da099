/** The finest part of a unit that an event may tell of: 10^-12. */
const decimals = 12

/** A decimal with at most 12 places as a count of its finest parts, so that many add up exactly and fast. */
export function finestParts(decimal: string): bigint {
  const point = decimal.indexOf('.')
  if (point === -1) return BigInt(decimal) * 1_000_000_000_000n
  return BigInt(decimal.slice(0, point) + decimal.slice(point + 1).padEnd(decimals, '0'))
}

/** The decimal that a count of finest parts is, without trailing zeros. */
export function decimalOf(parts: bigint): string {
  if (parts < 0n) return `-${decimalOf(-parts)}`
  const digits = parts.toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  const whole = digits.slice(0, -decimals)
  return fraction === '' ? whole : `${whole}.${fraction}`
}
