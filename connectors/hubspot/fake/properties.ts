import { isCalendarDate } from '../../../src/domain/calendar.ts'
import type { PropertyFault } from './refusals.ts'
import { invalidProperties, RefusalError } from './refusals.ts'
import type { PropertyDefinition, RecordType } from './standard-properties.ts'
import { standardProperties } from './standard-properties.ts'

/** Values to write: null or an empty text clears. */
export type PropertyChanges = Readonly<Record<string, string | null>>

/** Which properties each kind of record has, and what may be written to them. */
export type Properties = {
  list(type: RecordType): PropertyDefinition[]
  find(type: RecordType, name: string): PropertyDefinition | undefined
  create(type: RecordType, definition: PropertyDefinition): void
  remove(type: RecordType, name: string): void
  /** Checks and normalizes values. Throws the refusal that names every fault. */
  check(type: RecordType, changes: Readonly<Record<string, unknown>>): PropertyChanges
}

/** The properties of one portal: the standard ones and those given. */
export function createProperties(
  portalId: number,
  custom: Readonly<Record<RecordType, readonly PropertyDefinition[]>>,
): Properties {
  const known = new Map<RecordType, Map<string, PropertyDefinition>>()
  const of = (type: RecordType) => {
    const listed = known.get(type) ?? named([...standardProperties[type], ...custom[type]])
    known.set(type, listed)
    return listed
  }
  return {
    list: (type) => [...of(type).values()],
    find: (type, name) => of(type).get(name),
    create: (type, definition) => {
      if (of(type).has(definition.name)) throw taken(definition.name)
      of(type).set(definition.name, definition)
    },
    remove: (type, name) => void of(type).delete(name),
    check: (type, changes) => checked(portalId, of(type), changes),
  }
}

function named(definitions: readonly PropertyDefinition[]): Map<string, PropertyDefinition> {
  return new Map(definitions.map((definition) => [definition.name, definition]))
}

function taken(name: string): RefusalError {
  return new RefusalError({
    status: 409,
    category: 'OBJECT_ALREADY_EXISTS',
    message: `A property named '${name}' already exists.`,
  })
}

function checked(
  portalId: number,
  known: ReadonlyMap<string, PropertyDefinition>,
  changes: Readonly<Record<string, unknown>>,
): PropertyChanges {
  const faults: PropertyFault[] = []
  const values: Record<string, string | null> = {}
  for (const [name, value] of Object.entries(changes)) {
    const outcome = checkOne(known.get(name), name, value)
    if (typeof outcome === 'object' && outcome !== null) faults.push(outcome)
    else values[name] = outcome
  }
  if (faults.length > 0) throw invalidProperties(portalId, faults)
  return values
}

function checkOne(
  property: PropertyDefinition | undefined,
  name: string,
  value: unknown,
): string | null | PropertyFault {
  if (property === undefined)
    return { name, error: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` }
  if (property.readOnly)
    return { name, error: 'READ_ONLY_VALUE', message: `"${name}" is a read only property` }
  if (value === null || value === undefined || value === '') return null
  const text = String(value)
  return normalized(property, text) ?? fault(property, text)
}

function fault(property: PropertyDefinition, text: string): PropertyFault {
  const error = { number: 'INVALID_NUMBER', enumeration: 'INVALID_OPTION' }[property.type as string]
  return {
    name: property.name,
    error: error ?? 'INVALID_DATE',
    message: `${text} was not a valid ${property.type} for "${property.name}".`,
  }
}

/** The text as it will be read back, or null when it does not fit the type. */
function normalized(property: PropertyDefinition, text: string): string | null {
  if (property.type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? text : null
  if (property.type === 'bool') return text === 'true' || text === 'false' ? text : null
  if (property.type === 'datetime') return normalizedInstant(text)
  if (property.type === 'date') return normalizedDate(text)
  const fits = property.options.length === 0 || property.options.includes(text)
  return fits ? text : null
}

function normalizedInstant(text: string): string | null {
  const milliseconds = /^\d{10,}$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString()
}

function normalizedDate(text: string): string | null {
  const date = /^\d{10,}$/.test(text) ? new Date(Number(text)).toISOString() : text
  return isCalendarDate(date.slice(0, 10)) ? date.slice(0, 10) : null
}
