import { expect, test } from 'vitest'
import type { Mapping } from '../../src/domain/mapping.ts'
import { draftContract, sourceFields } from '../../src/domain/mapping.ts'
import { money } from '../../src/domain/money.ts'
import type { Crm } from '../../src/ports/crm.ts'
import { readOne } from '../conformance/crm-world.ts'
import { hubSpotWorld } from '../conformance/hubspot-world.ts'
import { salesforceWorld } from '../conformance/salesforce-world.ts'
import { mappingOf, mappingText } from './mapping-samples.ts'

/** Drafts what a connector really reads; a field the twin does not have would show as an issue. */
async function draftThrough(crm: Crm, dealId: string, mapping: Mapping) {
  return draftContract(await readOne(crm, dealId), mapping)
}

test('the default Salesforce mapping drafts what jsforce reads: a fee in arrears and usage, NET 60', async () => {
  const mapping = mappingOf(mappingText('salesforce.yaml'))
  const { deal, ...others } = sourceFields(mapping)
  const world = await salesforceWorld({}, { fields: { opportunity: deal, ...others } })
  const dealId = world.fake.addDeal({
    Name: 'Acme Bank',
    StageName: 'Closed Won',
    CloseDate: '2026-11-18',
    Amount: 50_000,
    Payment_Terms__c: 'NET 60',
    PO_Number__c: 'PO-1',
    Contract_Months__c: 12,
    Quarterly_True_Up__c: true,
    account: { Name: 'Acme Bank', BillingCountry: 'Germany', Tax_Id__c: 'DE 136 695 976' },
    contact: { LastName: 'Payable', Email: 'ap@acme.example' },
    lines: [
      {
        product: { Name: 'Platform', ProductCode: 'PLATFORM', Family: 'Platform', listPrice: 50_000 },
        Quantity: 1,
        UnitPrice: 50_000,
        Line_Kind__c: 'Fee',
        Billing_Frequency__c: 'Monthly',
        Billing_Timing__c: 'Arrears',
      },
      {
        product: { Name: 'Tokens', ProductCode: 'TOKENS', Family: 'Usage' },
        Quantity: 1,
        UnitPrice: 0,
        Line_Kind__c: 'Usage',
        Billing_Frequency__c: 'Monthly',
        Meter__c: 'tokens',
        Included_Units__c: 10_000_000,
        Unit_Size__c: 1_000,
        Overage_Price__c: 0.004,
        Overage_Discount__c: 20,
      },
    ],
  })
  const drafted = await draftThrough(world.crm, dealId, mapping)
  await world.close()
  expect(drafted).toMatchObject({
    kind: 'drafted',
    terms: {
      customer: { billingEmail: 'ap@acme.example', taxIds: [{ type: 'eu_vat', value: 'DE136695976' }] },
      collection: { kind: 'invoice', daysUntilDue: 60 },
      references: [{ name: 'True-up', value: 'Quarterly' }],
      lines: [
        { kind: 'fee', unitPrice: money('USD', 5_000_000n), billing: { months: 1, timing: 'arrears' } },
        { kind: 'usage', unitSize: 1_000n, tiers: [{ unitPrice: '0.004' }], overageDiscountPercent: '20' },
      ],
    },
  })
})

test('the default HubSpot mapping drafts what its client reads: 25 seats a year, less 10 percent', async () => {
  const mapping = mappingOf(mappingText('hubspot.yaml'))
  const { deal, account: company, contact, line } = sourceFields(mapping)
  const world = await hubSpotWorld()
  const [dealId = ''] = world.fake.load([
    {
      deal: {
        dealname: 'Beta',
        dealstage: 'closedwon',
        closedate: '2026-11-18',
        amount: '27000',
        payment_terms: 'Net 30',
        contract_months: '12',
      },
      company: { name: 'Beta GmbH', country: 'Germany', zip: '10115' },
      contact: { email: 'einkauf@beta.example' },
      lines: [
        {
          name: 'Seat',
          hs_sku: 'SEAT',
          price: '1200',
          quantity: '25',
          hs_discount_percentage: '10',
          recurringbillingfrequency: 'annually',
          line_kind: 'seats',
        },
      ],
    },
  ])
  const crm = world.connect({ fields: { deal, company, contact, line } })
  const drafted = await draftThrough(crm, dealId, mapping)
  await world.close()
  expect(drafted).toMatchObject({
    kind: 'drafted',
    terms: {
      customer: { name: 'Beta GmbH', billingEmail: 'einkauf@beta.example', address: { country: 'DE' } },
      collection: { kind: 'invoice', daysUntilDue: 30 },
      lines: [{ kind: 'seats', quantity: 25n, product: { code: 'SEAT', name: 'Seat', family: 'General' } }],
      discounts: [{ percent: '10' }],
    },
  })
})
