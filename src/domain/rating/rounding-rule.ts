import { divide, type Rounding } from '../money.ts'

/**
 * How other engines treat an exact half, beside our own rules. `half-toward-positive` is what some call "half up": it makes
 * -1.5 to -1, so that a credit differs from its charge by one. Needed to foresee what they will print, never for our own amounts.
 */
export type RoundingRule = Rounding | 'half-toward-positive' | 'half-toward-zero' | 'half-toward-negative'

/** Divides two whole numbers and rounds by any rule. */
export function divideByRule(numerator: bigint, denominator: bigint, rule: RoundingRule): bigint {
  if (rule !== 'half-toward-positive' && rule !== 'half-toward-zero' && rule !== 'half-toward-negative')
    return divide(numerator, denominator, rule)
  if ((2n * numerator) % denominator !== 0n || numerator % denominator === 0n)
    return divide(numerator, denominator, 'half-up')
  const towardZero = numerator / denominator
  const isNegative = numerator < 0n !== denominator < 0n
  if (rule === 'half-toward-zero') return towardZero
  if (rule === 'half-toward-positive') return isNegative ? towardZero : towardZero + 1n
  return isNegative ? towardZero - 1n : towardZero
}
