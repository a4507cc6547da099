import type { Billable } from './billable.ts'
import { billablesOf } from './billable.ts'
import { addMonths } from './calendar.ts'
import type { ContractTerms, ContractVersion } from './contract.ts'
import type { Money } from './money.ts'
import { sum } from './money.ts'
import type { Obligation } from './obligation.ts'

export type { Obligation } from './obligation.ts'

/**
 * What a contract is worth over its term: all fixed, one-time and prepaid amounts, after ramps and discounts. Metered use is variable
 * consideration and left out (ASC 606-10-55-18).
 */
export function contractValue(terms: ContractTerms): Money {
  return sum(
    terms.currency,
    billablesOf(terms).map(({ net }) => net),
  )
}

/**
 * What people may mean by the amount of a deal: the value of the whole term, of its first year, or one period of every line. CRMs that add up their line items come to one period, because that is what a line's price is for.
 */
export function customaryAmounts(terms: ContractTerms): Money[] {
  const all = billablesOf(terms)
  const firstYearEnds = addMonths(terms.startsOn, 12)
  const firstYear = all.filter(({ startsOn }) => startsOn < firstYearEnds)
  const firstOfEach = [...Map.groupBy(all, ({ line }) => line).values()].flatMap(([first]) => first ?? [])
  return [all, firstYear, firstOfEach].map((billables) =>
    sum(
      terms.currency,
      billables.map(({ net }) => net),
    ),
  )
}

/**
 * The promises of a contract version, one for each fixed line and billing period and for each line charged once, with net price
 * and days of service. Their prices add up to the contract value.
 */
export function obligationsOf(version: ContractVersion): Obligation[] {
  return billablesOf(version.terms).map((billable) => obligationOf(version.contractId, billable))
}

function obligationOf(contractId: string, { line, net, service }: Billable): Obligation {
  return { contractId, lineId: line.lineId, family: line.product.family, price: net, service }
}
