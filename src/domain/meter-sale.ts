import type { CalendarDate } from './calendar.ts'
import type { ContractTerms } from './contract.ts'
import type { Issue } from './issue.ts'
import type { DealHead } from './sentence.ts'
import { issueOf } from './sentence.ts'

/** A meter sold to a customer for a time; `soldBy` names the contract for people. */
export type MeterSale = {
  readonly meter: string
  readonly startsOn: CalendarDate
  readonly endsBefore: CalendarDate
  readonly soldBy: string
}

/** The meters a contract sells, each for its whole term. */
export function salesOf({ lines, startsOn, endsBefore }: ContractTerms, soldBy: string): MeterSale[] {
  return lines.flatMap((line) =>
    line.kind === 'usage' ? [{ meter: line.meter, startsOn, endsBefore, soldBy }] : [],
  )
}

/**
 * One issue for each meter of a contract that the customer has bought already for some of the same days. Use belongs to a customer and a
 * meter, so both sellers would bill all of it.
 */
export function soldTwice(
  terms: ContractTerms,
  earlier: readonly MeterSale[],
  deal: DealHead | null = null,
): Issue[] {
  const sales = salesOf(terms, 'another line of this deal')
  return sales.flatMap((sale, place) => {
    const other = [...earlier, ...sales.slice(0, place)].find((one) => overlaps(one, sale))
    return other === undefined ? [] : [issueOf(clash(sale, other), deal)]
  })
}

function overlaps(one: MeterSale, other: MeterSale): boolean {
  return one.meter === other.meter && one.startsOn < other.endsBefore && other.startsOn < one.endsBefore
}

function clash({ meter }: MeterSale, { soldBy, startsOn, endsBefore }: MeterSale) {
  return {
    code: 'METER_SOLD_TWICE',
    field: 'lines',
    label: 'the meter',
    found: meter,
    details: { soldBy, startsOn, endsBefore },
    cause: `meter ${meter} sold twice to one customer`,
  } as const
}
