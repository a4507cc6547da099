import type { ContractTerms } from '../domain/contract.ts'
import type { DealCase } from '../store/deals.ts'
import type { NewWork } from '../store/enqueue.ts'
import { connectionOf } from './job.ts'

/** The work of setting up a contract's billing, or of following its changes: contracts of one CRM account go one after the other. */
export function provisioningOf(
  contractId: string,
  { crm, org }: Pick<DealCase, 'crm' | 'org'>,
  { customer }: Pick<ContractTerms, 'customer'>,
): NewWork {
  const orderKey = `${connectionOf({ name: crm, org })}:${customer.crmAccountId}`
  return { queue: 'provision-billing', subject: contractId, orderKey }
}
