import { divide, money, type Currency, type Money } from '../money.ts'

/**
 * Splits an amount over items by weight: each gets its share rounded down, and the units left go one each to the largest
 * remainders, ties to the earlier item. A weight of zero gets nothing. Throws RangeError where no weight is above zero.
 */
export function shareOut<C extends Currency>(amount: Money<C>, weights: readonly bigint[]): Money<C>[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n)
  if (whole <= 0n || weights.some((weight) => weight < 0n))
    throw new RangeError('Weights must be zero or more, and some above')
  const sign = amount.amountMinor < 0n ? -1n : 1n
  const magnitude = amount.amountMinor * sign
  const shares = weights.map((weight) => divide(magnitude * weight, whole, 'down'))
  const left = magnitude - shares.reduce((sum, share) => sum + share, 0n)
  const luckyOnes = weights
    .map((weight, index) => ({ index, remainder: (magnitude * weight) % whole }))
    .filter(({ remainder }) => remainder > 0n)
    .sort((one, other) => compare(other.remainder, one.remainder) || one.index - other.index)
    .slice(0, Number.parseInt(left.toString(), 10))
    .map(({ index }) => index)
  return shares.map((share, index) =>
    money(amount.currency, sign * (share + (luckyOnes.includes(index) ? 1n : 0n))),
  )
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0
}
