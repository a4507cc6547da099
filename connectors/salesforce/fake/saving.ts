import { defaultValues, derivedValues, rollUpLines } from './derived-values.ts'
import { checkedValues } from './field-checks.ts'
import type { Organization } from './organization.ts'
import { Refusal } from './refusal.ts'
import type { Author, StoredRecord, Value } from './record-store.ts'

/** Who saves: a person with all rights, or our integration user through the API, whom permissions bind. */
export type Saver = { readonly author: Author; readonly isApi: boolean }

/** Creates a record; throws Refusal as Salesforce would. */
export function createRecord(
  organization: Organization,
  objectType: string,
  given: Readonly<Record<string, unknown>>,
  saver: Saver,
): StoredRecord {
  const values = {
    ...defaultValues(organization, objectType),
    ...checkedValues(organization, objectType, given, saver.isApi),
  }
  refuseMissing(organization, objectType, values)
  refuseByRules(organization, objectType, values, values)
  const derived = derivedValues(organization, objectType, values)
  const record = organization.store.insert(objectType, { ...values, ...derived }, saver.author)
  rollUp(organization, objectType, record, saver.author)
  return organization.store.find(record.Id) as StoredRecord
}

/** Updates a record; throws Refusal as Salesforce would. */
export function updateRecord(
  organization: Organization,
  id: string,
  given: Readonly<Record<string, unknown>>,
  saver: Saver,
): StoredRecord {
  const { store } = organization
  const before = livingRecord(organization, id)
  const objectType = String(store.typeOf(before.Id))
  const values = checkedValues(organization, objectType, given, saver.isApi)
  // The amount of a deal with lines is theirs: setting it is taken without complaint and has no effect.
  if (objectType === 'Opportunity' && before['HasOpportunityLineItem'] === true) delete values['Amount']
  refuseLocked(organization, before.Id)
  const after = { ...before, ...values }
  refuseMissing(organization, objectType, after)
  refuseByRules(organization, objectType, after, values)
  const derived = derivedValues(organization, objectType, after)
  store.update(before.Id, { ...values, ...derived }, saver.author)
  rollUp(organization, objectType, after, saver.author)
  return store.find(before.Id) as StoredRecord
}

/** Moves a record, with its lines and roles, to the recycle bin. */
export function deleteRecord(organization: Organization, id: string, saver: Saver): void {
  const { store } = organization
  const record = livingRecord(organization, id)
  const objectType = String(store.typeOf(record.Id))
  if (objectType === 'Account' && store.referring('Opportunity', 'AccountId', record.Id).some(isLiving))
    throw new Refusal(
      400,
      'DELETE_FAILED',
      'Your attempt to delete the account could not be completed because it is associated with opportunities.',
    )
  setDeleted(organization, record, true, saver.author)
  rollUp(organization, objectType, record, saver.author)
}

/** Takes a record out of the recycle bin. */
export function undeleteRecord(organization: Organization, id: string, saver: Saver): StoredRecord {
  const record = organization.store.find(id)
  if (!record) throw notFound()
  setDeleted(organization, record, false, saver.author)
  return organization.store.find(id) as StoredRecord
}

/** Merges an account into another: what hung on the loser hangs on the master, and the loser remembers who won. */
export function mergeAccounts(
  organization: Organization,
  masterId: string,
  loserId: string,
  saver: Saver,
): void {
  const { store } = organization
  const [master, loser] = [livingRecord(organization, masterId), livingRecord(organization, loserId)]
  for (const objectType of ['Opportunity', 'Contact'])
    for (const record of store.referring(objectType, 'AccountId', loser.Id))
      store.update(record.Id, { AccountId: master.Id }, saver.author)
  store.update(loser.Id, { IsDeleted: true, MasterRecordId: master.Id }, saver.author)
}

function setDeleted(
  organization: Organization,
  record: StoredRecord,
  isDeleted: boolean,
  author: Author,
): void {
  const { schema, store } = organization
  for (const child of schema.object(String(store.typeOf(record.Id)))?.children ?? [])
    for (const each of store.referring(child.childObject, child.field, record.Id))
      store.update(each.Id, { IsDeleted: isDeleted }, author)
  store.update(record.Id, { IsDeleted: isDeleted }, author)
}

function isLiving(record: StoredRecord): boolean {
  return record['IsDeleted'] !== true
}

function livingRecord({ store }: Organization, id: string): StoredRecord {
  const record = store.find(id)
  if (!record) throw notFound()
  if (!isLiving(record)) throw new Refusal(404, 'ENTITY_IS_DELETED', 'entity is deleted')
  return record
}

/** The answer for an id nobody has. */
export function notFound(): Refusal {
  return new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
}

function refuseLocked({ locks }: Organization, id: string): void {
  const left = locks.get(id) ?? 0
  if (left === 0) return
  locks.set(id, left - 1)
  throw new Refusal(
    400,
    'UNABLE_TO_LOCK_ROW',
    'unable to obtain exclusive access to this record or 1 records',
  )
}

function refuseMissing(
  { schema }: Organization,
  objectType: string,
  values: Readonly<Record<string, unknown>>,
): void {
  const missing = (schema.object(objectType)?.fields ?? [])
    .filter(({ name, required }) => required && (values[name] ?? '') === '')
    .map(({ name }) => name)
  if (missing.length > 0)
    throw new Refusal(
      400,
      'REQUIRED_FIELD_MISSING',
      `Required fields are missing: [${missing.join(', ')}]`,
      missing,
    )
}

function refuseByRules(
  { validationRules }: Organization,
  objectType: string,
  after: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, Value>>,
): void {
  for (const rule of validationRules) {
    const applies =
      rule.objectType === objectType &&
      rule.whenChanged.some((name) => name in changed) &&
      Object.entries(rule.where ?? {}).every(([name, value]) => after[name] === value)
    if (!applies) continue
    const fields = rule.errorField === null ? [] : [rule.errorField]
    throw new Refusal(400, 'FIELD_CUSTOM_VALIDATION_EXCEPTION', rule.message, fields)
  }
}

function rollUp(
  organization: Organization,
  objectType: string,
  record: Readonly<Record<string, Value | undefined>>,
  author: Author,
): void {
  const opportunityId = record['OpportunityId']
  if (objectType === 'OpportunityLineItem' && typeof opportunityId === 'string')
    rollUpLines(organization, opportunityId, author)
}
