import { isRecordId, widenId } from '../record-id.ts'
import { noSuchColumn, Refusal } from './refusal.ts'
import type { Permissions } from './permissions.ts'
import type { RecordStore, StoredRecord, Value } from './record-store.ts'
import type { FieldDefinition, FieldType, Schema } from './schema.ts'
import type { Comparison, Condition, Literal, Ordering } from './soql-parser.ts'

/** What a query needs of the organisation. */
export type QuerySource = {
  readonly schema: Schema
  readonly store: RecordStore
  readonly permissions: Permissions
}

/** A path with its fields looked up: the references to follow, and the field at the end. */
export type ResolvedPath = { readonly hops: readonly FieldDefinition[]; readonly field: FieldDefinition }

/** Looks up a path; throws INVALID_FIELD when a part does not exist or is hidden. */
export function resolvePath(source: QuerySource, objectType: string, path: readonly string[]): ResolvedPath {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    const field = source.permissions.visibleField(objectType, name)
    if (!field) throw noSuchColumn(name, objectType)
    return { hops: [], field }
  }
  // A path may begin with the object's own name.
  if (name.toLowerCase() === objectType.toLowerCase()) return resolvePath(source, objectType, rest)
  const relation = source.schema.relation(objectType, name)
  const target = relation?.referenceTo
  if (!relation || !target || !source.permissions.visibleField(objectType, relation.name))
    throw new Refusal(
      400,
      'INVALID_FIELD',
      `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure ` +
        "to append the '__r' after the custom relationship name.",
    )
  const { hops, field } = resolvePath(source, target, rest)
  return { hops: [relation, ...hops], field }
}

/** Follows the references of a path; null when one is empty. */
export function recordAt(
  { store }: QuerySource,
  record: StoredRecord,
  hops: readonly FieldDefinition[],
): StoredRecord | null {
  let current: StoredRecord | null = record
  for (const { name } of hops) {
    const id: Value | undefined = current?.[name]
    current = typeof id === 'string' ? store.find(id) : null
  }
  return current
}

/** Turns a condition into a check of one record. Throws for unknown fields and literals of the wrong kind. */
export function conditionCheck(
  source: QuerySource,
  objectType: string,
  condition: Condition,
): (record: StoredRecord) => boolean {
  if (condition.kind === 'not') {
    const inner = conditionCheck(source, objectType, condition.part)
    return (record) => !inner(record)
  }
  if (condition.kind !== 'compare') {
    const checks = condition.parts.map((part) => conditionCheck(source, objectType, part))
    return condition.kind === 'and'
      ? (record) => checks.every((check) => check(record))
      : (record) => checks.some((check) => check(record))
  }
  const { hops, field } = resolvePath(source, objectType, condition.path)
  const wanted = condition.literals.map((literal) => checkedLiteral(field, literal))
  const compare = comparisons[condition.operator]
  return (record) => compare(comparable(field, recordAt(source, record, hops)?.[field.name] ?? null), wanted)
}

type Compare = (value: Value, wanted: readonly Value[]) => boolean

const comparisons: Readonly<Record<Comparison, Compare>> = {
  '=': (value, [first]) => value === first,
  '!=': (value, [first]) => value !== first,
  '<': (value, [first]) => ordered(value, first, (order) => order < 0),
  '<=': (value, [first]) => ordered(value, first, (order) => order <= 0),
  '>': (value, [first]) => ordered(value, first, (order) => order > 0),
  '>=': (value, [first]) => ordered(value, first, (order) => order >= 0),
  IN: (value, wanted) => wanted.includes(value),
  'NOT IN': (value, wanted) => !wanted.includes(value),
  LIKE: (value, [first]) => typeof value === 'string' && likePattern(String(first)).test(value),
}

function ordered(value: Value, wanted: Value | undefined, fits: (order: number) => boolean): boolean {
  if (value === null || wanted === null || wanted === undefined) return false
  return fits(value < wanted ? -1 : value > wanted ? 1 : 0)
}

function likePattern(pattern: string): RegExp {
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`, 's')
}

const literalKinds: Readonly<Record<FieldType, Literal['kind']>> = {
  id: 'text',
  reference: 'text',
  string: 'text',
  textarea: 'text',
  email: 'text',
  phone: 'text',
  url: 'text',
  picklist: 'text',
  boolean: 'boolean',
  currency: 'number',
  double: 'number',
  percent: 'number',
  int: 'number',
  date: 'date',
  datetime: 'datetime',
}

function checkedLiteral(field: FieldDefinition, { kind, value }: Literal): Value {
  const expected = literalKinds[field.type]
  if (field.type === 'textarea')
    throw new Refusal(400, 'INVALID_FIELD', `field '${field.name}' can not be filtered in a query call`)
  if (kind !== 'null' && kind !== expected)
    throw new Refusal(
      400,
      'INVALID_FIELD',
      `value of filter criterion for field '${field.name}' must be of type ${field.type}` +
        (kind === 'text' ? ' and should not be enclosed in quotes' : ''),
    )
  if (kind === 'text' && isIdField(field) && !isRecordId(String(value)))
    throw new Refusal(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${value}`)
  return comparable(field, value)
}

function isIdField({ type }: FieldDefinition): boolean {
  return type === 'id' || type === 'reference'
}

/** Texts compare in any case; ids compare as they are, widened. */
function comparable(field: FieldDefinition, value: Value): Value {
  if (typeof value !== 'string') return value
  return isIdField(field) ? widenId(value) : value.toLowerCase()
}

/** Sorts records by the given paths. Empty values come first unless told otherwise. */
export function sortRecords(
  source: QuerySource,
  objectType: string,
  records: readonly StoredRecord[],
  orderBy: readonly Ordering[],
): StoredRecord[] {
  if (orderBy.length === 0) return [...records]
  const paths = orderBy.map(({ path }) => resolvePath(source, objectType, path))
  const keyed = records.map((record) => ({
    record,
    keys: paths.map(({ hops, field }) =>
      comparable(field, recordAt(source, record, hops)?.[field.name] ?? null),
    ),
  }))
  keyed.sort((left, right) => {
    for (const [index, ordering] of orderBy.entries()) {
      const order = compareKeys(left.keys[index] ?? null, right.keys[index] ?? null, ordering)
      if (order !== 0) return order
    }
    return 0
  })
  return keyed.map(({ record }) => record)
}

function compareKeys(left: Value, right: Value, { descending, nullsLast }: Ordering): number {
  if (left === right) return 0
  if (left === null || right === null) return (left === null) === nullsLast ? 1 : -1
  return left < right === descending ? 1 : -1
}
