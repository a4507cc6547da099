import type { DateRange } from './calendar.ts'
import type { Money } from './money.ts'

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
