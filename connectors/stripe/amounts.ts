import { Big } from 'big.js'
import { Stripe } from 'stripe'
import type { Currency, Money } from '../../src/domain/money.ts'
import { decimalsOf, divide, money } from '../../src/domain/money.ts'

/** Where Stripe's smallest unit is not that of ISO 4217 (docs.stripe.com/currencies). */
const stripeDecimals: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0 }

function shiftOf(currency: Currency): number {
  return (stripeDecimals[currency] ?? decimalsOf(currency)) - decimalsOf(currency)
}

/** An amount as Stripe counts it. Throws RangeError when Stripe has no unit so small. */
export function toStripe({ currency, amountMinor }: Money): number {
  const shift = shiftOf(currency)
  if (shift >= 0) return Number(amountMinor * 10n ** BigInt(shift))
  const unit = 10n ** BigInt(-shift)
  if (amountMinor % unit !== 0n)
    throw new RangeError(`Stripe has no ${amountMinor} minor units of ${currency}`)
  return Number(amountMinor / unit)
}

/** A price of minor units, finer than one of them if need be, as Stripe counts it. */
export function toStripeDecimal(currency: Currency, amountMinor: string): Stripe.Decimal {
  const exact = new Big(amountMinor).times(new Big(10).pow(shiftOf(currency)))
  return Stripe.Decimal.from(exact.toFixed())
}

/** An amount Stripe names, in our units. `currency` may be in small letters, as Stripe writes it. */
export function fromStripe(currency: string, amount: number): Money {
  const code = currency.toUpperCase()
  const shift = shiftOf(code)
  const whole = BigInt(amount)
  return money(code, shift >= 0 ? divide(whole, 10n ** BigInt(shift)) : whole * 10n ** BigInt(-shift))
}
