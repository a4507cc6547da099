import { widenId } from '../record-id.ts'
import { doubleJson, instantText } from './rendering.ts'
import { Refusal } from './refusal.ts'
import type { StoredRecord, Value } from './record-store.ts'
import type { ObjectDefinition } from './schema.ts'
import {
  conditionCheck,
  type QuerySource,
  recordAt,
  type ResolvedPath,
  resolvePath,
  sortRecords,
} from './soql-condition.ts'
import type { Condition, SoqlQuery } from './soql-parser.ts'

/** A row as the API writes it. Child relations hold their rows; the caller pages them. */
export type RenderedRow = { [name: string]: unknown }

export type RunOptions = {
  readonly apiVersion: string
  readonly withDeleted: boolean
  /** Wraps the rows of a child relation in a page of their own. */
  readonly pageChildren: (rows: readonly RenderedRow[]) => unknown
}

/** Answers a query: the rows, and the type they are of. Throws Refusal as Salesforce would. */
export function runSoql(source: QuerySource, query: SoqlQuery, options: RunOptions): RenderedRow[] {
  const object = source.permissions.visibleObject(query.from)
  if (!object)
    throw new Refusal(
      400,
      'INVALID_TYPE',
      `sObject type '${query.from}' is not supported. Please reference your WSDL.`,
    )
  const render = renderer(source, object, query, options)
  const candidates = candidatesFor(source, object.name, query.where)
  return selected(source, object.name, query, candidates, options.withDeleted).map(render)
}

function selected(
  source: QuerySource,
  objectType: string,
  query: SoqlQuery,
  candidates: Iterable<StoredRecord>,
  withDeleted: boolean,
): StoredRecord[] {
  const fits = query.where ? conditionCheck(source, objectType, query.where) : () => true
  const found: StoredRecord[] = []
  for (const record of candidates)
    if ((withDeleted || record['IsDeleted'] !== true) && fits(record)) found.push(record)
  const inOrder = sortRecords(source, objectType, found, query.orderBy)
  return query.limit === null ? inOrder : inOrder.slice(0, query.limit)
}

/** Uses an index where the condition allows: ids, or a lower bound of the stamp of change. */
function candidatesFor(
  { store }: QuerySource,
  objectType: string,
  where: Condition | null,
): Iterable<StoredRecord> {
  const ids = where && idsWanted(where)
  if (ids) return ids.flatMap((id) => recordOf(store.find(id), store.typeOf(id) === objectType))
  const stamp = where && earliestStamp(where)
  return stamp ? store.changedSince(objectType, stamp) : store.all(objectType)
}

function recordOf(record: StoredRecord | null, fits: boolean): StoredRecord[] {
  return record && fits ? [record] : []
}

function idsWanted(condition: Condition): string[] | null {
  if (condition.kind === 'and') {
    for (const part of condition.parts) {
      const ids = idsWanted(part)
      if (ids) return ids
    }
    return null
  }
  if (condition.kind !== 'compare' || condition.path.join().toLowerCase() !== 'id') return null
  if (condition.operator !== '=' && condition.operator !== 'IN') return null
  return [...new Set(condition.literals.map(({ value }) => widenId(String(value))))]
}

/** The earliest stamp a record can have and still fit; null when the condition sets no bound. */
function earliestStamp(condition: Condition): string | null {
  if (condition.kind === 'not') return null
  if (condition.kind !== 'compare') {
    const bounds = condition.parts.map(earliestStamp)
    const known = bounds.filter((bound) => bound !== null).sort()
    if (condition.kind === 'and') return known.at(-1) ?? null
    return known.length === bounds.length ? (known[0] ?? null) : null
  }
  const [literal] = condition.literals
  const isBound = ['=', '>', '>='].includes(condition.operator) && literal?.kind === 'datetime'
  return isBound && condition.path.join().toLowerCase() === 'systemmodstamp' ? String(literal.value) : null
}

type Render = (record: StoredRecord) => RenderedRow

function renderer(
  source: QuerySource,
  object: ObjectDefinition,
  query: SoqlQuery,
  options: RunOptions,
): Render {
  const paths: ResolvedPath[] = []
  const children: ((record: StoredRecord, row: RenderedRow) => void)[] = []
  for (const column of query.columns) {
    if (column.kind === 'path') paths.push(resolvePath(source, object.name, column.path))
    else children.push(childRenderer(source, object, column.query, options))
  }
  return (record) => {
    const row: RenderedRow = { attributes: attributesOf(object.name, record, options.apiVersion) }
    for (const path of paths) renderPath(source, record, row, path, options.apiVersion)
    for (const render of children) render(record, row)
    return row
  }
}

function childRenderer(
  source: QuerySource,
  parent: ObjectDefinition,
  query: SoqlQuery,
  options: RunOptions,
): (record: StoredRecord, row: RenderedRow) => void {
  const wanted = query.from.toLowerCase()
  const relation = parent.children.find(({ relationshipName }) => relationshipName.toLowerCase() === wanted)
  const child = relation && source.permissions.visibleObject(relation.childObject)
  if (!relation || !child)
    throw new Refusal(
      400,
      'INVALID_TYPE',
      `Didn't understand relationship '${query.from}' in FROM part of query call.`,
    )
  const render = renderer(source, child, query, options)
  return (record, row) => {
    const candidates = source.store.referring(child.name, relation.field, record.Id)
    const rows = selected(source, child.name, query, candidates, options.withDeleted).map(render)
    row[relation.relationshipName] = rows.length === 0 ? null : options.pageChildren(rows)
  }
}

function attributesOf(objectType: string, { Id: id }: StoredRecord, apiVersion: string): RenderedRow {
  return { type: objectType, url: `/services/data/v${apiVersion}/sobjects/${objectType}/${id}` }
}

/** Writes one value into the row, under its parents where the path crosses relations; an empty parent is null. */
function renderPath(
  source: QuerySource,
  record: StoredRecord,
  row: RenderedRow,
  { hops, field }: ResolvedPath,
  apiVersion: string,
): void {
  let target = row
  for (const [index, hop] of hops.entries()) {
    const name = String(hop.relationshipName)
    const parent = recordAt(source, record, hops.slice(0, index + 1))
    if (!parent) {
      target[name] = null
      return
    }
    target[name] ??= { attributes: attributesOf(String(hop.referenceTo), parent, apiVersion) }
    target = target[name] as RenderedRow
  }
  const owner = recordAt(source, record, hops)
  target[field.name] = renderValue(field.type, owner?.[field.name] ?? null)
}

/** Writes a value as the API does: amounts as doubles, instants with a numeric zone. */
export function renderValue(type: string, value: Value): unknown {
  if (value === null) return null
  if (type === 'datetime') return instantText(String(value))
  if (typeof value === 'number' && type !== 'int') return doubleJson(value)
  return value
}
