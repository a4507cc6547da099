import { Big } from 'big.js'
import type { Organization } from './organization.ts'
import { Refusal } from './refusal.ts'
import type { Author, StoredRecord, Value } from './record-store.ts'

export type Values = Readonly<Record<string, Value | undefined>>

/** What a new record holds where nobody gave a value: a checkbox is never empty. */
export function defaultValues({ schema }: Organization, objectType: string): Record<string, Value> {
  const fields = schema.object(objectType)?.fields ?? []
  const checkboxes = fields.filter(({ type, calculated }) => type === 'boolean' && !calculated)
  return Object.fromEntries(checkboxes.map(({ name }) => [name, false]))
}

/** Works out what the system itself keeps on a record, from what it will hold after the save. */
export function derivedValues(
  organization: Organization,
  objectType: string,
  values: Values,
): Record<string, Value> {
  if (objectType === 'Opportunity') return opportunityValues(organization, values)
  if (objectType === 'OpportunityLineItem') return lineValues(organization, values)
  if (objectType === 'Contact')
    return { Name: [values['FirstName'], values['LastName']].filter(Boolean).join(' ') }
  if (objectType === 'PricebookEntry')
    return { Name: nameOf(organization, values['Product2Id']), IsActive: true }
  return {}
}

function opportunityValues({ stages, currencies, salesUserId }: Organization, values: Values) {
  const stage = stages[String(values['StageName'])]
  return {
    IsClosed: stage?.isClosed ?? false,
    IsWon: stage?.isWon ?? false,
    HasOpportunityLineItem: values['HasOpportunityLineItem'] ?? false,
    OwnerId: values['OwnerId'] ?? salesUserId,
    ...(currencies ? { CurrencyIsoCode: values['CurrencyIsoCode'] ?? currencies[0] ?? null } : {}),
  }
}

/** A line names a price or a product; the rest of both comes from there. */
function lineValues(organization: Organization, values: Values): Record<string, Value> {
  const { store } = organization
  const entry = priceOf(organization, values)
  const productId = entry?.['Product2Id'] ?? values['Product2Id'] ?? null
  const product = typeof productId === 'string' ? store.find(productId) : null
  const listPrice = entry?.['UnitPrice'] ?? null
  const unitPrice = values['UnitPrice'] ?? listPrice
  const subtotal = new Big(Number(unitPrice ?? 0)).times(Number(values['Quantity'] ?? 0))
  const total = subtotal.times(new Big(100).minus(Number(values['Discount'] ?? 0))).div(100)
  return {
    PricebookEntryId: entry?.Id ?? null,
    Product2Id: productId,
    ProductCode: product?.['ProductCode'] ?? null,
    Name: `${nameOf(organization, values['OpportunityId'])} ${product?.['Name'] ?? ''}`.trim(),
    ListPrice: listPrice,
    UnitPrice: unitPrice,
    Subtotal: subtotal.round(2).toNumber(),
    TotalPrice: total.round(2).toNumber(),
  }
}

function priceOf({ store }: Organization, values: Values): StoredRecord | null {
  if (typeof values['PricebookEntryId'] === 'string') return store.find(values['PricebookEntryId'])
  if (typeof values['Product2Id'] === 'string')
    return store.referring('PricebookEntry', 'Product2Id', values['Product2Id'])[0] ?? null
  throw new Refusal(
    400,
    'FIELD_INTEGRITY_EXCEPTION',
    'field integrity exception: PricebookEntryId (pricebook entry has to be specified)',
    ['PricebookEntryId'],
  )
}

function nameOf({ store }: Organization, id: Value | undefined): string {
  return typeof id === 'string' ? String(store.find(id)?.['Name'] ?? '') : ''
}

/**
 * Rolls the lines of an opportunity up into its amount. Only a change of the total touches the opportunity: a line's custom fields can
 * change without leaving a stamp on the deal.
 */
export function rollUpLines(organization: Organization, opportunityId: string, author: Author): void {
  const { store } = organization
  const opportunity = store.find(opportunityId)
  if (!opportunity || opportunity['IsDeleted'] === true) return
  const lines = store
    .referring('OpportunityLineItem', 'OpportunityId', opportunityId)
    .filter((line) => line['IsDeleted'] !== true)
  const total = lines.reduce((sum, line) => sum.plus(Number(line['TotalPrice'])), new Big(0)).toNumber()
  const hasLines = lines.length > 0
  if (opportunity['HasOpportunityLineItem'] === hasLines && (!hasLines || opportunity['Amount'] === total))
    return
  const amount = hasLines ? { Amount: total } : {}
  store.update(opportunityId, { HasOpportunityLineItem: hasLines, ...amount }, author)
}
