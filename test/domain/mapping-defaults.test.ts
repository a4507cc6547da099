import { expect, test } from 'vitest'
import { decodeTerms, encodeTerms } from '../../src/domain/contract.ts'
import { contractValue } from '../../src/domain/contract-value.ts'
import { draftContract } from '../../src/domain/mapping.ts'
import { money } from '../../src/domain/money.ts'
import {
  draftedFrom,
  feeItem,
  hubspotDeal,
  issuesFrom,
  mappingOf,
  mappingText,
  salesforceDeal,
  seatsItem,
  usageItem,
} from './mapping-samples.ts'

const salesforce = mappingOf(mappingText('salesforce.yaml'))
const hubspot = mappingOf(mappingText('hubspot.yaml'))

test('Acme Bank: 50,000.00 a month in arrears, NET 60, PO, 10M tokens included, then 0.004 for 1,000 less 20 %', () => {
  const { terms } = draftedFrom(salesforceDeal(), salesforce)
  expect(terms.lines).toEqual([
    {
      kind: 'fee',
      lineId: '00k000000000001aaa',
      product: { code: 'PLATFORM', name: 'Platform', family: 'Platform' },
      unitPrice: money('USD', 5_000_000n),
      listPrice: money('USD', 6_000_000n),
      quantity: 1n,
      billing: { months: 1, timing: 'arrears' },
      ramp: [],
    },
    {
      kind: 'usage',
      lineId: '00k000000000002aaa',
      product: { code: 'TOKENS', name: 'Tokens', family: 'Platform' },
      meter: 'tokens',
      includedUnits: 10_000_000n,
      unitSize: 1_000n,
      model: 'per-unit',
      tiers: [{ upTo: null, unitPrice: '0.004', flatFee: null }],
      overageDiscountPercent: '20',
      commit: null,
      minimum: null,
      billing: { months: 1, timing: 'arrears' },
    },
  ])
  expect(terms).toMatchObject({
    entity: 'us',
    currency: 'USD',
    signedOn: '2027-01-15',
    startsOn: '2027-02-01',
    endsBefore: '2028-02-01',
    collection: { kind: 'invoice', daysUntilDue: 60 },
    purchaseOrder: { number: 'PO-2027-0042', amount: null, expiresOn: null },
    references: [{ name: 'True-up', value: 'Quarterly' }],
    entitlements: { 'metered-use': true },
    provenance: { salesRep: 'Ada Sales' },
  })
  expect(contractValue(terms)).toEqual(money('USD', 60_000_000n))
})

test('the customer of Acme Bank has one address line, from two, and the e-mail of accounts payable', () => {
  const { terms, warnings } = draftedFrom(salesforceDeal(), salesforce)
  expect(warnings).toEqual([])
  expect(terms.customer).toEqual({
    crmAccountId: '001000000000001AAA',
    name: 'Acme Bank',
    billingEmail: 'ap@acme.example',
    address: {
      line1: '1 Main Street, Floor 2',
      city: 'New York',
      postalCode: '10001',
      state: 'NY',
      country: 'US',
    },
    taxIds: [],
  })
})

test('terms of a draft survive the way through JSON', () => {
  const { terms } = draftedFrom(salesforceDeal(), salesforce)
  expect(decodeTerms(JSON.parse(JSON.stringify(encodeTerms(terms))))).toEqual(terms)
})

test('without a billing e-mail and a start of its own a deal takes the contact and the close date', () => {
  const changes = { Billing_Email__c: null, Contract_Start__c: null, Quarterly_True_Up__c: false }
  const { terms } = draftedFrom(salesforceDeal({ deal: changes }), salesforce)
  expect(terms.customer.billingEmail).toBe('cfo@acme.example')
  expect(terms.startsOn).toBe('2027-01-15')
  expect(terms.references).toEqual([])
})

