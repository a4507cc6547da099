import type { BillingPlan, BillingStep, OwnCharge } from './steps.ts'

/** What a plan asks for beyond what was done. `changed` names the fields in which a step already done differs. */
export type PlanDifference = {
  readonly steps: readonly BillingStep[]
  readonly ownCharges: readonly OwnCharge[]
  readonly changed: readonly { readonly step: BillingStep; readonly fields: readonly string[] }[]
}

/**
 * Compares a plan with the steps and charges done so far, by their keys. Against itself a plan has no difference: applying it twice does
 * nothing. A changed step is named, never repeated: what becomes of it is a decision.
 */
export function differences(
  plan: BillingPlan,
  done: Pick<BillingPlan, 'steps' | 'ownCharges'>,
): PlanDifference {
  const doneSteps = new Map(done.steps.map((step) => [step.opKey, step]))
  const doneCharges = new Set(done.ownCharges.map(({ chargeKey }) => chargeKey))
  return {
    steps: plan.steps.filter(({ opKey }) => !doneSteps.has(opKey)),
    ownCharges: plan.ownCharges.filter(({ chargeKey }) => !doneCharges.has(chargeKey)),
    changed: plan.steps.flatMap((step) => {
      const fields = changedFields(step, doneSteps.get(step.opKey) ?? step)
      return fields.length === 0 ? [] : [{ step, fields }]
    }),
  }
}

function changedFields(step: BillingStep, before: BillingStep): string[] {
  const [now, then] = [Object.entries(step), new Map<string, unknown>(Object.entries(before))]
  return now.filter(([name, value]) => written(value) !== written(then.get(name))).map(([name]) => name)
}

/** One text for equal values, whatever the order of their keys. */
function written(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
  })
}
