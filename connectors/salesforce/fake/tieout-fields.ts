import type { CustomField } from './schema.ts'

/** The custom fields Tieout's own mapping reads and writes: what an administrator adds to a real organisation. */
export const tieoutFields: readonly CustomField[] = [
  {
    object: 'Opportunity',
    name: 'Tieout_Status__c',
    type: 'picklist',
    restricted: true,
    picklist: ['Queued', 'Checking', 'Needs fix', 'Provisioning', 'Active', 'On hold', 'Ignored'],
  },
  { object: 'Opportunity', name: 'Tieout_Message__c', type: 'string', length: 255 },
  { object: 'Opportunity', name: 'Tieout_Link__c', type: 'url', length: 255 },
  {
    object: 'Opportunity',
    name: 'Payment_Terms__c',
    type: 'picklist',
    picklist: ['Net 15', 'Net 30', 'Net 45', 'Net 60', 'Net 90', 'Card'],
  },
  { object: 'Opportunity', name: 'PO_Number__c', type: 'string', length: 255 },
  { object: 'Opportunity', name: 'Contract_Start__c', type: 'date' },
  { object: 'Opportunity', name: 'Contract_Months__c', type: 'double', precision: 3, scale: 0 },
  { object: 'Opportunity', name: 'Billing_Email__c', type: 'email', length: 80 },
  { object: 'Opportunity', name: 'Entity__c', type: 'string', length: 80 },
  { object: 'Opportunity', name: 'Quarterly_True_Up__c', type: 'boolean' },
  { object: 'Account', name: 'Tax_Id__c', type: 'string', length: 40 },
  { object: 'Opportunity', name: 'Product__c', type: 'string', length: 255 },
  {
    object: 'OpportunityLineItem',
    name: 'Billing_Frequency__c',
    type: 'picklist',
    picklist: ['Monthly', 'Quarterly', 'Semi-annual', 'Annual', 'One-time'],
  },
  {
    object: 'OpportunityLineItem',
    name: 'Billing_Timing__c',
    type: 'picklist',
    picklist: ['Advance', 'Arrears'],
  },
  {
    object: 'OpportunityLineItem',
    name: 'Line_Kind__c',
    type: 'picklist',
    picklist: ['Fee', 'Seats', 'Usage', 'One-time', 'Prepaid credits'],
  },
  { object: 'OpportunityLineItem', name: 'Meter__c', type: 'string', length: 100 },
  { object: 'OpportunityLineItem', name: 'Included_Units__c', type: 'double', precision: 18, scale: 0 },
  { object: 'OpportunityLineItem', name: 'Unit_Size__c', type: 'double', precision: 18, scale: 0 },
  { object: 'OpportunityLineItem', name: 'Overage_Price__c', type: 'double', precision: 18, scale: 9 },
  { object: 'OpportunityLineItem', name: 'Overage_Discount__c', type: 'percent', precision: 5, scale: 2 },
]
