import type { CalendarDate } from './calendar.ts'
import type { Currency, Money } from './money.ts'
import { prorate } from './rating/proration.ts'

/** Credits paid for ahead: so many for a price, worth nothing from `expiresOn` on. Null: they do not expire. */
export type PrepaidCredits<C extends Currency = Currency> = {
  readonly price: Money<C>
  readonly credits: bigint
  readonly expiresOn: CalendarDate | null
}

/**
 * What prepaid credits have earned before a day: the share that was used, and all of it once they have expired. The price is a
 * contract liability until then (ASC 606-10-55-46); what nobody uses is earned when nobody can any more, because we do not
 * expect a certain breakage (55-48). Use beyond the credits earns nothing here: it is billed by itself.
 */
export function prepaidEarnedBefore<C extends Currency>(
  { price, credits, expiresOn }: PrepaidCredits<C>,
  used: bigint,
  before: CalendarDate,
): Money<C> {
  return expiresOn !== null && expiresOn < before ? price : earnedByUse(price, used, credits)
}

/**
 * What use has earned so far where breakage is expected: used over expected use, so that what is not expected to be used is earned
 * in the pattern of what is (ASC 606-10-55-48). A new estimate catches up at once: what is due is this less what
 * was recognized. Never more than the price.
 */
export function earnedByUse<C extends Currency>(
  price: Money<C>,
  used: bigint,
  expectedUse: bigint,
): Money<C> {
  return used >= expectedUse ? price : prorate(price, { part: used, whole: expectedUse })
}
