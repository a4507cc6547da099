import { sql } from 'drizzle-orm'
import { date, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { ContractTermsJson } from '../../domain/contract.ts'
import type { CrmName, DealSnapshot, DealState } from '../../domain/deal.ts'
import { count, instant } from './column.ts'

export type ContractState = 'drafted' | 'provisioning' | 'active' | 'ended'

/** One closing of one deal; a deal that is closed again after leaving closed-won is a new generation. */
export const dealCase = pgTable('deal_case', {
  caseId: text('case_id').primaryKey(),
  crm: text('crm').$type<CrmName>().notNull(),
  org: text('org').notNull(),
  dealId: text('deal_id').notNull(),
  generation: integer('generation').notNull(),
  state: text('state').$type<DealState>().notNull(),
  stateDetail: text('state_detail'),
  name: text('name'),
  accountName: text('account_name'),
  amount: text('amount'),
  currency: text('currency'),
  closedOn: date('closed_on'),
  url: text('url'),
  snapshotId: text('snapshot_id'),
  contractId: text('contract_id'),
  modifiedAt: text('modified_at').notNull(),
  seenAt: instant('seen_at').notNull(),
  changedAt: instant('changed_at').notNull(),
  activatedAt: instant('activated_at'),
  writtenStatus: text('written_status'),
  writtenMessage: text('written_message'),
  writtenAt: instant('written_at'),
})

/** A deal merged into another answers under the other's id. */
export const dealAlias = pgTable(
  'deal_alias',
  {
    crm: text('crm').$type<CrmName>().notNull(),
    org: text('org').notNull(),
    dealId: text('deal_id').notNull(),
    intoDealId: text('into_deal_id').notNull(),
    noticedAt: instant('noticed_at').notNull(),
  },
  (alias) => [primaryKey({ columns: [alias.crm, alias.org, alias.dealId] })],
)

/** The deal as it stood in the CRM when we read it. */
export const dealSnapshot = pgTable('deal_snapshot', {
  snapshotId: text('snapshot_id').primaryKey(),
  caseId: text('case_id').notNull(),
  content: jsonb('content').$type<DealSnapshot>().notNull(),
  contentHash: text('content_hash').notNull(),
  takenAt: instant('taken_at').notNull(),
})

export const mappingVersion = pgTable('mapping_version', {
  mappingVersionId: text('mapping_version_id').primaryKey(),
  name: text('name').notNull(),
  version: integer('version').notNull(),
  contentHash: text('content_hash').notNull(),
  text: text('text').notNull(),
  createdAt: instant('created_at').notNull(),
  createdBy: text('created_by').notNull(),
})

/** Which version was live from when; the latest row of a name is the live one. */
export const mappingActivation = pgTable('mapping_activation', {
  seq: count('seq').primaryKey().generatedAlwaysAsIdentity(),
  name: text('name').notNull(),
  mappingVersionId: text('mapping_version_id').notNull(),
  activatedAt: instant('activated_at').notNull(),
  activatedBy: text('activated_by').notNull(),
})

export const customer = pgTable('customer', {
  customerId: text('customer_id').primaryKey(),
  crm: text('crm').$type<CrmName>().notNull(),
  org: text('org').notNull(),
  crmAccountId: text('crm_account_id').notNull(),
  entity: text('entity').notNull(),
  name: text('name').notNull(),
  providerCustomerId: text('provider_customer_id'),
  createdAt: instant('created_at').notNull(),
})

/** Under which names usage may be reported for a customer. */
export const customerAlias = pgTable(
  'customer_alias',
  {
    alias: text('alias').notNull(),
    customerId: text('customer_id').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (alias) => [primaryKey({ columns: [alias.alias, alias.customerId] })],
)

export const contract = pgTable('contract', {
  contractId: text('contract_id').primaryKey(),
  number: text('number')
    .notNull()
    .default(sql`'C-' || nextval('contract_number')`),
  caseId: text('case_id').notNull(),
  generation: integer('generation').notNull(),
  customerId: text('customer_id').notNull(),
  entity: text('entity').notNull(),
  currency: text('currency').notNull(),
  state: text('state').$type<ContractState>().notNull(),
  currentVersion: integer('current_version').notNull(),
  startsOn: date('starts_on').notNull(),
  endsBefore: date('ends_before').notNull(),
  subscriptionId: text('subscription_id'),
  activatedAt: instant('activated_at'),
  /** Which version the customer's rights were made from; null before the first. */
  grantedVersion: integer('granted_version'),
  /** The end of its term when nothing was left to be settled of it; null before. */
  settledBefore: date('settled_before'),
  createdAt: instant('created_at').notNull(),
})

export const contractVersion = pgTable(
  'contract_version',
  {
    contractId: text('contract_id').notNull(),
    version: integer('version').notNull(),
    generation: integer('generation').notNull(),
    dealSnapshotId: text('deal_snapshot_id').notNull(),
    mappingVersionId: text('mapping_version_id').notNull(),
    effectiveOn: date('effective_on').notNull(),
    treatment: text('treatment').$type<'prospective' | 'cumulative-catch-up'>(),
    terms: jsonb('terms').$type<ContractTermsJson>().notNull(),
    contentHash: text('content_hash').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (version) => [primaryKey({ columns: [version.contractId, version.version] })],
)
