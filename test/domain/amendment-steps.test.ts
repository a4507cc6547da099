import { expect, test } from 'vitest'
import { amendmentSteps } from '../../src/domain/billing-plan.ts'
import type { ContractTermsJson, ContractVersion } from '../../src/domain/contract.ts'
import { sampleTerms, sampleVersion } from './contract-samples.ts'

type Change = { readonly email?: string | null; readonly order?: string | null; readonly center?: string }

/** Versions of one contract, each with all of its terms. */
function versions(...changes: readonly Change[]): ContractVersion[] {
  return changes.map(({ email = 'ap@acme.example', order = null, center }, index) => {
    const overrides: Partial<ContractTermsJson> = {
      purchaseOrder: order === null ? null : { number: order, amount: null, expiresOn: null },
      references: center === undefined ? [] : [{ name: 'Cost center', value: center }],
    }
    const terms = sampleTerms(overrides)
    const customer = { ...terms.customer, billingEmail: email }
    return { ...sampleVersion({ ...terms, customer }), version: index + 1 }
  })
}

function keysOf(all: readonly ContractVersion[], baseVersion = 1): string[] {
  return amendmentSteps(all, { version: baseVersion }).map(({ opKey }) => opKey)
}

test('one version changes nothing', () => {
  expect(amendmentSteps(versions({ order: 'PO-1' }), { version: 1 })).toEqual([])
})

test('a purchase order that came with version 2 is shown on invoices from then on, beside the cost center', () => {
  const all = versions({ order: 'PO-1', center: '4711' }, { order: 'PO-2', center: '4711' })
  expect(amendmentSteps(all, { version: 1 })).toEqual([
    {
      kind: 'invoice-references',
      ref: 'invoice-references:2',
      opKey: 'invoice-references:ctr_1/1/2',
      metadata: {},
      contractId: 'ctr_1',
      customerRef: 'customer',
      subscriptionRef: 'subscription',
      customFields: [
        { name: 'PO number', value: 'PO-2' },
        { name: 'Cost center', value: '4711' },
      ],
    },
  ])
})

test('a purchase order that was removed leaves no field', () => {
  expect(amendmentSteps(versions({ order: 'PO-1' }, { order: null }), { version: 1 })).toMatchObject([
    { kind: 'invoice-references', customFields: [] },
  ])
})

test('a version whose change moves no field and no e-mail has no step', () => {
  expect(keysOf(versions({ order: 'PO-1' }, { order: 'PO-1' }))).toEqual([])
})

test('each change keeps the key of the version that brought it, whatever came later', () => {
  const all = versions(
    { order: 'PO-1' },
    { order: 'PO-2' },
    { order: 'PO-2', email: 'new@acme.example' },
    { order: 'PO-1', email: 'new@acme.example' },
  )
  expect(keysOf(all)).toEqual([
    'invoice-references:ctr_1/1/2',
    'customer-email:ctr_1/1/3',
    'invoice-references:ctr_1/1/4',
  ])
})

test('references that the subscription was made with are no change; the e-mail is one, for the customer may be older', () => {
  const all = versions({ order: 'PO-1' }, { order: 'PO-2', email: 'new@acme.example' }, { order: 'PO-3' })
  expect(keysOf(all, 2)).toEqual([
    'customer-email:ctr_1/1/2',
    'customer-email:ctr_1/1/3',
    'invoice-references:ctr_1/1/3',
  ])
})

test('an e-mail that was emptied stays where it is, because invoices must go to somebody', () => {
  expect(keysOf(versions({}, { email: null }))).toEqual([])
})
