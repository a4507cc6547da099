import type { ContractVersion } from '../contract.ts'
import { customFieldsOf } from './references.ts'
import type { AmendmentStep } from './steps.ts'

/**
 * What the versions of a contract change of what is at the provider already, oldest first. `base` is the version by which the
 * subscription was made. Each step belongs to the version that brought the change, so it is done once; of those of a kind only the last
 * one matters. An e-mail that was emptied stays: invoices must go to somebody.
 */
export function amendmentSteps(
  versions: readonly ContractVersion[],
  base: Pick<ContractVersion, 'version'>,
): AmendmentStep[] {
  return versions.flatMap((version, index) => {
    const before = versions[index - 1]
    if (before === undefined) return []
    const isMadeWith = version.version <= base.version
    return [...emailStep(version, before), ...(isMadeWith ? [] : referencesStep(version, before))]
  })
}

/** The customer may be older than the subscription, so an e-mail counts whatever version the subscription was made by. */
function emailStep(version: ContractVersion, before: ContractVersion): AmendmentStep[] {
  const { billingEmail: email } = version.terms.customer
  if (email === null || email === before.terms.customer.billingEmail) return []
  return [
    {
      kind: 'customer-email',
      ref: `customer-email:${version.version}`,
      opKey: `customer-email:${placeOf(version)}`,
      metadata: {},
      customerRef: 'customer',
      email,
    },
  ]
}

function referencesStep(version: ContractVersion, before: ContractVersion): AmendmentStep[] {
  const customFields = customFieldsOf(version.terms)
  if (JSON.stringify(customFields) === JSON.stringify(customFieldsOf(before.terms))) return []
  return [
    {
      kind: 'invoice-references',
      ref: `invoice-references:${version.version}`,
      opKey: `invoice-references:${placeOf(version)}`,
      metadata: {},
      contractId: version.contractId,
      customerRef: 'customer',
      subscriptionRef: 'subscription',
      customFields,
    },
  ]
}

function placeOf({ contractId, generation, version }: ContractVersion): string {
  return `${contractId}/${generation}/${version}`
}
