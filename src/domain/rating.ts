import { Big } from 'big.js'
import type { UsageLine } from './contract.ts'
import { finestParts, placesFor } from './exact-sum.ts'
import { money, negate, subtract, toDecimal, type Currency, type Money, type Rounding } from './money.ts'
import { addUse, amountOf, compileRate, overageUnitsOf, stateOf } from './rating/compiled-rate.ts'
import { plus, scaled, writeDecimal, writeRatio } from './rating/exact.ts'
import { explainCharge } from './rating/explain.ts'
import { priceOfCharge } from './rating/tiers.ts'
import { chargeUsage, type UsageCharge } from './rating/usage-charge.ts'

/**
 * One step of a rated line. `amount` is exact, in major units, before the line is rounded; where a decimal does not end,
 * it is cut after twelve places. `units` and `unitPrice` are null where the step has none.
 */
export type RatedPart = {
  readonly kind: 'tier' | 'discount' | 'minimum' | 'rated-before'
  readonly units: string | null
  readonly unitPrice: string | null
  readonly amount: string
}

/** What use costs, and why. `explanation` is a formula a person can redo. */
export type RatedLine = {
  readonly amount: Money
  readonly quantity: string
  readonly overageUnits: string
  readonly explanation: string
  readonly parts: readonly RatedPart[]
}

/** What use costs, without the words. `overageUnits` is an exact decimal. */
export type UseCost = { readonly amount: Money; readonly overageUnits: string }

/**
 * What the use of one window costs by a line's terms: included units off, the model's price, the discount on overage, one rounding, and
 * the minimum. The minimum is measured before the discount, both sides rounded, and its top-up is not discounted. A commit of
 * money spans windows and is settled by `trueUp`. `quantity` is a decimal without an exponent. Throws RangeError for use below zero, and
 * TypeError where a fee or the minimum is in another currency.
 */
export function costOfUse(
  line: UsageLine,
  quantity: string,
  currency: Currency,
  rounding: Rounding = 'half-up',
): UseCost {
  const places = placesFor(quantity)
  const rate = compileRate(line, currency, rounding, places)
  const state = stateOf(rate, finestParts(quantity, places))
  return { amount: amountOf(rate, state), overageUnits: overageUnitsOf(rate, state) }
}

/**
 * What use costs that comes on top of what was rated before in the same window: the price of all of it less the price of what was before.
 * However a window is cut, the pieces add up to the cents of the whole. `before` is null for the first piece, which alone
 * bears what is due without use. Throws as `costOfUse` does.
 */
export function costOfFurtherUse(
  line: UsageLine,
  before: string | null,
  further: string,
  currency: Currency,
): Money {
  if (before === null) return costOfUse(line, further, currency).amount
  const places = Math.max(placesFor(before), placesFor(further))
  const rate = compileRate(line, currency, 'half-up', places)
  const earlier = stateOf(rate, finestParts(before, places))
  const whole = addUse(rate, earlier, finestParts(further, places))
  return subtract(amountOf(rate, whole), amountOf(rate, earlier))
}

/** Rates the use of one window, as `costOfUse` does, and says how the amount came about. */
export function rateUsageLine(
  line: UsageLine,
  quantity: Big | string,
  currency: Currency,
  rounding: Rounding = 'half-up',
): RatedLine {
  const charge = chargeUsage(line, new Big(quantity), currency)
  const used = writeDecimal(charge.quantity)
  const places = placesFor(used)
  const rate = compileRate(line, currency, rounding, places)
  const state = stateOf(rate, finestParts(used, places))
  const topUp = money(currency, state.topUpMinor)
  return {
    amount: amountOf(rate, state),
    quantity: used,
    overageUnits: overageUnitsOf(rate, state),
    explanation: explainCharge(line, charge, money(currency, state.ratedMinor)) + explainTopUp(line, topUp),
    parts: [...tierParts(charge), ...discountPart(charge), ...topUpPart(topUp)],
  }
}

/** Rates use on top of what was rated before in the same window, as `costOfFurtherUse` does, and says how the amount came about. */
export function rateFurtherUsage(
  line: UsageLine,
  before: Big | string | null,
  further: Big | string,
  currency: Currency,
  rounding: Rounding = 'half-up',
): RatedLine {
  if (before === null) return rateUsageLine(line, further, currency, rounding)
  const earlier = rateUsageLine(line, before, currency, rounding)
  const whole = rateUsageLine(line, new Big(before).plus(further), currency, rounding)
  const amount = subtract(whole.amount, earlier.amount)
  return {
    amount,
    quantity: writeDecimal(new Big(further)),
    overageUnits: writeDecimal(new Big(whole.overageUnits).minus(earlier.overageUnits)),
    explanation: `${whole.explanation}; less ${toDecimal(earlier.amount)} rated before = ${toDecimal(amount)}`,
    parts: [...whole.parts, amountPart('rated-before', toDecimal(negate(earlier.amount)))],
  }
}

function explainTopUp(line: UsageLine, topUp: Money): string {
  if (line.minimum === null || topUp.amountMinor === 0n) return ''
  return `; plus ${toDecimal(topUp)} up to the minimum of ${toDecimal(line.minimum)}`
}

function tierParts({ charges }: UsageCharge): RatedPart[] {
  return charges.map((charge) => ({
    kind: 'tier',
    units: writeDecimal(charge.units),
    unitPrice: writeDecimal(charge.unitPrice),
    amount: writeRatio(priceOfCharge(charge)).text,
  }))
}

function discountPart({ gross, net }: UsageCharge): RatedPart[] {
  const discount = plus(net, scaled(gross, '-1'))
  return discount.top.eq(0) ? [] : [amountPart('discount', writeRatio(discount).text)]
}

function topUpPart(topUp: Money): RatedPart[] {
  return topUp.amountMinor === 0n ? [] : [amountPart('minimum', toDecimal(topUp))]
}

function amountPart(kind: RatedPart['kind'], amount: string): RatedPart {
  return { kind, units: null, unitPrice: null, amount }
}
