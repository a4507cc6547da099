import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import type { DealSnapshot, RecordFields } from '../../src/domain/deal.ts'
import type { Issue } from '../../src/domain/issue.ts'
import { type Drafted, type Mapping, draftContract, parseMapping } from '../../src/domain/mapping.ts'

const opportunitiesDirectory = resolve(process.env.DATA_DIR ?? '../shared/data', 'crm-opportunities')

/** Whether the public opportunities are on this machine. */
export const hasOpportunities = existsSync(opportunitiesDirectory)

/** The text of one of the project's own mapping files. */
export function mappingText(name: string): string {
  return readFileSync(join('mappings', name), 'utf8')
}

/** A mapping that must be sound. */
export function mappingOf(text: string, file = 'test.yaml'): Mapping {
  const parsed = parseMapping(text, file)
  if (!parsed.ok)
    throw new Error(parsed.error.map(({ row, path, reason }) => `${row} ${path}: ${reason}`).join('\n'))
  return parsed.value
}

/** Drafts, and fails the test when the deal did not become a contract. */
export function draftedFrom(deal: DealSnapshot, mapping: Mapping): Extract<Drafted, { kind: 'drafted' }> {
  const drafted = draftContract(deal, mapping)
  if (drafted.kind !== 'drafted')
    throw new Error(JSON.stringify(drafted, (_, value) => (typeof value === 'bigint' ? `${value}` : value)))
  return drafted
}

/** The issues of a deal; none when it became a contract. */
export function issuesFrom(deal: DealSnapshot, mapping: Mapping): readonly Issue[] {
  const drafted = draftContract(deal, mapping)
  return drafted.kind === 'issues' ? drafted.issues : []
}

/** The public opportunities that are won, as a CRM would hand them over. */
export function wonOpportunities(): DealSnapshot[] {
  const accounts = new Map(readRows('accounts.csv').map((account) => [account.account ?? '', account]))
  return readRows('sales_pipeline.csv')
    .filter(({ deal_stage }) => deal_stage === 'Won')
    .map((row) => opportunity(row, accounts.get(row.account ?? '')?.office_location ?? null))
}

type CsvRow = Readonly<Record<string, string>>

function readRows(file: string): CsvRow[] {
  return parse(readFileSync(join(opportunitiesDirectory, file)), { columns: true })
}

function opportunity(row: CsvRow, country: string | null): DealSnapshot {
  const [month = '', day = '', year = ''] = (row.close_date ?? '').split('/')
  const account: RecordFields = {
    Id: `account of ${row.account}`,
    Name: row.account ?? null,
    BillingCountry: country,
  }
  return dealOf({
    dealId: row.opportunity_id ?? '',
    name: `${row.account} ${row.product}`,
    amount: row.close_value ?? null,
    closedOn: `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`,
    fields: { deal: { Product__c: row.product ?? null }, account, contact: null, lines: [] },
  })
}

/** A won deal with what a test says, and nothing in its records. */
export function dealOf(overrides: Partial<DealSnapshot> = {}): DealSnapshot {
  return {
    crm: 'salesforce',
    org: '00D000000000001EAA',
    dealId: '006000000000001AAA',
    name: 'Acme 2027',
    isClosedWon: true,
    closedOn: '2027-01-15',
    amount: '1200.00',
    currency: 'USD',
    modifiedAt: '2027-01-15T09:00:00Z',
    url: 'https://crm.example/006000000000001AAA',
    fields: { deal: {}, account: null, contact: null, lines: [] },
    ...overrides,
  }
}

/** What a test changes in the records of a sample deal. */
export type RecordChanges = {
  readonly head?: Partial<DealSnapshot>
  readonly deal?: RecordFields
  readonly account?: RecordFields | null
  readonly contact?: RecordFields | null
  readonly lines?: readonly RecordFields[]
}

const opportunityFields: RecordFields = {
  Payment_Terms__c: 'NET 60',
  PO_Number__c: 'PO-2027-0042',
  Contract_Start__c: '2027-02-01',
  Contract_Months__c: 12,
  Billing_Email__c: 'ap@acme.example',
  Entity__c: null,
  'Owner.Name': 'Ada Sales',
  Quarterly_True_Up__c: true,
}

