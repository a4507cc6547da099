import { Big } from 'big.js'
import type { UsageLine } from '../contract.ts'
import type { Currency, Money, Rounding } from '../money.ts'
import { lessPercent, plus, ratio, roundToMoney, scaled, total, writeRatio, type Ratio } from './exact.ts'
import { groupDigits } from './explain.ts'
import { chargeUsage, overageOf } from './usage-charge.ts'

/** Use between two changes of price within one window, in order of time, with the terms that held then. */
export type Stretch = { readonly line: UsageLine; readonly quantity: string }

export type RatedStretches = { readonly amount: Money; readonly explanation: string }

/**
 * Rates a window in which the price changed. Included units and tiers go on counting over the change; each stretch pays its own price for
 * its own units; by volume, the whole window's quantity says which tier holds. Rounded once. Minimums do not apply within
 * a stretch. Throws as `rateUsageLine` does.
 */
export function rateStretches(
  stretches: readonly Stretch[],
  currency: Currency,
  rounding: Rounding = 'half-up',
): RatedStretches {
  const whole = stretches.reduce((sum, { quantity }) => sum.plus(quantity), new Big(0))
  let before: Big | null = null
  const prices: Ratio[] = []
  for (const { line, quantity } of stretches) {
    const upTo: Big = (before ?? new Big(0)).plus(quantity)
    prices.push(
      line.model === 'volume'
        ? volumePrice(line, before, upTo, whole, currency)
        : addedPrice(line, before, upTo, currency),
    )
    before = upTo
  }
  const amount = roundToMoney(total(prices), currency, rounding)
  const explanation = stretches
    .map(
      ({ quantity }, index) =>
        `${groupDigits(new Big(quantity))}: ${writeRatio(prices[index] as Ratio).text}`,
    )
    .join(' + ')
  return { amount, explanation }
}

/** What the units from `before` to `upTo` add; the first stretch alone bears what is due without use. */
function addedPrice(line: UsageLine, before: Big | null, upTo: Big, currency: Currency): Ratio {
  const { net } = chargeUsage(line, upTo, currency)
  return before === null ? net : plus(net, scaled(chargeUsage(line, before, currency).net, '-1'))
}

/** A stretch's own units at the price of the tier the whole window reaches; the first bears that tier's flat fee. */
function volumePrice(line: UsageLine, before: Big | null, upTo: Big, whole: Big, currency: Currency): Ratio {
  const [reached] = chargeUsage(line, whole, currency).charges
  if (reached === undefined) return ratio('0')
  const units = overageOf(line, upTo).minus(before === null ? 0 : overageOf(line, before))
  const gross = plus(
    ratio(units.times(reached.unitPrice), reached.unitSize),
    ratio(before === null ? reached.flatFee : '0'),
  )
  return lessPercent(gross, line.overageDiscountPercent)
}
