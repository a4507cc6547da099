import { type CalendarDate, addDays, addMonths } from '../calendar.ts'
import type { Collection, ContractLine, ContractTerms, Discount } from '../contract.ts'
import { readTaxId } from '../contract-check/tax-id-format.ts'
import { stateCodeOf } from '../contract-check/united-states.ts'
import type { Filled } from './filled.ts'

/** A day that is never read: it stands in for a date that is faulty. */
export const standInDay: CalendarDate = '2000-01-01'

/** Puts the values of `terms` and the lines together. */
export function assembleTerms(
  filled: Filled,
  lines: readonly ContractLine[],
  lineDiscounts: readonly Discount[],
): ContractTerms {
  const startsOn = filled.day('startsOn', standInDay)
  return {
    customer: assembleCustomer(filled),
    entity: filled.textOr('entity', '—'),
    currency: filled.textOr('currency', 'USD'),
    signedOn: filled.day('signedOn', standInDay),
    startsOn,
    endsBefore: endOf(filled, startsOn),
    renewal: filled.object<ContractTerms['renewal']>('renewal', { kind: 'none' }),
    collection: filled.object<Collection>('collection', { kind: 'card' }),
    purchaseOrder: assemblePurchaseOrder(filled),
    references: filled.below('references.').map(({ name, value }) => ({ name, value: String(value) })),
    proration: filled.textOr('proration', 'none') as ContractTerms['proration'],
    lines: [...lines],
    discounts: [...assembleDiscount(filled), ...lineDiscounts],
    entitlements: assembleEntitlements(filled),
    provenance: {
      salesRep: filled.text('provenance.salesRep'),
      documentUrl: filled.text('provenance.documentUrl'),
      crmUrl: filled.text('provenance.crmUrl'),
    },
  }
}

function assembleCustomer(filled: Filled): ContractTerms['customer'] {
  const country = filled.text('customer.address.country')
  return {
    crmAccountId: filled.textOr('customer.crmAccountId', '—'),
    name: filled.textOr('customer.name', '—'),
    billingEmail: filled.text('customer.billingEmail'),
    address: country === null ? null : assembleAddress(filled, country),
    taxIds: assembleTaxIds(filled, country),
  }
}

/** A state of the United States is written with its two letters; all else stays as it is. */
function assembleAddress(filled: Filled, country: string): NonNullable<ContractTerms['customer']['address']> {
  const part = (name: string) => filled.text(`customer.address.${name}`)
  const state = part('state')
  const parts = {
    line1: part('line1'),
    line2: part('line2'),
    city: part('city'),
    postalCode: part('postalCode'),
    state: state !== null && country === 'US' ? (stateCodeOf(state) ?? state) : state,
  }
  return { ...Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null)), country }
}

function assembleTaxIds(filled: Filled, country: string | null): ContractTerms['customer']['taxIds'] {
  const text = filled.text('customer.taxId')
  if (text === null) return []
  const read = readTaxId(text, country ?? '')
  return [read.ok ? read.value : { type: 'unknown', value: text }]
}

/** The first day no longer served: written as such, as the last day served, or as months from the start. */
function endOf(filled: Filled, startsOn: CalendarDate): CalendarDate {
  const months = filled.count('months')
  if (months !== null) return addMonths(startsOn, Math.min(Math.max(months, -1), 1_200))
  const lastDay = filled.text('endsOn')
  if (lastDay !== null) return addDays(lastDay, 1)
  return filled.text('endsBefore') ?? addMonths(startsOn, 12)
}

function assemblePurchaseOrder(filled: Filled): ContractTerms['purchaseOrder'] {
  const number = filled.text('purchaseOrder.number')
  if (number === null) return null
  return {
    number,
    amount: filled.money('purchaseOrder.amount'),
    expiresOn: filled.text('purchaseOrder.expiresOn'),
  }
}

function assembleDiscount(filled: Filled): Discount[] {
  const percent = filled.text('discount.percent')
  const amount = filled.money('discount.amount')
  const isNothing = (percent === null || percent === '0') && (amount === null || amount.amountMinor === 0n)
  if (isNothing) return []
  return [
    {
      name: filled.textOr('discount.name', 'Negotiated discount'),
      percent,
      amount,
      duration: durationOf(filled),
      lineIds: null,
    },
  ]
}

function durationOf(filled: Filled): Discount['duration'] {
  const kind = filled.textOr('discount.duration', 'forever')
  if (kind === 'months') return { kind, months: filled.count('discount.months') ?? 0 }
  return { kind: kind === 'once' ? 'once' : 'forever' }
}

function assembleEntitlements(filled: Filled): ContractTerms['entitlements'] {
  const entitlements: ContractTerms['entitlements'] = {}
  for (const { name, value } of filled.below('entitlements.'))
    if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
      Object.defineProperty(entitlements, name, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      })
  return entitlements
}
