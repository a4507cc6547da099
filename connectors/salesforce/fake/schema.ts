/** What a field holds. Numbers are `currency`, `double`, `percent` or `int`. */
export type FieldType =
  | 'id'
  | 'reference'
  | 'string'
  | 'textarea'
  | 'email'
  | 'phone'
  | 'url'
  | 'picklist'
  | 'boolean'
  | 'currency'
  | 'double'
  | 'percent'
  | 'int'
  | 'date'
  | 'datetime'

export type FieldDefinition = {
  readonly name: string
  readonly type: FieldType
  readonly label?: string
  /** Characters of a text. */
  readonly length?: number
  readonly precision?: number
  readonly scale?: number
  readonly required?: boolean
  readonly unique?: boolean
  readonly externalId?: boolean
  readonly referenceTo?: string
  readonly relationshipName?: string
  readonly picklist?: readonly string[]
  /** A restricted picklist takes its own values only; the others take any text, as in a real organisation. */
  readonly restricted?: boolean
  /** Kept by the system: formulas, roll-ups, stamps. Nobody writes it. */
  readonly calculated?: boolean
}

/** A field an administrator added to one object. */
export type CustomField = FieldDefinition & { readonly object: string }

export type ObjectDefinition = {
  readonly name: string
  readonly label: string
  readonly keyPrefix: string
  readonly fields: readonly FieldDefinition[]
  readonly children: readonly {
    readonly relationshipName: string
    readonly childObject: string
    readonly field: string
  }[]
}

export type Schema = {
  object(name: string): ObjectDefinition | null
  /** Finds a field by its name in any case. */
  field(objectType: string, name: string): FieldDefinition | null
  /** Finds the reference field behind a relation such as `Account`. */
  relation(objectType: string, relationshipName: string): FieldDefinition | null
  readonly objects: readonly ObjectDefinition[]
}

/** Indexes object definitions for look-up in any case, as Salesforce takes names. */
export function schemaFrom(objects: readonly ObjectDefinition[]): Schema {
  const byName = new Map(objects.map((object) => [object.name.toLowerCase(), object]))
  const fields = new Map<string, Map<string, FieldDefinition>>()
  const relations = new Map<string, Map<string, FieldDefinition>>()
  for (const object of objects) {
    const key = object.name.toLowerCase()
    fields.set(key, new Map(object.fields.map((field) => [field.name.toLowerCase(), field])))
    const related = object.fields.filter(({ relationshipName }) => relationshipName !== undefined)
    relations.set(key, new Map(related.map((field) => [String(field.relationshipName).toLowerCase(), field])))
  }
  return {
    objects,
    object: (name) => byName.get(name.toLowerCase()) ?? null,
    field: (objectType, name) => fields.get(objectType.toLowerCase())?.get(name.toLowerCase()) ?? null,
    relation: (objectType, name) => relations.get(objectType.toLowerCase())?.get(name.toLowerCase()) ?? null,
  }
}

/** Adds custom fields, and currency fields where the organisation sells in several, to the standard objects. */
export function extendObjects(
  objects: readonly ObjectDefinition[],
  customFields: readonly CustomField[],
  currencies: readonly string[] | null,
): ObjectDefinition[] {
  return objects.map((object) => {
    const added: FieldDefinition[] = customFields.filter((field) => field.object === object.name)
    if (currencies && hasAmounts(object))
      added.push({ name: 'CurrencyIsoCode', type: 'picklist', picklist: currencies, restricted: true })
    return { ...object, fields: [...object.fields, ...added] }
  })
}

function hasAmounts(object: ObjectDefinition): boolean {
  return ['Account', 'Opportunity', 'OpportunityLineItem', 'PricebookEntry', 'Product2'].includes(object.name)
}
