import { isRecordId, widenId } from '../record-id.ts'
import type { Organization } from './organization.ts'
import { Refusal } from './refusal.ts'
import type { Value } from './record-store.ts'
import type { FieldDefinition } from './schema.ts'

/**
 * Checks the fields of a save and brings them into the form they are kept in. `isApi` binds them to the integration user's
 * permissions. Throws Refusal as Salesforce would.
 */
export function checkedValues(
  organization: Organization,
  objectType: string,
  given: Readonly<Record<string, unknown>>,
  isApi: boolean,
): Record<string, Value> {
  const values: Record<string, Value> = {}
  for (const [name, value] of Object.entries(given)) {
    if (name === 'attributes' || name.toLowerCase() === 'id') continue
    const field = writableField(organization, objectType, name, isApi)
    values[field.name] = checkedValue(organization, field, value)
  }
  return values
}

function writableField(
  { schema, permissions }: Organization,
  objectType: string,
  name: string,
  isApi: boolean,
): FieldDefinition {
  const field = isApi ? permissions.visibleField(objectType, name) : schema.field(objectType, name)
  if (!field)
    throw new Refusal(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${objectType}`)
  const mayEdit = !isApi || permissions.ofField(objectType, field) === 'edit'
  if (field.calculated || !mayEdit)
    throw new Refusal(
      400,
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      `Unable to create/update fields: ${field.name}. Please check the security settings of this field and verify that it is ` +
        'read/write for your profile or permission set.',
      [field.name],
    )
  return field
}

function checkedValue(organization: Organization, field: FieldDefinition, value: unknown): Value {
  if (value === null || value === undefined || value === '') return null
  if (field.type === 'boolean') return typeof value === 'boolean' ? value : refuseType(field, value)
  if (['currency', 'double', 'percent', 'int'].includes(field.type))
    return typeof value === 'number' ? value : refuseType(field, value)
  if (typeof value !== 'string') return refuseType(field, value)
  return checkedText(organization, field, value)
}

function checkedText(organization: Organization, field: FieldDefinition, text: string): Value {
  if (field.type === 'date')
    return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : refuseType(field, text)
  if (field.type === 'reference') return checkedReference(organization, field, text)
  if (field.type === 'picklist') return checkedChoice(organization, field, text)
  if (field.length !== undefined && text.length > field.length)
    throw new Refusal(
      400,
      'STRING_TOO_LONG',
      `${labelOf(field)}: data value too large: ${text.slice(0, 255)} (max length=${field.length})`,
      [field.name],
    )
  if (field.type === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text))
    throw new Refusal(400, 'INVALID_EMAIL_ADDRESS', `${labelOf(field)}: invalid email address: ${text}`, [
      field.name,
    ])
  return text
}

function checkedReference({ store }: Organization, field: FieldDefinition, id: string): Value {
  if (!isRecordId(id))
    throw new Refusal(400, 'MALFORMED_ID', `${labelOf(field)}: id value of incorrect type: ${id}`, [
      field.name,
    ])
  if (!store.find(id) || store.typeOf(id) !== field.referenceTo)
    throw new Refusal(400, 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
  return widenId(id)
}

function checkedChoice({ stages }: Organization, field: FieldDefinition, text: string): Value {
  const choices = field.name === 'StageName' ? Object.keys(stages) : (field.picklist ?? [])
  const isFree = !field.restricted && field.name !== 'StageName'
  if (isFree || choices.includes(text)) return text
  throw new Refusal(
    400,
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    `${labelOf(field)}: bad value for restricted picklist field: ${text}`,
    [field.name],
  )
}

function refuseType(field: FieldDefinition, value: unknown): never {
  throw new Refusal(
    400,
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${field.type} from ${JSON.stringify(value)} or request may be missing a required field`,
    [field.name],
  )
}

/** What people see instead of the field's name. */
export function labelOf({ name, label }: FieldDefinition): string {
  return label ?? name.replace(/__c$/, '').replaceAll('_', ' ')
}
