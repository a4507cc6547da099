import type { BillingPlan } from '../domain/billing-plan.ts'
import { amendmentSteps, planBilling, subscriptionKeyOf } from '../domain/billing-plan.ts'
import { entityOf } from '../domain/books.ts'
import { dateIn } from '../domain/calendar.ts'
import type { ContractVersion } from '../domain/contract.ts'
import type { CrmName } from '../domain/deal.ts'
import type { Issue } from '../domain/issue.ts'
import type { Result } from '../domain/result.ts'
import { ok } from '../domain/result.ts'
import type { StoredContract } from '../store/contracts.ts'
import { versionsOfContract } from '../store/contracts.ts'
import type { DealCase } from '../store/deals.ts'
import { fingerprintOf } from '../store/fingerprint.ts'
import type { Operation } from '../store/operations.ts'
import { operationOf } from '../store/operations.ts'
import type { JobContext } from './job.ts'

type PlanOn = (version: ContractVersion) => Result<BillingPlan, Issue[]>

/**
 * Plans a contract as of today; or, once its subscription was asked for, as of that day and by the version it was asked for with, because a
 * call whose outcome is unknown must be looked up and repeated as it was. What later versions change comes after it.
 */
export async function planOfContract(
  contract: StoredContract,
  held: DealCase,
  context: JobContext,
): Promise<Result<BillingPlan, Issue[]>> {
  const zone = entityOf(context.books, contract.entity)?.timeZone ?? 'UTC'
  const asked = await operationOf(context.store.read, subscriptionKeyOf(contract.version))
  const planOn: PlanOn = (version) =>
    planBilling(version, {
      asOf: dateIn(zone, asked?.firstSentAt ?? context.clock.now()),
      zone,
      crm: held.crm as CrmName,
      org: held.org,
      automaticTax: context.settings.automaticTax,
    })
  if (contract.currentVersion === 1) return planOn(contract.version)
  const versions = await versionsOfContract(context.store.read, contract.contractId)
  const base = versionAskedFor(versions, asked, planOn) ?? contract.version
  const plan = planOn(base)
  if (!plan.ok) return plan
  const amendments = await amendmentsToMake(versions, base, context)
  return ok({ ...plan.value, steps: [...plan.value.steps, ...amendments] })
}

/** The version a subscription was asked for with, whatever became of it; null when it never was, or was refused. */
function versionAskedFor(
  versions: readonly ContractVersion[],
  asked: Operation | null,
  planOn: PlanOn,
): ContractVersion | null {
  if (asked === null || asked.state === 'failed') return null
  const isAskedFor = (version: ContractVersion) => {
    const plan = planOn(version)
    return plan.ok && fingerprintOf(plan.value.steps.at(-1)) === asked.fingerprint
  }
  return versions.find(isAskedFor) ?? versions[0] ?? null
}

/**
 * Of changes that came quickly only the last of a kind is made. An earlier one that may have been sent is settled before it, or it could
 * arrive after the later one.
 */
async function amendmentsToMake(
  versions: readonly ContractVersion[],
  base: ContractVersion,
  { store }: JobContext,
): Promise<BillingPlan['steps']> {
  const steps = amendmentSteps(versions, base)
  const last = new Map(steps.map((step) => [step.kind, step]))
  const wanted: (typeof steps)[number][] = []
  for (const step of steps) {
    const isLast = last.get(step.kind) === step
    const state = isLast ? null : (await operationOf(store.read, step.opKey))?.state
    if (isLast || state === 'in_flight' || state === 'unknown') wanted.push(step)
  }
  return wanted
}
