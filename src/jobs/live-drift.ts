import type { BillingPlan } from '../domain/billing-plan.ts'
import { subscriptionDrifted } from '../domain/subscription-drift.ts'
import type { ProviderIds } from '../ports/billing.ts'
import type { StoredContract } from '../store/contracts.ts'
import { endingOf } from './ending.ts'
import type { Ending, JobContext } from './job.ts'
import { done } from './job.ts'

/**
 * Compares what a live contract's subscription holds at the provider with its plan. Parks with one exception that names every field somebody
 * else changed; done when it is as agreed, or was not live before.
 */
export async function endingOfLive(
  contract: StoredContract,
  plan: BillingPlan,
  ids: ProviderIds,
  { billing, clock }: JobContext,
): Promise<Ending> {
  if (contract.state !== 'active' || contract.subscriptionId === null) return done
  const answer = await billing.compareSubscription(plan, ids, contract.subscriptionId)
  if (answer.kind !== 'ok')
    return endingOf(answer, `read the subscription of contract ${contract.number}`, 'Stripe', clock.now())
  if (answer.value.length === 0) return done
  return { kind: 'park', issues: [subscriptionDrifted(contract.number, answer.value)] }
}
