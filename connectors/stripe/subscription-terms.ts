import type { Stripe } from 'stripe'
import type { ScheduleStep, SubscriptionItem, SubscriptionStep } from '../../src/domain/billing-plan.ts'
import type { ProviderIds } from '../../src/ports/billing.ts'
import { idOf } from './connection.ts'

type ContractStep = SubscriptionStep | ScheduleStep

/** Metadata keys we write, besides those the plan gives. */
export const metadataKeys = {
  contract: 'tieout_contract_id',
  generation: 'tieout_generation',
  line: 'tieout_line_id',
  proration: 'tieout_proration',
  charge: 'tieout_charge_key',
  serviceFrom: 'tieout_service_from',
  serviceUntil: 'tieout_service_until',
} as const

/**
 * What a subscription carries. Invoices keep a copy of it, so besides the contract it tells which price bills which line: an invoice
 * line names its price and not our line.
 */
export function metadataOf(
  step: ContractStep,
  items: readonly SubscriptionItem[],
  ids: ProviderIds,
): Stripe.Metadata {
  const lines = items.map(({ priceRef, lineId }) => [idOf(ids, priceRef), lineId])
  return { ...step.metadata, [metadataKeys.proration]: step.proration, ...Object.fromEntries(lines) }
}

/** The items of a subscription or phase, each with its line and its coupons. */
export function itemsOf(step: ContractStep, items: readonly SubscriptionItem[], ids: ProviderIds) {
  return items.map(({ lineId, priceRef, quantity, couponRefs }) => ({
    price: idOf(ids, priceRef),
    ...(quantity === null ? {} : { quantity: Number(quantity) }),
    ...(couponRefs.length === 0 ? {} : { discounts: couponsOf(couponRefs, ids) }),
    metadata: {
      [metadataKeys.contract]: step.contractId,
      [metadataKeys.generation]: step.metadata[metadataKeys.generation] ?? '1',
      [metadataKeys.line]: lineId,
    },
  }))
}

/** Coupons in the order in which they apply. */
export function couponsOf(couponRefs: readonly string[], ids: ProviderIds): { coupon: string }[] {
  return couponRefs.map((ref) => ({ coupon: idOf(ids, ref) }))
}

/** How invoices are collected, in Stripe's words. */
export function collectionOf({ collection }: ContractStep) {
  return collection.kind === 'invoice'
    ? ({ collection_method: 'send_invoice', days_until_due: collection.daysUntilDue } as const)
    : ({ collection_method: 'charge_automatically' } as const)
}

/** The references printed on every invoice. */
export function customFieldsOf({ customFields }: ContractStep): { name: string; value: string }[] {
  return customFields.map(({ name, value }) => ({ name, value }))
}

/** Whether an object is the one of a contract and its generation. */
export function belongsTo(step: ContractStep, metadata: Stripe.Metadata | null): boolean {
  const { contract, generation } = metadataKeys
  return metadata?.[contract] === step.contractId && metadata[generation] === step.metadata[generation]
}
