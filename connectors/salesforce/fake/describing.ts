import { labelOf } from './field-checks.ts'
import type { Organization } from './organization.ts'
import type { FieldDefinition, ObjectDefinition } from './schema.ts'

const numeric = ['currency', 'double', 'percent', 'int']

/** The describe answer of an object as the integration user gets it: hidden fields are not in it. */
export function describeObject(organization: Organization, object: ObjectDefinition): object {
  const { permissions } = organization
  const mayEdit = permissions.ofObject(object.name) === 'edit'
  const visible = object.fields.filter((field) => permissions.ofField(object.name, field) !== 'hidden')
  return {
    name: object.name,
    label: object.label,
    keyPrefix: object.keyPrefix,
    custom: false,
    queryable: true,
    createable: mayEdit,
    updateable: mayEdit,
    fields: visible.map((field) => describeField(organization, object.name, field, mayEdit)),
    childRelationships: object.children.map((child) => ({ ...child, childSObject: child.childObject })),
  }
}

function describeField(
  { permissions, stages }: Organization,
  objectType: string,
  field: FieldDefinition,
  objectIsEditable: boolean,
): object {
  const mayEdit = objectIsEditable && !field.calculated && permissions.ofField(objectType, field) === 'edit'
  const choices = field.name === 'StageName' ? Object.keys(stages) : (field.picklist ?? [])
  return {
    name: field.name,
    label: labelOf(field),
    type: field.type,
    length: lengthOf(field),
    precision: numeric.includes(field.type) ? (field.precision ?? 0) : 0,
    scale: field.scale ?? 0,
    nillable: !field.required,
    createable: mayEdit,
    updateable: mayEdit,
    custom: field.name.endsWith('__c'),
    externalId: field.externalId ?? false,
    unique: field.unique ?? false,
    filterable: field.type !== 'textarea',
    calculated: field.calculated ?? false,
    referenceTo: field.referenceTo ? [field.referenceTo] : [],
    relationshipName: field.relationshipName ?? null,
    restrictedPicklist: field.restricted ?? false,
    picklistValues: choices.map((value) => ({ value, label: value, active: true, defaultValue: false })),
  }
}

function lengthOf(field: FieldDefinition): number {
  if (field.length !== undefined) return field.length
  if (field.type === 'id' || field.type === 'reference') return 18
  return field.type === 'picklist' ? 255 : 0
}