test('card, one-time and prepaid credits are other words in the same fields', () => {
  const setup = {
    ...feeItem,
    Line_Kind__c: 'One-time',
    UnitPrice: 1_500.5,
    Quantity: 2,
    Billing_Frequency__c: null,
  }
  const credits = {
    ...setup,
    Id: '00k000000000009AAA',
    Line_Kind__c: 'Prepaid credits',
    UnitPrice: 10,
    Quantity: 100,
  }
  const { terms } = draftedFrom(
    salesforceDeal({ deal: { Payment_Terms__c: 'Card' }, lines: [setup, credits] }),
    salesforce,
  )
  expect(terms.collection).toEqual({ kind: 'card' })
  expect(terms.lines).toMatchObject([
    { kind: 'one-time', price: money('USD', 300_100n), chargedOn: '2027-02-01', serviceMonths: 0 },
    { kind: 'prepaid-credits', price: money('USD', 100_000n), credits: 100n, expiresOn: null },
  ])
})

test('Beta: 25 seats at 1,200.00 EUR a year less 10 % is 27,000.00 EUR; Deutschland is DE by the lookup', () => {
  const { terms, warnings } = draftedFrom(hubspotDeal(), hubspot)
  expect(warnings).toEqual([])
  expect(terms.customer.address).toMatchObject({ country: 'DE', postalCode: '10115' })
  expect(terms.lines).toMatchObject([
    {
      kind: 'seats',
      lineId: '7001',
      unitPrice: money('EUR', 120_000n),
      quantity: 25n,
      billing: { months: 12, timing: 'advance' },
    },
  ])
  expect(terms.discounts).toEqual([
    {
      name: 'Negotiated discount',
      percent: '10',
      amount: null,
      duration: { kind: 'forever' },
      lineIds: ['7001'],
    },
  ])
  expect(contractValue(terms)).toEqual(money('EUR', 2_700_000n))
})

test('HubSpot months come from the line when the deal names none', () => {
  const { terms } = draftedFrom(
    hubspotDeal({ lines: [{ ...seatsItem, hs_term_in_months: '24' }], head: { amount: '54000' } }),
    hubspot,
  )
  expect(terms.endsBefore).toBe('2029-01-15')
})

test('an amount that is not the contract value is a warning of the default mappings', () => {
  const { warnings } = draftedFrom(hubspotDeal({ head: { amount: '30000' } }), hubspot)
  expect(warnings).toMatchObject([
    {
      code: 'TCV_MISMATCH',
      found: '30,000.00 EUR',
      sentence:
        "Deal 'Beta 2027' goes on, but the amount of the deal '30,000.00 EUR' differs from what the lines add to: " +
        '27,000.00 EUR (difference -3,000.00 EUR).',
    },
  ])
})

test('a usage line without its unit size waits: 0.004 for one unit and for a thousand are far apart', () => {
  const lines = [feeItem, { ...usageItem, Unit_Size__c: null }]
  expect(issuesFrom(salesforceDeal({ lines }), salesforce)).toMatchObject([
    { code: 'INCOMPLETE', field: 'line.Unit_Size__c', owner: 'sales' },
  ])
})

test('a deal named [TEST] is ignored by the rule of that name', () => {
  expect(draftContract(salesforceDeal({ head: { name: '[TEST] do not bill' } }), salesforce)).toEqual({
    kind: 'ignored',
    rule: 'test deals are left out',
  })
})

test('every lookup of payment terms in the default mappings is a number of days or a card', () => {
  for (const mapping of [salesforce, hubspot]) {
    const days = [...(mapping.lookups.get('payment-terms')?.entries ?? [])].map(([key, value]) => [
      key,
      value,
    ])
    expect(Object.fromEntries(days)).toMatchObject({
      'net 0': { kind: 'invoice', daysUntilDue: 0 },
      'net 60': { kind: 'invoice', daysUntilDue: 60 },
      'net 90': { kind: 'invoice', daysUntilDue: 90 },
      'due on receipt': { kind: 'invoice', daysUntilDue: 0 },
      card: { kind: 'card' },
    })
  }
})
