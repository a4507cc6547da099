import type { Billable } from './billable.ts'
import { billablesOf } from './billable.ts'
import type { BillingPlan, OwnCharge } from './billing-plan.ts'
import { chargeKeyOf } from './billing-plan.ts'
import type { CalendarDate, DateRange, Month } from './calendar.ts'
import { billingPeriods } from './calendar.ts'
import { commitmentPeriods, isCommitted } from './commitment.ts'
import { obligationsOf } from './contract-value.ts'
import { isUsage, type ContractVersion } from './contract.ts'
import type { Money } from './money.ts'
import { money, sum } from './money.ts'
import { scheduleRevenue } from './revenue.ts'

/** One line of an invoice to come. `amount` is null where use decides it. */
export type PlannedLine = {
  readonly lineId: string
  readonly description: string
  readonly service: DateRange
  readonly amount: Money | null
}

/** An invoice to come: its day, its lines, and what they add up to before tax and use. */
export type PlannedInvoice = {
  readonly invoicedOn: CalendarDate
  readonly lines: readonly PlannedLine[]
  readonly total: Money
}

/** What of a contract is earned in a month, in time order; use is earned on top, as it is used. */
export type PlannedMonth = { readonly month: Month; readonly earned: Money }

/**
 * The invoices a plan leads to, in time order, as long as nothing changes. What fell due before `asOf` is invoiced on that day. Amounts of
 * zero make no line.
 */
export function plannedInvoices(
  version: ContractVersion,
  plan: BillingPlan,
  asOf: CalendarDate,
): PlannedInvoice[] {
  const charges = new Map(plan.ownCharges.map((charge) => [charge.chargeKey, charge]))
  const dated = [
    ...billablesOf(version.terms)
      .filter(({ net }) => net.amountMinor !== 0n)
      .map((billable) => fixedLine(billable, charges.get(keyOf(version, billable)))),
    ...usageLines(version),
  ].map(({ dueOn, line }) => ({ invoicedOn: dueOn < asOf ? asOf : dueOn, line }))
  return [...Map.groupBy(dated, ({ invoicedOn }) => invoicedOn)]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([invoicedOn, members]) =>
      invoiceOf(
        invoicedOn,
        members.map(({ line }) => line),
        version.terms.currency,
      ),
    )
}

/** How the contract's price is earned month by month. */
export function plannedRevenue(version: ContractVersion): PlannedMonth[] {
  const byMonth = new Map<Month, bigint>()
  for (const obligation of obligationsOf(version)) {
    for (const { month, amountMinor } of scheduleRevenue(obligation, 'by-day')) {
      byMonth.set(month, (byMonth.get(month) ?? 0n) + amountMinor)
    }
  }
  return [...byMonth]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([month, minor]) => ({ month, earned: money(version.terms.currency, minor) }))
}

type Dated = { readonly dueOn: CalendarDate; readonly line: PlannedLine }

function keyOf(version: ContractVersion, { line, startsOn }: Billable): string {
  return chargeKeyOf(version, line.lineId, startsOn)
}

/** What the provider bills by itself is due when its period begins; what we hand over, when the plan says so. */
function fixedLine(
  { line, quantity, net, service, startsOn }: Billable,
  charge: OwnCharge | undefined,
): Dated {
  const name = line.description ?? line.product.name
  return {
    dueOn: charge === undefined ? startsOn : dayOf(charge),
    line: {
      lineId: line.lineId,
      description: quantity === 1n ? name : `${quantity} × ${name}`,
      service,
      amount: net,
    },
  }
}

/** A charge without an invoice of its own lands on the one that ends its service. */
function dayOf({ ownInvoice, availableFrom, service }: OwnCharge): CalendarDate {
  return ownInvoice === true ? availableFrom : service.endsBefore
}

/** Use is invoiced when its period ends, and so is what may be missing to a commitment. */
function usageLines({ terms }: ContractVersion): Dated[] {
  return terms.lines.filter(isUsage).flatMap((line) => {
    const { lineId, billing } = line
    const name = line.description ?? line.product.name
    const dated = (service: DateRange, description: string): Dated => ({
      dueOn: service.endsBefore,
      line: { lineId, description, service, amount: null },
    })
    const used = billingPeriods(terms, billing.months).map((period) => dated(period, name))
    if (!isCommitted(line)) return used
    const missing = `${name}, what is missing to the commitment`
    return [...used, ...commitmentPeriods(terms, line).map((period) => dated(period, missing))]
  })
}

function invoiceOf(
  invoicedOn: CalendarDate,
  lines: readonly PlannedLine[],
  currency: string,
): PlannedInvoice {
  const known = lines.map(({ amount }) => amount).filter((amount) => amount !== null)
  return { invoicedOn, lines, total: sum(currency, known) }
}
