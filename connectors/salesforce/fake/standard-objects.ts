import type { FieldDefinition, FieldType, ObjectDefinition } from './schema.ts'

type Traits = Omit<FieldDefinition, 'name' | 'type'>

function field(name: string, type: FieldType, traits: Traits = {}): FieldDefinition {
  return { name, type, ...traits }
}

function text(name: string, length: number, traits: Traits = {}): FieldDefinition {
  return field(name, 'string', { length, ...traits })
}

function reference(name: string, referenceTo: string, traits: Traits = {}): FieldDefinition {
  return field(name, 'reference', { referenceTo, relationshipName: name.replace(/Id$/, ''), ...traits })
}

function amount(name: string, traits: Traits = {}): FieldDefinition {
  return field(name, 'currency', { precision: 18, scale: 2, ...traits })
}

const kept: Traits = { calculated: true }

/** Fields that every object has and the system keeps. */
const systemFields: readonly FieldDefinition[] = [
  field('Id', 'id', kept),
  field('IsDeleted', 'boolean', kept),
  field('CreatedDate', 'datetime', kept),
  reference('CreatedById', 'User', kept),
  field('LastModifiedDate', 'datetime', kept),
  reference('LastModifiedById', 'User', kept),
  field('SystemModstamp', 'datetime', kept),
]

function address(prefix: string): FieldDefinition[] {
  return [
    field(`${prefix}Street`, 'textarea', { length: 255 }),
    text(`${prefix}City`, 40),
    text(`${prefix}State`, 80),
    text(`${prefix}PostalCode`, 20),
    text(`${prefix}Country`, 80),
  ]
}

/** Stages of the standard sales process, with what each means. */
export const opportunityStages: Readonly<
  Record<string, { readonly isClosed: boolean; readonly isWon: boolean }>
> = {
  Prospecting: { isClosed: false, isWon: false },
  Qualification: { isClosed: false, isWon: false },
  'Needs Analysis': { isClosed: false, isWon: false },
  'Value Proposition': { isClosed: false, isWon: false },
  'Id. Decision Makers': { isClosed: false, isWon: false },
  'Perception Analysis': { isClosed: false, isWon: false },
  'Proposal/Price Quote': { isClosed: false, isWon: false },
  'Negotiation/Review': { isClosed: false, isWon: false },
  'Closed Won': { isClosed: true, isWon: true },
  'Closed Lost': { isClosed: true, isWon: false },
}

const opportunityFields: readonly FieldDefinition[] = [
  ...systemFields,
  reference('AccountId', 'Account'),
  text('Name', 120, { required: true }),
  amount('Amount'),
  field('CloseDate', 'date', { required: true }),
  field('StageName', 'picklist', { required: true, picklist: Object.keys(opportunityStages) }),
  field('Type', 'picklist', { picklist: ['New Business', 'Existing Business'] }),
  field('Probability', 'percent', { precision: 3, scale: 0 }),
  field('IsClosed', 'boolean', kept),
  field('IsWon', 'boolean', kept),
  field('HasOpportunityLineItem', 'boolean', kept),
  reference('Pricebook2Id', 'Pricebook2'),
  reference('OwnerId', 'User'),
  text('NextStep', 255),
  field('Description', 'textarea', { length: 32000 }),
]

const lineFields: readonly FieldDefinition[] = [
  ...systemFields,
  reference('OpportunityId', 'Opportunity', { required: true }),
  reference('PricebookEntryId', 'PricebookEntry'),
  reference('Product2Id', 'Product2'),
  text('ProductCode', 255, kept),
  text('Name', 376, kept),
  field('Quantity', 'double', { precision: 12, scale: 2, required: true }),
  amount('UnitPrice'),
  amount('ListPrice', kept),
  amount('Subtotal', kept),
  amount('TotalPrice', kept),
  field('Discount', 'percent', { precision: 5, scale: 2 }),
  field('ServiceDate', 'date'),
  text('Description', 255),
  field('SortOrder', 'int'),
]

