import type { CalendarDate } from './calendar.ts'
import type { Currency, Money } from './money.ts'
import { add, money, subtract } from './money.ts'
import type { Obligation } from './obligation.ts'
import type { Fraction } from './rating/proration.ts'
import { prorate } from './rating/proration.ts'
import { scheduledBefore } from './revenue.ts'
import type { Spread } from './spread.ts'

/** How revenue treats a change of a contract. */
export type Treatment = 'separate-contract' | 'prospective' | 'cumulative-catch-up'

/**
 * Which treatment a change calls for: more distinct service at its own price is a contract by itself (ASC 606-10-25-12); where what
 * is still to be served is distinct from what was, the old contract ends and a new one begins (25-13(a)); otherwise
 * the change is part of one promise, and progress is measured anew (25-13(b)).
 */
export function treatmentOf(change: {
  readonly addsDistinctService: boolean
  readonly isAtSellingPrice: boolean
  readonly isRestDistinct: boolean
}): Treatment {
  if (change.addsDistinctService && change.isAtSellingPrice) return 'separate-contract'
  return change.isRestDistinct ? 'prospective' : 'cumulative-catch-up'
}

/** A change of price or duration from a day on. `priceChange` is what the contract costs more, or less, in all. */
export type Modification = {
  readonly effectiveOn: CalendarDate
  readonly priceChange: Money
  readonly endsBefore: CalendarDate
}

/**
 * The old promise ends on the day with what it has earned; what it has not, and the change of price, is the price of what is
 * left to serve (ASC 606-10-25-13(a)). Both together cost what the contract costs after the change. Throws RangeError
 * when nothing is left to serve.
 */
export function modifyProspectively(
  obligation: Obligation,
  { effectiveOn, priceChange, endsBefore }: Modification,
  spread: Spread,
): [ended: Obligation, begun: Obligation] {
  if (effectiveOn >= endsBefore)
    throw new RangeError(`Nothing is left to serve from ${effectiveOn} to ${endsBefore}`)
  const { price, service } = obligation
  const from = effectiveOn > service.startsOn ? effectiveOn : service.startsOn
  const earned = money(price.currency, scheduledBefore(obligation, from, spread))
  const left = add<string>(subtract<string>(price, earned), priceChange)
  return [
    { ...obligation, price: earned, service: { startsOn: service.startsOn, endsBefore: from } },
    { ...obligation, price: left, service: { startsOn: from, endsBefore } },
  ]
}

/**
 * One promise goes on at another price or for another time, as if it had been agreed so from the start (ASC 606-10-25-13(b)). What
 * is due at the next month end is then the catch-up and the month together; booked months stay.
 */
export function modifyCumulatively(
  obligation: Obligation,
  { priceChange, endsBefore }: Omit<Modification, 'effectiveOn'>,
): Obligation {
  const { price, service } = obligation
  return {
    ...obligation,
    price: add<string>(price, priceChange),
    service: { startsOn: service.startsOn, endsBefore },
  }
}

/** The catch-up of a promise measured by something else than time: the new price times the new progress, less what was recognized. */
export function catchUp<C extends Currency>(
  price: Money<C>,
  progress: Fraction,
  recognized: Money<NoInfer<C>>,
): Money<C> {
  return subtract(prorate(price, progress), recognized)
}
