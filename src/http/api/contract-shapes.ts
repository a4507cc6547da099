import { z } from '@hono/zod-openapi'
import { contractValue, obligationsOf } from '../../domain/contract-value.ts'
import { encodeTerms, type ContractVersion } from '../../domain/contract.ts'
import type { CheckedTaxId } from '../../domain/tax-id-check.ts'
import type { Contract, StoredContract } from '../../store/contracts.ts'
import { Day, Instant, instantOut, moneyOut, MoneyShape, underscored } from '../shapes.ts'

export const contractStates = ['drafted', 'provisioning', 'active', 'ended'] as const

const headFields = {
  object: z.literal('contract'),
  id: z.string().openapi({ example: 'ctr_0198…' }),
  number: z.string().openapi({ example: 'C-1001' }),
  state: z.enum(contractStates),
  customer_id: z.string(),
  deal_id: z.string(),
  entity: z.string(),
  currency: z.string(),
  current_version: z.int(),
  starts_on: Day,
  ends_before: Day.openapi({ description: 'The first day that is no longer served.' }),
  subscription_id: z.string().nullable(),
  created_at: Instant,
  activated_at: Instant.nullable(),
}

/** A contract as lists show it. */
export const ContractItemShape = z.object(headFields).openapi('Contract')

/** A contract with what it is worth. */
export const ContractHeadShape = z
  .object({
    ...headFields,
    value: MoneyShape.openapi({ description: 'All fixed amounts over the term; metered use is not in it.' }),
  })
  .openapi('ContractHead')

const TaxIdShape = z
  .object({
    type: z.string().openapi({ example: 'eu_vat' }),
    value: z.string(),
    status: z.enum(['pending', 'verified', 'unverified', 'unavailable', 'removed']).openapi({
      description:
        'Only `verified` is verified. `unavailable`: no register answers for this type, or it did not answer.',
    }),
    verified_name: z.string().nullable(),
    verified_address: z.string().nullable(),
    checked_at: Instant.nullable(),
  })
  .openapi('TaxId')

export const ContractShape = ContractHeadShape.extend({
  versions: z.array(
    z.object({
      version: z.int(),
      effective_on: Day,
      treatment: z.enum(['prospective', 'cumulative-catch-up']).nullable(),
      mapping_version_id: z.string(),
      deal_snapshot_id: z.string(),
      terms: z
        .record(z.string(), z.unknown())
        .openapi({ description: 'All that was agreed; amounts are minor units as strings.' }),
    }),
  ),
  obligations: z.array(
    z.object({
      line_id: z.string(),
      family: z.string().nullable(),
      price: MoneyShape,
      starts_on: Day,
      ends_before: Day,
    }),
  ),
  subscription: z.object({ id: z.string(), provider: z.literal('stripe') }).nullable(),
  tax_ids: z.array(TaxIdShape).openapi({ description: 'Of the customer, with what the register says.' }),
}).openapi('ContractDetail')

/** Writes a contract for a list. */
export function contractItemOut(held: Contract): z.input<typeof ContractItemShape> {
  return {
    object: 'contract',
    id: held.contractId,
    number: held.number,
    state: held.state,
    customer_id: held.customerId,
    deal_id: held.caseId,
    entity: held.entity,
    currency: held.currency,
    current_version: held.currentVersion,
    starts_on: held.startsOn,
    ends_before: held.endsBefore,
    subscription_id: held.subscriptionId,
    created_at: instantOut(held.createdAt),
    activated_at: instantOut(held.activatedAt),
  }
}

/** Writes a contract with what it is worth. */
export function contractHeadOut(held: StoredContract): z.input<typeof ContractHeadShape> {
  return { ...contractItemOut(held), value: moneyOut(contractValue(held.version.terms)) }
}

/** Writes a contract with everything that was agreed and promised. */
export function contractOut(
  held: StoredContract,
  versions: readonly ContractVersion[],
  taxIds: readonly CheckedTaxId[],
): z.input<typeof ContractShape> {
  const { subscriptionId } = held
  return {
    ...contractHeadOut(held),
    versions: versions.map((version) => ({
      version: version.version,
      effective_on: version.effectiveOn,
      treatment: version.treatment,
      mapping_version_id: version.mappingVersionId,
      deal_snapshot_id: version.dealSnapshotId,
      terms: underscored(encodeTerms(version.terms), ['entitlements']) as Record<string, unknown>,
    })),
    obligations: obligationsOf(held.version).map(({ lineId, family, price, service }) => ({
      line_id: lineId,
      family,
      price: moneyOut(price),
      starts_on: service.startsOn,
      ends_before: service.endsBefore,
    })),
    subscription: subscriptionId === null ? null : { id: subscriptionId, provider: 'stripe' },
    tax_ids: taxIds.map(taxIdOut),
  }
}

/** Writes a tax id with what became of its check. */
export function taxIdOut(taxId: CheckedTaxId): z.input<typeof TaxIdShape> {
  const { type, value, status, verifiedName, verifiedAddress, checkedAt } = taxId
  return {
    type,
    value,
    status,
    verified_name: verifiedName,
    verified_address: verifiedAddress,
    checked_at: instantOut(checkedAt),
  }
}