const accountFields: readonly FieldDefinition[] = [
  ...systemFields,
  text('Name', 255, { required: true }),
  field('Type', 'picklist', { picklist: ['Prospect', 'Customer - Direct', 'Other'] }),
  field('Industry', 'picklist', { picklist: [] }),
  reference('ParentId', 'Account'),
  reference('MasterRecordId', 'Account', kept),
  field('AnnualRevenue', 'currency', { precision: 18, scale: 0 }),
  field('NumberOfEmployees', 'int'),
  text('AccountNumber', 40),
  field('Website', 'url', { length: 255 }),
  field('Phone', 'phone', { length: 40 }),
  text('YearStarted', 4),
  reference('OwnerId', 'User'),
  ...address('Billing'),
  ...address('Shipping'),
]

const contactFields: readonly FieldDefinition[] = [
  ...systemFields,
  reference('AccountId', 'Account'),
  text('FirstName', 40),
  text('LastName', 80, { required: true }),
  text('Name', 121, kept),
  field('Email', 'email', { length: 80 }),
  field('Phone', 'phone', { length: 40 }),
]

const priceFields: readonly FieldDefinition[] = [
  ...systemFields,
  text('Name', 255, kept),
  reference('Pricebook2Id', 'Pricebook2', { required: true }),
  reference('Product2Id', 'Product2', { required: true }),
  amount('UnitPrice', { required: true }),
  field('IsActive', 'boolean'),
]

/** The part of the standard objects a deal is made of. Key prefixes are those of every organisation. */
export const standardObjects: readonly ObjectDefinition[] = [
  object('Account', '001', accountFields, [
    { relationshipName: 'Opportunities', childObject: 'Opportunity', field: 'AccountId' },
    { relationshipName: 'Contacts', childObject: 'Contact', field: 'AccountId' },
  ]),
  object('Contact', '003', contactFields),
  object('Opportunity', '006', opportunityFields, [
    { relationshipName: 'OpportunityLineItems', childObject: 'OpportunityLineItem', field: 'OpportunityId' },
    {
      relationshipName: 'OpportunityContactRoles',
      childObject: 'OpportunityContactRole',
      field: 'OpportunityId',
    },
  ]),
  object('OpportunityLineItem', '00k', lineFields),
  object('OpportunityContactRole', '00K', [
    ...systemFields,
    reference('OpportunityId', 'Opportunity', { required: true }),
    reference('ContactId', 'Contact', { required: true }),
    field('Role', 'picklist', { picklist: ['Business User', 'Decision Maker', 'Economic Buyer', 'Other'] }),
    field('IsPrimary', 'boolean'),
  ]),
  object('Product2', '01t', [
    ...systemFields,
    text('Name', 255, { required: true }),
    text('ProductCode', 255),
    field('Family', 'picklist', { picklist: ['None'] }),
    field('Description', 'textarea', { length: 4000 }),
    field('IsActive', 'boolean'),
  ]),
  object('Pricebook2', '01s', [
    ...systemFields,
    text('Name', 255, { required: true }),
    field('IsActive', 'boolean'),
    field('IsStandard', 'boolean', kept),
  ]),
  object('PricebookEntry', '01u', priceFields),
  object('User', '005', [
    ...systemFields.filter(({ name }) => name !== 'IsDeleted'),
    text('Username', 80, { required: true }),
    text('Name', 121, { required: true }),
    field('Email', 'email', { length: 128 }),
    field('IsActive', 'boolean'),
  ]),
  object('Organization', '00D', [
    ...systemFields.filter(({ name }) => name !== 'IsDeleted'),
    text('Name', 80),
    field('IsSandbox', 'boolean', kept),
    text('InstanceName', 5, kept),
  ]),
]

function object(
  name: string,
  keyPrefix: string,
  fields: readonly FieldDefinition[],
  children: ObjectDefinition['children'] = [],
): ObjectDefinition {
  return { name, label: name.replace(/(?<=[a-z])(?=[A-Z])/g, ' '), keyPrefix, fields, children }
}
