import { billablesOf } from './billable.ts'
import { layoutOf } from './billing-plan/layout.ts'
import { ownChargesOf } from './billing-plan/own-charges.ts'
import { itemIssues, planIssues } from './billing-plan/plan-issues.ts'
import type { BillingPlan, BillingStep } from './billing-plan/steps.ts'
import { subscriptionSteps } from './billing-plan/subscription.ts'
import type { CalendarDate, TimeZone } from './calendar.ts'
import type { ContractTerms, ContractVersion } from './contract.ts'
import type { CrmName } from './deal.ts'
import type { Issue } from './issue.ts'
import { type Result, ok, refused } from './result.ts'

export type * from './billing-plan/steps.ts'
export { differences } from './billing-plan/differences.ts'
export { amendmentSteps } from './billing-plan/amendment-steps.ts'
export { chargeKeyOf } from './billing-plan/own-charges.ts'
export { subscriptionKeyOf } from './billing-plan/subscription.ts'

/** What a plan depends on besides the contract. `zone` is the entity's; automatic tax is off unless asked for. */
export type PlanContext = {
  readonly asOf: CalendarDate
  readonly zone: TimeZone
  readonly crm: CrmName
  readonly org: string
  readonly automaticTax?: boolean
}

/**
 * Plans what must exist at the billing provider for a contract version, and which amounts we charge ourselves. The same version and
 * context always give the same plan. Refuses with every reason why the terms cannot be billed as agreed.
 */
export function planBilling(version: ContractVersion, context: PlanContext): Result<BillingPlan, Issue[]> {
  const issues = planIssues(version, context.asOf)
  if (issues.length > 0) return refused(issues)
  const billables = billablesOf(version.terms)
  const layout = layoutOf(version.terms, billables, context.asOf)
  const tooMany = itemIssues(layout)
  if (tooMany.length > 0) return refused(tooMany)
  const { contractId, generation } = version
  const tax = { zone: context.zone, automaticTax: context.automaticTax ?? false }
  return ok({
    contractId,
    generation,
    steps: [...customerSteps(version.terms, context), ...subscriptionSteps(version, billables, layout, tax)],
    ownCharges: ownChargesOf(version, billables, layout),
  })
}

/** One customer for each CRM account and entity, whichever contract comes first. */
function customerSteps(terms: ContractTerms, { crm, org }: PlanContext): BillingStep[] {
  const { customer, entity } = terms
  const key = `${crm}/${org}/${customer.crmAccountId}/${entity}`
  const metadata = {
    tieout_crm: crm,
    tieout_crm_org: org,
    tieout_crm_account: customer.crmAccountId,
    tieout_entity: entity,
  }
  const { name, billingEmail: email, address, taxIds } = customer
  return [
    { kind: 'customer', ref: 'customer', opKey: `customer:${key}`, metadata, name, email, address },
    ...taxIds.map(({ type, value }, index) => ({
      kind: 'tax-id' as const,
      ref: `tax-id:${index + 1}`,
      opKey: `tax-id:${key}/${type}/${value}`,
      metadata: {},
      customerRef: 'customer',
      type,
      value,
    })),
  ]
}
