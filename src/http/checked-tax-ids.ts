import type { CheckedTaxId } from '../domain/tax-id-check.ts'
import { taxIdsOf } from '../domain/tax-id-check.ts'
import type { StoredContract } from '../store/contracts.ts'
import { taxIdsOfCustomer } from '../store/tax-ids.ts'
import type { Reader } from '../store/unit-of-work.ts'

/** The tax ids of a contract's customer, with the newest answer about each. */
export async function taxIdsOfContract(reader: Reader, contract: StoredContract): Promise<CheckedTaxId[]> {
  const held = await taxIdsOfCustomer(reader, contract.customerId)
  const checked = held.map(({ type, value, status, verifiedName, verifiedAddress, occurredAt }) => ({
    type,
    value,
    status,
    verifiedName,
    verifiedAddress,
    checkedAt: status === 'pending' ? null : occurredAt,
  }))
  return taxIdsOf(contract.version.terms.customer.taxIds, checked)
}
