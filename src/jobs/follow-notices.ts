import { taxIdNotVerified } from '../domain/tax-id-check.ts'
import type { BillingNotice } from '../ports/billing.ts'
import type { StoredContract } from '../store/contracts.ts'
import { contractBySubscription, contractsOfCustomer, loadContracts } from '../store/contracts.ts'
import { loadCustomers } from '../store/customers.ts'
import { loadDeals } from '../store/deals.ts'
import { enqueue } from '../store/enqueue.ts'
import { openIssues } from '../store/exceptions.ts'
import { keepTaxIds, lockCustomersOf, taxIdsOfCustomer } from '../store/tax-ids.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { JobContext } from './job.ts'
import { provisioningOf } from './provisioning-work.ts'

type TaxIdChecked = Extract<BillingNotice, { kind: 'tax-id-checked' }>
type SubscriptionChanged = Extract<BillingNotice, { kind: 'subscription-changed' }>

/**
 * Follows what the provider tells besides money. The newest answer about a tax id is kept; a changed subscription is compared with its
 * contract by the stage that set it up, one contract at a time, so what it says now counts and not the order of messages. A report of
 * use that was not counted is dealt with as work of its own.
 */
export async function followNotices(
  unit: Unit,
  notices: readonly BillingNotice[],
  context: JobContext,
): Promise<void> {
  await followTaxIds(
    unit,
    notices.filter((notice) => notice.kind === 'tax-id-checked'),
    context,
  )
  await followSubscriptions(
    unit,
    notices.filter((notice) => notice.kind === 'subscription-changed'),
    context,
  )
  const refused = notices.filter((notice) => notice.kind === 'use-refused')
  await enqueue(
    unit,
    refused.map(({ reportId }) => ({ queue: 'check-told-usage', subject: reportId })),
    context,
  )
}

/** What a notice led to, for the message that brought it. */
export function wordsOf(notice: BillingNotice): string {
  if (notice.kind === 'tax-id-checked') return `tax id ${notice.taxIdId} is ${notice.status}`
  if (notice.kind === 'use-refused') return 'use was not counted: the hours it may be about are compared'
  const { subscriptionId, mayMoveMoney } = notice
  return mayMoveMoney
    ? `subscription ${subscriptionId} changed: compared with its contract, where it has one`
    : `nothing of subscription ${subscriptionId} that moves money changed`
}

async function followTaxIds(
  unit: Unit,
  notices: readonly TaxIdChecked[],
  context: JobContext,
): Promise<void> {
  if (notices.length === 0) return
  const ours = await lockCustomersOf(
    unit,
    notices.map(({ customerId }) => customerId),
  )
  await keepTaxIds(
    unit,
    notices.flatMap(({ customerId: providerCustomerId, ...answer }) => {
      const customerId = ours.get(providerCustomerId)
      return customerId === undefined ? [] : [{ ...answer, customerId }]
    }),
  )
  // A check under way settles nothing.
  const answered = notices.filter(({ status }) => status !== 'pending')
  const customerIds = new Set(answered.flatMap(({ customerId }) => ours.get(customerId) ?? []))
  for (const customerId of customerIds) await raiseTaxIds(unit, customerId, context)
}

/** One exception for each tax id that no register knows, on the customer's first contract; it settles with the answer that does. */
async function raiseTaxIds(unit: Unit, customerId: string, { clock }: JobContext): Promise<void> {
  const [contract] = await contractsOfCustomer(unit, customerId)
  const [customer] = await loadCustomers(unit, [customerId])
  if (contract === undefined || customer === undefined) return
  const doubtful = (await taxIdsOfCustomer(unit, customerId)).filter(({ status }) => status === 'unverified')
  const subject = {
    queue: 'provision-billing',
    subjectKind: 'tax-ids',
    subject: contract.contractId,
    caseId: contract.caseId,
  }
  await openIssues(
    unit,
    subject,
    doubtful.map((taxId) => taxIdNotVerified(customer.name, taxId)),
    clock.now(),
  )
}

async function followSubscriptions(
  unit: Unit,
  notices: readonly SubscriptionChanged[],
  context: JobContext,
): Promise<void> {
  const contracts = new Map<string, StoredContract>()
  for (const notice of notices.filter(({ mayMoveMoney }) => mayMoveMoney)) {
    const contract = await contractOf(unit, notice)
    if (contract?.state === 'active') contracts.set(contract.contractId, contract)
  }
  for (const { contractId, caseId, version } of contracts.values()) {
    const [held] = await loadDeals(unit, [caseId])
    if (held !== undefined) await enqueue(unit, [provisioningOf(contractId, held, version.terms)], context)
  }
}

/** The contract a subscription names, or was made for if somebody took the name off. */
async function contractOf(
  unit: Unit,
  { contractId, subscriptionId, scheduleId }: SubscriptionChanged,
): Promise<StoredContract | null> {
  const [named] = contractId === null ? [] : await loadContracts(unit, [contractId])
  return (
    named ??
    (await contractBySubscription(unit, subscriptionId)) ??
    (scheduleId === null ? null : await contractBySubscription(unit, scheduleId))
  )
}
