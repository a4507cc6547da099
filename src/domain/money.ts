import { Big } from 'big.js'

/** An ISO 4217 code, such as `USD`. */
export type Currency = string

/**
 * An exact amount in the smallest unit of its currency. The currency is part of the type,
 * so dollars and euros do not add.
 */
export type Money<C extends Currency = Currency> = { readonly currency: C; readonly amountMinor: bigint }

/** How a fraction of the smallest unit becomes a whole one. `half-up` rounds away from zero. */
export type Rounding = 'half-up' | 'half-even' | 'down' | 'up'

const bigRounding = { down: 0, 'half-up': 1, 'half-even': 2, up: 3 } as const satisfies Record<
  Rounding,
  number
>

/** Currencies whose smallest unit is not a hundredth (ISO 4217, list one). */
const decimalsByCurrency: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  ...Object.fromEntries('CLF UYW'.split(' ').map((code) => [code, 4])),
}

/** How many decimals a currency has: 2 for USD, 0 for JPY, 3 for KWD, 4 for CLF. */
export function decimalsOf(currency: Currency): number {
  return decimalsByCurrency[currency] ?? 2
}

/** Makes an amount from minor units: `money('USD', 960n)` is $9.60. */
export function money<const C extends Currency>(currency: C, amountMinor: bigint): Money<C> {
  return { currency, amountMinor }
}

/** Nothing, in a currency. */
export function zero<const C extends Currency>(currency: C): Money<C> {
  return money(currency, 0n)
}

/** Adds two amounts of one currency; throws where the currencies differ, which is a bug. */
export function add<C extends Currency>(left: Money<C>, right: Money<NoInfer<C>>): Money<C> {
  assertSameCurrency(left, right)
  return money(left.currency, left.amountMinor + right.amountMinor)
}

/** Takes `right` from `left`; throws where the currencies differ. */
export function subtract<C extends Currency>(left: Money<C>, right: Money<NoInfer<C>>): Money<C> {
  return add(left, negate(right as Money<C>))
}

/** The same amount with the other sign. */
export function negate<C extends Currency>(amount: Money<C>): Money<C> {
  return money(amount.currency, -amount.amountMinor)
}

/** Adds a list of amounts, which may be empty. */
export function sum<C extends Currency>(currency: C, amounts: readonly Money<NoInfer<C>>[]): Money<C> {
  return amounts.reduce<Money<C>>((total, amount) => add(total, amount as Money<C>), money(currency, 0n))
}

/** Multiplies by a whole number, such as a quantity of seats. */
export function times<C extends Currency>(amount: Money<C>, factor: bigint): Money<C> {
  return money(amount.currency, amount.amountMinor * factor)
}

/** Multiplies by an exact decimal and rounds once, by a named rule. */
export function scale<C extends Currency>(
  amount: Money<C>,
  factor: Big | string,
  rounding: Rounding = 'half-up',
): Money<C> {
  return money(
    amount.currency,
    roundToInteger(new Big(amount.amountMinor.toString()).times(factor), rounding),
  )
}

/**
 * Converts an amount at a rate, the units of `currency` for one unit of the amount's own. Rounded once; the rate itself never is.
 */
export function convert<const C extends Currency>(
  amount: Money,
  currency: C,
  rate: Big | string,
  rounding: Rounding = 'half-up',
): Money<C> {
  const shift = new Big(`1e${decimalsOf(currency) - decimalsOf(amount.currency)}`)
  const minor = new Big(amount.amountMinor.toString()).times(rate).times(shift)
  return money(currency, roundToInteger(minor, rounding))
}

/** Divides `numerator` by `denominator` in whole numbers, rounding by a named rule. */
export function divide(numerator: bigint, denominator: bigint, rounding: Rounding = 'half-up'): bigint {
  if (denominator === 0n) throw new RangeError('Division by zero')
  const negative = numerator < 0n !== denominator < 0n
  const [top, bottom] = [absolute(numerator), absolute(denominator)]
  const quotient = top / bottom
  const rounded = quotient + (roundsAway(top % bottom, bottom, quotient, rounding) ? 1n : 0n)
  return negative ? -rounded : rounded
}

function roundsAway(remainder: bigint, divisor: bigint, quotient: bigint, rounding: Rounding): boolean {
  if (remainder === 0n || rounding === 'down') return false
  if (rounding === 'up') return true
  const twice = remainder * 2n
  if (twice !== divisor) return twice > divisor
  return rounding === 'half-up' || quotient % 2n === 1n
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** Rounds an exact decimal to a whole number by a named rule. */
export function roundToInteger(value: Big, rounding: Rounding = 'half-up'): bigint {
  return BigInt(value.round(0, bigRounding[rounding]).toFixed(0))
}

/** Reads a decimal string of major units (`"50009.60"`); throws RangeError when it has too many decimals. */
export function fromDecimal<const C extends Currency>(currency: C, decimal: Big | string): Money<C> {
  const minor = new Big(decimal).times(new Big(10).pow(decimalsOf(currency)))
  if (!minor.eq(minor.round(0, 0)))
    throw new RangeError(`${decimal} has more decimals than ${currency} allows`)
  return money(currency, BigInt(minor.toFixed(0)))
}

/** Writes major units with the decimals of the currency: `"50009.60"`, `"1200"` for JPY. */
export function toDecimal(amount: Money): string {
  const decimals = decimalsOf(amount.currency)
  const digits = absolute(amount.amountMinor)
    .toString()
    .padStart(decimals + 1, '0')
  const sign = amount.amountMinor < 0n ? '-' : ''
  if (decimals === 0) return sign + digits
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** Writes an amount for people: `50,009.60 USD`. */
export function formatMoney(amount: Money): string {
  const [whole = '', fraction] = toDecimal(amount).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${fraction === undefined ? grouped : `${grouped}.${fraction}`} ${amount.currency}`
}

/**
 * Splits an amount over weights so that the shares add up to it exactly and every prefix stays within
 * one unit of the exact share: share k is the difference of two rounded cumulative shares.
 */
export function allocate<C extends Currency>(amount: Money<C>, weights: readonly bigint[]): Money<C>[] {
  const total = weights.reduce((sum_, weight) => sum_ + weight, 0n)
  if (total <= 0n) throw new RangeError('Weights must add up to more than zero')
  let weightSoFar = 0n
  let given = 0n
  return weights.map((weight) => {
    weightSoFar += weight
    const upToHere = divide(amount.amountMinor * weightSoFar, total)
    const share = upToHere - given
    given = upToHere
    return money(amount.currency, share)
  })
}

function assertSameCurrency(left: Money, right: Money): void {
  if (left.currency !== right.currency)
    throw new TypeError(`${left.currency} and ${right.currency} do not add`)
}
