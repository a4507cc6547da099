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
