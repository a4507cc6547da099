import { Big } from 'big.js'
import { daysIn, overlap, type DateRange } from '../calendar.ts'
import type { FixedLine } from '../contract.ts'
import { toDecimal, type Currency, type Money, type Rounding } from '../money.ts'
import { ratio, ratioOf, roundToMoney, scaled, total, type Ratio } from './exact.ts'

/** Days of a period in which one price and quantity held. */
export type FixedStretch = {
  readonly range: DateRange
  readonly unitPrice: Money
  readonly quantity: bigint
}

export type RatedFixedLine = {
  readonly amount: Money
  readonly explanation: string
  readonly stretches: readonly FixedStretch[]
}

/**
 * Prices a fee or seats for a billing period, ramp steps included: each stretch costs its price by its days, and the sum is rounded once. `whole` is
 * the full period that the price is for, when `period` is a short first or last one.
 */
export function rateFixedLine(
  line: FixedLine,
  period: DateRange,
  currency: Currency,
  whole: DateRange = period,
  rounding: Rounding = 'half-up',
): RatedFixedLine {
  const stretches = stretchesOf(line, period)
  const days = daysIn(whole)
  const price = total(stretches.map((stretch) => priceOfStretch(stretch, days)))
  const amount = roundToMoney(price, currency, rounding)
  const terms = stretches.map((stretch) => explainStretch(stretch, days))
  return { amount, explanation: `${terms.join(' + ')} = ${toDecimal(amount)}`, stretches }
}

/** Cuts a period where a ramp step begins, and names the price and quantity of each piece. */
export function stretchesOf(line: FixedLine, period: DateRange): FixedStretch[] {
  const steps = [
    { startsOn: period.startsOn, unitPrice: line.unitPrice, quantity: line.quantity },
    ...line.ramp,
  ]
  return steps.flatMap(({ startsOn, unitPrice, quantity }, index) => {
    const endsBefore = steps[index + 1]?.startsOn ?? period.endsBefore
    const range = overlap(period, { startsOn: index === 0 ? period.startsOn : startsOn, endsBefore })
    return range === null ? [] : [{ range, unitPrice, quantity }]
  })
}

function priceOfStretch({ range, unitPrice, quantity }: FixedStretch, days: number): Ratio {
  const share = ratio(new Big(daysIn(range)), new Big(days))
  const { top, bottom } = scaled(ratioOf(unitPrice), quantity.toString())
  return { top: top.times(share.top), bottom: bottom.times(share.bottom) }
}

function explainStretch({ range, unitPrice, quantity }: FixedStretch, days: number): string {
  const price = `${quantity === 1n ? '' : `${quantity} × `}${toDecimal(unitPrice)}`
  return daysIn(range) === days ? price : `${price} × ${daysIn(range)}/${days} days`
}
