import { isRatedByUs } from './billing-plan/metered-price.ts'
import type { CalendarDate } from './calendar.ts'
import type { ContractTerms } from './contract.ts'
import type { UsageStanding } from './entitlement.ts'

/** A usage line of an invoice to come, as it would be now. */
export type UpcomingUsage = UsageStanding & {
  /** The day its billing period is over and invoiced. */
  readonly invoicedOn: CalendarDate
  /** Whether the provider can price the line by itself; where it cannot, the amount is ours. */
  readonly isPricedByProvider: boolean
}

/** The usage lines of a contract's next invoices, from where its use stands. The amounts are those the month end rates. */
export function upcomingUsage(terms: ContractTerms, standings: readonly UsageStanding[]): UpcomingUsage[] {
  return standings.flatMap((standing) => {
    const line = terms.lines.find(({ lineId }) => lineId === standing.lineId)
    if (line?.kind !== 'usage') return []
    const isPricedByProvider = !isRatedByUs(line, terms.currency)
    return [{ ...standing, invoicedOn: standing.period.endsBefore, isPricedByProvider }]
  })
}
