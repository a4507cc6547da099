import type { ContractTerms, ContractVersion } from '../contract.ts'
import type { CustomField } from './steps.ts'

/** What invoices show in their header: the purchase order first, then up to three further references. */
export function customFieldsOf({ purchaseOrder, references }: ContractTerms): CustomField[] {
  const order = purchaseOrder === null ? [] : [{ name: 'PO number', value: purchaseOrder.number }]
  return [...order, ...references.slice(0, 3)]
}

/** What the subscription carries for the product and for finding it again: the contract, and its entitlements as capability flags. */
export function subscriptionMetadata(version: ContractVersion): Record<string, string> {
  const { contractId, generation, terms } = version
  const flags = Object.entries(terms.entitlements)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => [flagKey(name), String(value)])
  return {
    tieout_contract_id: contractId,
    tieout_version: version.version.toString(),
    tieout_generation: generation.toString(),
    ...Object.fromEntries(flags),
  }
}

/** The metadata key of an entitlement. */
export function flagKey(name: string): string {
  return `entitlement_${name}`
}
