import type { FieldDefinition, ObjectDefinition, Schema } from './schema.ts'

export type Access = 'edit' | 'read' | 'hidden'

/** What the integration user may see and edit: everything, until an administrator takes it away. */
export type Permissions = {
  setField(objectType: string, field: string, access: Access): void
  setObject(objectType: string, access: Access): void
  ofField(objectType: string, field: FieldDefinition): Access
  ofObject(objectType: string): Access
  /** Finds an object the user sees. */
  visibleObject(name: string): ObjectDefinition | null
  /** Finds a field the user sees. */
  visibleField(objectType: string, name: string): FieldDefinition | null
}

/** Starts with full access to the objects of a schema. */
export function fullPermissions(schema: Schema): Permissions {
  const fields = new Map<string, Access>()
  const objects = new Map<string, Access>()
  const ofObject = (objectType: string) => objects.get(objectType.toLowerCase()) ?? 'edit'
  const ofField = (objectType: string, field: FieldDefinition) =>
    fields.get(`${objectType}.${field.name}`.toLowerCase()) ?? 'edit'
  return {
    ofObject,
    ofField,
    setObject: (objectType, access) => void objects.set(objectType.toLowerCase(), access),
    setField: (objectType, field, access) => void fields.set(`${objectType}.${field}`.toLowerCase(), access),
    visibleObject: (name) => (ofObject(name) === 'hidden' ? null : schema.object(name)),
    visibleField(objectType, name) {
      const field = schema.field(objectType, name)
      return field && ofField(objectType, field) !== 'hidden' ? field : null
    },
  }
}
