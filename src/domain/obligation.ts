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

/** What was taken off a contract line on a day, and the services of the invoice lines it was taken from. */
export type Taken = {
  readonly contractId: string
  readonly lineId: string
  readonly price: Money
  readonly takenOn: CalendarDate
  readonly services: readonly DateRange[]
}

/**
 * What a void, credit, refund or dispute takes away from future revenue: a negative obligation over the service days that are left, so
 * that billed and earned stay together. Service that has not begun loses nothing before it begins; nothing left to serve
 * counts at once.
 */
export function takenObligation({ contractId, lineId, price, takenOn, services }: Taken): Obligation {
  const service = serviceLeft(services, takenOn)
  return { contractId, lineId, family: null, price: negate(price), service }
}

/** From the first to the last day still to be served; the day itself, without length, when all is served. */
function serviceLeft(services: readonly DateRange[], on: CalendarDate): DateRange {
  const left = services.filter(({ startsOn, endsBefore }) => startsOn >= on || endsBefore > on)
  const startsOn = left.map((service) => (service.startsOn > on ? service.startsOn : on)).sort()[0] ?? on
  const endsBefore =
    left
      .map((service) => service.endsBefore)
      .sort()
      .at(-1) ?? on
  return { startsOn, endsBefore: endsBefore > startsOn ? endsBefore : startsOn }
}
