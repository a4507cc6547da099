import type { FieldValue, RecordFields } from '../../src/domain/deal.ts'
import { type Answer, answered } from '../../src/ports/answer.ts'
import type { Describer } from './describe.ts'
import { isJsonObject, type Json } from './exact-json.ts'

/** Which fields the mapping names, beside the standard ones. A path may cross relations: `Owner.Email`, `Product2.Family`. */
export type SalesforceFields = {
  readonly opportunity: readonly string[]
  readonly account: readonly string[]
  readonly line: readonly string[]
  readonly contact: readonly string[]
}

/**
 * Always read. Stamps of change are left out on purpose: our own status write moves them, and the deal must not look changed by it.
 */
const standardFields: SalesforceFields = {
  opportunity: 'Id Name StageName IsWon IsClosed Amount CloseDate Type AccountId OwnerId Owner.Name'.split(
    ' ',
  ),
  account: 'Id Name Industry BillingStreet BillingCity BillingState BillingPostalCode BillingCountry'.split(
    ' ',
  ),
  line: [
    ...'Id Name ProductCode Product2Id Product2.Name Product2.Family Quantity UnitPrice ListPrice'.split(' '),
    ...'TotalPrice Discount ServiceDate Description SortOrder'.split(' '),
  ],
  contact: 'Id Name Email'.split(' '),
}

/** Fields that can be asked for, and fields that were wanted but do not exist or may not be read. */
export type FieldChoice = { readonly readable: readonly string[]; readonly unreadable: readonly string[] }

/** What one read of deals asks for. `currency` is set where the organisation sells in several. */
export type ReadPlan = {
  readonly opportunity: FieldChoice
  readonly account: FieldChoice
  readonly line: FieldChoice
  readonly contact: FieldChoice
  readonly hasCurrency: boolean
  readonly ordersLines: boolean
}

/** Sorts the wanted fields into readable and unreadable by the organisation's own description. */
export async function planRead(describer: Describer, wanted: SalesforceFields): Promise<Answer<ReadPlan>> {
  const opportunity = await describer.describe('Opportunity')
  if (opportunity.kind !== 'ok') return opportunity
  if (opportunity.value === null)
    return { kind: 'auth', detail: 'The connected user may not read opportunities' }
  const choices = await choicesOf(describer, wanted)
  if (choices.kind !== 'ok') return choices
  return answered({
    ...choices.value,
    hasCurrency: opportunity.value.has('CurrencyIsoCode'),
    ordersLines: choices.value.line.readable.includes('SortOrder'),
  })
}

type Choices = Pick<ReadPlan, 'opportunity' | 'account' | 'line' | 'contact'>

/** Where each part is read from: a hidden relation hides what lies behind it. */
const ways: Readonly<Record<keyof Choices, readonly string[]>> = {
  opportunity: ['Opportunity'],
  account: ['Opportunity', 'Account'],
  line: ['OpportunityLineItem'],
  contact: ['OpportunityContactRole', 'Contact'],
}

async function choicesOf(describer: Describer, wanted: SalesforceFields): Promise<Answer<Choices>> {
  const choices: Partial<Record<keyof Choices, FieldChoice>> = {}
  for (const part of Object.keys(ways) as (keyof Choices)[]) {
    const paths = [...new Set([...standardFields[part], ...wanted[part]])]
    const choice = await choose(describer, ways[part], paths)
    if (choice.kind !== 'ok') return choice
    choices[part] = choice.value
  }
  return answered(choices as Choices)
}

async function choose(
  describer: Describer,
  [objectType = '', ...relations]: readonly string[],
  paths: readonly string[],
): Promise<Answer<FieldChoice>> {
  const readable: string[] = []
  const unreadable: string[] = []
  for (const path of paths) {
    const found = await isReadable(describer, objectType, [...relations, ...path.split('.')])
    if (found.kind !== 'ok') return found
    ;(found.value ? readable : unreadable).push(path)
  }
  return answered({ readable, unreadable })
}

async function isReadable(
  describer: Describer,
  objectType: string,
  path: readonly string[],
): Promise<Answer<boolean>> {
  const description = await describer.describe(objectType)
  if (description.kind !== 'ok') return description
  const [name = '', ...rest] = path
  if (rest.length === 0) return answered(description.value?.has(name) ?? false)
  const relation = [...(description.value?.values() ?? [])].find((field) => field.relationshipName === name)
  const [target] = relation?.referenceTo ?? []
  return target === undefined ? answered(false) : isReadable(describer, target, rest)
}

/** Takes the chosen fields of a record, each under the path it was asked by. */
export function fieldsOf(record: Json, choice: FieldChoice): RecordFields {
  const fields: Record<string, FieldValue> = {}
  for (const path of choice.readable) fields[path] = valueAt(record, path.split('.'))
  for (const path of choice.unreadable) fields[path] = { unreadable: true }
  return fields
}

function valueAt(record: Json, path: readonly string[]): FieldValue {
  const value = path.reduce<Json>(
    (parent, name) => (isJsonObject(parent) ? (parent[name] ?? null) : null),
    record,
  )
  // Compound fields, such as BillingAddress, are the only values that are objects.
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}
