import { contractValue } from '../../domain/contract-value.ts'
import { encodeTerms } from '../../domain/contract.ts'
import type { Issue } from '../../domain/issue.ts'
import { contractHeadOut } from '../../http/api/contract-shapes.ts'
import { moneyOut } from '../../http/shapes.ts'
import type { FoundPlan } from './deal-plan.ts'

/** A plan for `--json`: amounts as the API writes them, minor units as text. */
export function planData({ deal, contract, mappingName, plan, made }: FoundPlan) {
  const head = {
    deal: {
      crm: deal.crm,
      org: deal.org,
      deal_id: deal.dealId,
      name: deal.name,
      closed_won: deal.isClosedWon,
    },
    mapping: mappingName,
    contract: contract === null ? null : contractHeadOut(contract),
    outcome: plan.kind,
  }
  if (plan.kind === 'ignored') return { ...head, rule: plan.rule }
  if (plan.kind === 'stopped') return { ...head, issues: plan.issues.map(issueOut) }
  const { version, invoices, revenue, warnings } = plan
  return {
    ...head,
    value: moneyOut(contractValue(version.terms)),
    terms: encodeTerms(version.terms),
    steps: plan.plan.steps.map((step) => ({
      kind: step.kind,
      op_key: step.opKey,
      provider_id: made.get(step.opKey) ?? null,
      asks: step,
    })),
    own_charges: plan.plan.ownCharges.map(({ amount, availableFrom, chargeKey, description, reason }) => ({
      charge_key: chargeKey,
      description,
      amount: moneyOut(amount),
      available_from: availableFrom,
      reason,
    })),
    invoices: invoices.map(({ invoicedOn, lines, total }) => ({
      invoiced_on: invoicedOn,
      total: moneyOut(total),
      has_use: lines.some(({ amount }) => amount === null),
      lines: lines.map(({ lineId, description, service, amount }) => ({
        line_id: lineId,
        description,
        starts_on: service.startsOn,
        ends_before: service.endsBefore,
        amount: amount === null ? null : moneyOut(amount),
      })),
    })),
    revenue: revenue.map(({ month, earned }) => ({ month, earned: moneyOut(earned) })),
    warnings: warnings.map(issueOut),
  }
}

function issueOut({ amount, ...issue }: Issue) {
  return { ...issue, amount: amount === undefined ? null : moneyOut(amount) }
}
