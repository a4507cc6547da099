import type { BillingPlan, BillingStep, PlanContext } from '../../src/domain/billing-plan.ts'
import { planBilling } from '../../src/domain/billing-plan.ts'
import type { ContractTerms } from '../../src/domain/contract.ts'
import { sampleVersion } from './contract-samples.ts'

export const context: PlanContext = { asOf: '2017-03-01', zone: 'UTC', crm: 'salesforce', org: '00D1' }
export const acmeContext: PlanContext = { ...context, crm: 'hubspot', org: '4711', asOf: '2027-01-01' }
export const monthly = { months: 1, timing: 'advance' } as const

export function planOf(terms: ContractTerms, overrides: Partial<PlanContext> = {}): BillingPlan {
  const plan = planBilling(sampleVersion(terms), { ...context, ...overrides })
  if (!plan.ok) throw new Error(plan.error.map(({ sentence }) => sentence).join('\n'))
  return plan.value
}

export function stepsOf<K extends BillingStep['kind']>(
  plan: BillingPlan,
  kind: K,
): Extract<BillingStep, { kind: K }>[] {
  return plan.steps.filter((step): step is Extract<BillingStep, { kind: K }> => step.kind === kind)
}

export function sentencesOf(terms: ContractTerms, overrides: Partial<PlanContext> = {}): string[] {
  const plan = planBilling(sampleVersion(terms), { ...context, ...overrides })
  return plan.ok ? [] : plan.error.map(({ code, sentence }) => `${code} ${sentence}`)
}

export const day = (text: string) => new Date(`${text}T00:00:00Z`)
