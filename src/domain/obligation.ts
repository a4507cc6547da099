import type { CalendarDate, DateRange } from './calendar.ts'
import type { Money } from './money.ts'
import { negate } from './money.ts'

/**
 * A distinct promise with its price and the days over which it is kept (ASC 606-10-25-14). `family` names the revenue account;
 * null where the contract line tells. A negative price takes back what was billed and will not be served.
 */
export type Obligation = {
  readonly contractId: string
  readonly lineId: string
  readonly family: string | null
  readonly price: Money
  readonly service: DateRange
}

/** What was taken off a contract line on a day, and the end of the service it was taken from. */
export type Taken = {
  readonly contractId: string
  readonly lineId: string
  readonly price: Money
  readonly takenOn: CalendarDate
  readonly serviceEndsBefore: CalendarDate
}

/**
 * What a void, credit, refund or dispute takes away from future revenue: a negative obligation over the service days that are left, so
 * that billed and earned stay together. Nothing left to serve counts at once.
 */
export function takenObligation({
  contractId,
  lineId,
  price,
  takenOn,
  serviceEndsBefore,
}: Taken): Obligation {
  const startsOn = takenOn < serviceEndsBefore ? takenOn : serviceEndsBefore
  return {
    contractId,
    lineId,
    family: null,
    price: negate(price),
    service: { startsOn, endsBefore: serviceEndsBefore },
  }
}
