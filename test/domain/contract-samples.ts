import type { ContractTerms, ContractTermsJson, ContractVersion } from '../../src/domain/contract.ts'
import { decodeTerms } from '../../src/domain/contract.ts'

type LineJson = ContractTermsJson['lines'][number]

/** US dollars in minor units, as JSON. */
export function usd(amountMinor: number): { currency: string; amount: string } {
  return { currency: 'USD', amount: amountMinor.toString() }
}

/** A yearly fee in advance, 1,054.00 where the list says 1,096.00. */
export function feeLine(overrides: Partial<Extract<LineJson, { kind: 'fee' }>> = {}): LineJson {
  return {
    kind: 'fee',
    lineId: 'gtx-pro',
    product: { code: 'GTXPro', name: 'GTX Pro', family: 'GTX' },
    unitPrice: usd(105_400),
    listPrice: usd(109_600),
    quantity: '1',
    billing: { months: 12, timing: 'advance' },
    ramp: [],
    ...overrides,
  }
}

/** 10M tokens included, then 0.004 for each 1,000, less 20 %. */
export function tokenLine(overrides: Partial<Extract<LineJson, { kind: 'usage' }>> = {}): LineJson {
  return {
    kind: 'usage',
    lineId: 'tokens',
    product: { code: 'TOKENS', name: 'Tokens', family: 'Usage' },
    meter: 'tokens',
    includedUnits: '10000000',
    unitSize: '1000',
    model: 'per-unit',
    tiers: [{ upTo: null, unitPrice: '0.004', flatFee: null }],
    overageDiscountPercent: '20',
    commit: null,
    minimum: null,
    billing: { months: 1, timing: 'arrears' },
    ...overrides,
  }
}

/** Terms of one year from 1 March 2017 at NET 30, with the fee line unless told otherwise. */
export function sampleTerms(overrides: Partial<ContractTermsJson> = {}): ContractTerms {
  return decodeTerms({
    customer: {
      crmAccountId: '001A',
      name: 'Acme Bank',
      billingEmail: 'ap@acme.example',
      address: null,
      taxIds: [],
    },
    entity: 'us',
    currency: 'USD',
    signedOn: '2017-03-01',
    startsOn: '2017-03-01',
    endsBefore: '2018-03-01',
    renewal: { kind: 'none' },
    collection: { kind: 'invoice', daysUntilDue: 30 },
    purchaseOrder: null,
    references: [],
    proration: 'none',
    lines: [feeLine()],
    discounts: [],
    entitlements: {},
    provenance: { salesRep: null, documentUrl: null, crmUrl: null },
    ...overrides,
  })
}

/** The first version of contract `ctr_1`. */
export function sampleVersion(terms: ContractTerms): ContractVersion {
  return {
    contractId: 'ctr_1',
    version: 1,
    generation: 1,
    dealSnapshotId: 'snp_1',
    mappingVersionId: 'map_1',
    effectiveOn: terms.startsOn,
    treatment: null,
    terms,
  }
}

/** Acme Bank: 50,000.00 a month and the tokens over 10M, both in arrears, NET 60, with a purchase order. */
export function acmeTerms(overrides: Partial<ContractTermsJson> = {}): ContractTerms {
  return sampleTerms({
    signedOn: '2026-12-20',
    startsOn: '2027-01-01',
    endsBefore: '2028-01-01',
    collection: { kind: 'invoice', daysUntilDue: 60 },
    purchaseOrder: { number: 'PO-2027-0042', amount: null, expiresOn: null },
    lines: [
      feeLine({
        lineId: 'platform',
        product: { code: 'PLATFORM', name: 'Platform fee', family: 'Platform' },
        unitPrice: usd(5_000_000),
        listPrice: null,
        billing: { months: 1, timing: 'arrears' },
      }),
      tokenLine(),
    ],
    entitlements: { sso: true, seats: 250 },
    ...overrides,
  })
}