const accountFields: RecordFields = {
  Id: '001000000000001AAA',
  Name: 'Acme Bank',
  BillingStreet: '1 Main Street\r\nFloor 2',
  BillingCity: 'New York',
  BillingState: 'NY',
  BillingPostalCode: '10001',
  BillingCountry: 'United States',
  Tax_Id__c: null,
}

/** A line item that is a flat fee of 50,000.00 a month. */
export const feeItem: RecordFields = {
  Id: '00k000000000001AAA',
  ProductCode: 'PLATFORM',
  'Product2.Name': 'Platform',
  'Product2.Family': 'Platform',
  UnitPrice: 50_000,
  ListPrice: 60_000,
  Quantity: 1,
  Discount: null,
  Billing_Frequency__c: 'Monthly',
  Billing_Timing__c: 'Arrears',
  Line_Kind__c: 'Fee',
  Meter__c: null,
  Included_Units__c: null,
  Unit_Size__c: null,
  Overage_Price__c: null,
  Overage_Discount__c: null,
}

/** A line item of metered use: 10M tokens included, 0.004 for each 1,000 beyond them, less 20 percent. */
export const usageItem: RecordFields = {
  ...feeItem,
  Id: '00k000000000002AAA',
  ProductCode: 'TOKENS',
  'Product2.Name': 'Tokens',
  UnitPrice: 0,
  ListPrice: null,
  Billing_Timing__c: null,
  Line_Kind__c: 'Usage',
  Meter__c: 'tokens',
  Included_Units__c: 10_000_000,
  Unit_Size__c: 1_000,
  Overage_Price__c: 0.004,
  Overage_Discount__c: 20,
}

/** The article's deal as Salesforce hands it over, with what a test changes. */
export function salesforceDeal(changes: RecordChanges = {}): DealSnapshot {
  return dealOf({
    name: 'Acme Bank 2027',
    amount: '600000.00',
    ...changes.head,
    fields: {
      deal: { ...opportunityFields, ...changes.deal },
      account: changes.account === null ? null : { ...accountFields, ...changes.account },
      contact: changes.contact === undefined ? { Email: 'cfo@acme.example' } : changes.contact,
      lines: changes.lines ?? [feeItem, usageItem],
    },
  })
}

const dealProperties: RecordFields = {
  payment_terms: 'Net 30',
  po_number: null,
  contract_start: null,
  contract_months: null,
  billing_email: null,
  entity: null,
}

const companyProperties: RecordFields = {
  hs_object_id: '9001',
  name: 'Beta GmbH',
  address: 'Hauptstraße 5',
  address2: null,
  city: 'Berlin',
  state: null,
  zip: '10115',
  country: 'Deutschland',
}

/** A line item of 25 seats at 1,200.00 a year. */
export const seatsItem: RecordFields = {
  hs_object_id: '7001',
  hs_sku: 'SEAT',
  name: 'Seat',
  price: '1200.00',
  quantity: '25',
  hs_discount_percentage: '10',
  recurringbillingfrequency: 'annually',
  billing_timing: null,
  line_kind: 'seats',
  hs_term_in_months: '12',
  meter: null,
  included_units: null,
  unit_size: null,
  overage_price: null,
  overage_discount: null,
}

/** A deal as HubSpot hands it over, every value as text. */
export function hubspotDeal(changes: RecordChanges = {}): DealSnapshot {
  return dealOf({
    crm: 'hubspot',
    name: 'Beta 2027',
    amount: '27000.00',
    currency: 'EUR',
    ...changes.head,
    fields: {
      deal: { ...dealProperties, ...changes.deal },
      account: changes.account === null ? null : { ...companyProperties, ...changes.account },
      contact: changes.contact === undefined ? { email: 'einkauf@beta.example' } : changes.contact,
      lines: changes.lines ?? [seatsItem],
    },
  })
}
