import type { BillingPlan, BillingStep } from '../domain/billing-plan.ts'
import type { Issue } from '../domain/issue.ts'
import { fingerprintOf } from '../store/fingerprint.ts'
import { attachUsage } from '../store/attach-usage.ts'
import { activateContract, startProvisioning } from '../store/contract-states.ts'
import type { StoredContract } from '../store/contracts.ts'
import { loadContracts } from '../store/contracts.ts'
import { linkProviderCustomer } from '../store/customers.ts'
import { setDealStates } from '../store/deal-changes.ts'
import type { DealCase } from '../store/deals.ts'
import { loadDeals } from '../store/deals.ts'
import type { NewWork } from '../store/enqueue.ts'
import { enqueue } from '../store/enqueue.ts'
import { resolveSubject } from '../store/exceptions.ts'
import { providerIdsOf } from '../store/operations.ts'
import type { WorkItem } from '../store/work.ts'
import { planOfContract } from './contract-plan.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { endingOfLive } from './live-drift.ts'
import { callOnce } from './operation.ts'
import { endItem } from './settle-item.ts'
import { tellingOf } from './status-work.ts'

/**
 * Stage 3: makes what a contract needs at the billing provider: customer, tax ids, prices, coupons, and last the subscription. The
 * subject is the contract; contracts of one CRM account go one after the other.
 */
export const provisionBilling: Job = {
  queue: 'provision-billing',
  batchSize: 1,
  concurrency: 8,
  async run([item], context) {
    if (!item) return
    const [contract] = await loadContracts(context.store.read, [item.subject])
    const [held] = contract ? await loadDeals(context.store.read, [contract.caseId]) : []
    if (!contract || !held) throw new Error(`Contract ${item.subject} or its case is not there`)
    const provisioning = { item, contract, held }
    const ending = await provision(provisioning, context)
    if (ending.kind !== 'done') await leave(provisioning, ending, context)
  },
}

type Provisioning = { readonly item: WorkItem; readonly contract: StoredContract; readonly held: DealCase }

async function provision(provisioning: Provisioning, context: JobContext): Promise<Ending> {
  const { contract, held } = provisioning
  const planned = await planOfContract(contract, held, context)
  if (!planned.ok) return { kind: 'park', issues: planned.error }
  const plan = planned.value
  await context.store.unitOfWork(async (unit) => {
    await startProvisioning(unit, contract.contractId)
    await setDealStates(
      unit,
      [{ caseId: held.caseId, action: 'provision', to: 'provisioning' }],
      context.clock.now(),
    )
  })
  const made = await makeAll(plan, contract, context)
  if ('ending' in made) return made.ending
  const live = await endingOfLive(contract, plan, made.ids, context)
  if (live.kind !== 'done') return live
  await activate(provisioning, plan, made.ids, context)
  return done
}

async function makeAll(
  plan: BillingPlan,
  contract: StoredContract,
  context: JobContext,
): Promise<{ ids: Record<string, string> } | { ending: Ending }> {
  const known = await providerIdsOf(
    context.store.read,
    plan.steps.map(({ opKey }) => opKey),
  )
  const ids: Record<string, string> = {}
  const drift: string[] = []
  for (const step of plan.steps) {
    const providerId = known.get(step.opKey)
    if (providerId !== undefined) {
      ids[step.ref] = providerId
      continue
    }
    const made = await makeStep(step, ids, contract, context)
    if (made.kind === 'ended') return { ending: made.ending }
    ids[step.ref] = made.providerId
    drift.push(...made.drift.map((field) => `${step.kind}: ${field}`))
  }
  return drift.length > 0 ? { ending: { kind: 'park', issues: [driftIssue(contract, drift)] } } : { ids }
}

function makeStep(
  step: BillingStep,
  ids: Record<string, string>,
  contract: StoredContract,
  context: JobContext,
) {
  const soFar = { ...ids }
  return callOnce(
    {
      operation: {
        opKey: step.opKey,
        fingerprint: fingerprintOf(isShared(step) ? step.opKey : step),
        provider: 'stripe',
        kind: step.kind,
        subject: contract.contractId,
      },
      doing: `set up the ${step.kind} of contract ${contract.number}`,
      ask: () => context.billing.perform(step, soFar),
      look: () => context.billing.find(step, soFar),
    },
    context,
  )
}

/** Customers and products belong to many contracts; the first one makes them, and later ones may word them differently. */
function isShared({ kind }: BillingStep): boolean {
  return (
    kind === 'customer' ||
    kind === 'tax-id' ||
    kind === 'product' ||
    kind === 'meter' ||
    kind === 'price' ||
    kind === 'coupon'
  )
}

/** Billing stands: contract and deal become active together, and what follows from it is enqueued. */
async function activate(
  { item, contract, held }: Provisioning,
  plan: BillingPlan,
  ids: Readonly<Record<string, string>>,
  context: JobContext,
): Promise<void> {
  const now = context.clock.now()
  const customerId = ids['customer']
  const subscriptionId = ids['subscription'] ?? ids['schedule'] ?? null
  await context.store.unitOfWork(async (unit) => {
    if (customerId !== undefined) {
      await linkProviderCustomer(unit, contract.customerId, customerId, now)
      await attachUsage(unit, [customerId], context)
    }
    await activateContract(unit, contract.contractId, subscriptionId, now)
    await setDealStates(unit, [{ caseId: held.caseId, action: 'activate', to: 'active' }], now)
    const settled = { by: 'hub', resolution: 'billing is set up', at: now }
    await resolveSubject(
      unit,
      { queue: 'provision-billing', subjectKind: 'work', subject: item.subject },
      settled,
    )
    const next: NewWork[] = [tellingOf(held, now)]
    if (plan.ownCharges.length > 0) next.push({ queue: 'hand-over-charge', subject: contract.contractId })
    if (contract.version.terms.lines.some(({ kind }) => kind === 'usage'))
      next.push(
        { queue: 'report-usage', subject: 'all' },
        { queue: 'settle-usage', subject: contract.contractId },
      )
    await enqueue(unit, next, context)
    await endItem(unit, item, done, context)
  })
}

/** Work that ended for now: what needs a person shows on the deal too. */
async function leave({ item, held }: Provisioning, ending: Ending, context: JobContext): Promise<void> {
  await context.store.unitOfWork(async (unit) => {
    await endItem(unit, item, ending, context, held.caseId)
    if (ending.kind !== 'park') return
    await enqueue(unit, [tellingOf(held, context.clock.now())], context)
  })
}

function driftIssue(contract: StoredContract, drift: readonly string[]): Issue {
  return {
    code: 'PLAN_DRIFT',
    field: drift[0] ?? '',
    found: drift.join('; ').slice(0, 500),
    sentence: `What Stripe holds for contract ${contract.number} is not what was planned: ${drift.join('; ').slice(0, 300)}.`,
    action: 'Adopt what Stripe holds by amending the contract, or put it back as planned.',
    owner: 'revops',
    cause: `Stripe differs from the plan in ${drift
      .map((field) => field.split(' ')[0])
      .join(', ')
      .slice(0, 120)}`,
  }
}
