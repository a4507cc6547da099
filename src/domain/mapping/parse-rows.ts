import { type Expression, compileExpression } from './expression.ts'
import { type Lookup, type Operand, type Row, type SourcePath, headFields, sourceScopes } from './language.ts'
import { operandFault } from './row-types.ts'
import type { Target } from './targets.ts'
import { type YamlEntry, type YamlNode, type YamlReader, joined } from './yaml-reader.ts'

/** Where rows stand: what they may target, what they may read, and the tables they may look up in. */
export type RowPlace = {
  readonly path: string
  readonly scope: 'deal' | 'line'
  readonly targetOf: (path: string) => Target | string
  readonly lookups: ReadonlyMap<string, Lookup>
}

const rowKeys = [
  'target',
  'from',
  'lookup',
  'value',
  'cel',
  'pick',
  'onMiss',
  'default',
  'required',
  'unit',
  'label',
  'comment',
]

/** The sound rows of a list, and every target some row names, also a faulty one. */
export type ParsedRows = { readonly rows: Row[]; readonly filled: ReadonlySet<string> }

/** Reads a list of rows; every fault of every row is noted, and a target filled twice is one. */
export function parseRows(node: YamlNode, place: RowPlace, reader: YamlReader): ParsedRows {
  const rows: Row[] = []
  const rowByTarget = new Map<string, number>()
  for (const item of reader.items(node, place.path)) {
    const parts = reader.known(item, place.path, rowKeys)
    const target = parseTarget(parts.get('target'), item, place, reader)
    if (target === null) continue
    const twin = rowByTarget.get(target.path)
    const path = joined(place.path, target.path)
    if (twin !== undefined) reader.fault(item, path, `line ${twin} fills this target already`)
    rowByTarget.set(target.path, reader.rowOf(item))
    const row = parseRow(target, parts, item, { ...place, path }, reader)
    if (row !== null) rows.push(row)
  }
  return { rows, filled: new Set(rowByTarget.keys()) }
}

/** Notes every group of targets of which none is filled. */
export function checkNeeded(
  { filled }: ParsedRows,
  needed: readonly (readonly string[])[],
  place: { path: string; node: YamlNode; because: string },
  reader: YamlReader,
): void {
  for (const group of needed)
    if (!group.some((path) => filled.has(path)))
      reader.fault(place.node, place.path, `no row fills ${group.join(' or ')}, which ${place.because} needs`)
}

function parseTarget(
  entry: YamlEntry | undefined,
  node: YamlNode,
  place: RowPlace,
  reader: YamlReader,
): Target | null {
  if (entry === undefined) return reader.fault(node, place.path, 'the row names no target')
  const name = reader.text(entry.node, place.path)
  if (name === null) return null
  const target = place.targetOf(name)
  return typeof target === 'string' ? reader.fault(entry.node, joined(place.path, name), target) : target
}

function parseRow(
  target: Target,
  parts: ReadonlyMap<string, YamlEntry>,
  node: YamlNode,
  place: RowPlace,
  reader: YamlReader,
): Row | null {
  const operand = parseOperand(parts, node, place, reader)
  if (operand === null) return null
  const { path } = place
  const fallback = parts.get('default')
  const label = parts.get('label')
  const row: Row = {
    target,
    operand,
    fallback: fallback === undefined ? undefined : reader.entry(fallback.node, path),
    required: target.required || flagOf(parts.get('required'), path, reader),
    unit: parseUnit(parts.get('unit'), node, target, path, reader),
    label: label === undefined ? null : reader.text(label.node, path),
    row: reader.rowOf(node),
  }
  for (const fault of operandFault(row, place.lookups)) reader.faultAt(row.row, path, fault)
  return row
}

function parseOperand(
  parts: ReadonlyMap<string, YamlEntry>,
  node: YamlNode,
  place: RowPlace,
  reader: YamlReader,
): Operand | null {
  const kinds = ['lookup', 'value', 'cel', 'from'].filter((key) => parts.has(key))
  const isLookup = parts.has('lookup')
  if (kinds.length !== (isLookup ? 2 : 1) || (isLookup && !parts.has('from')))
    return reader.fault(node, place.path, 'a row has exactly one of from, lookup with from, value or cel')
  if (!isLookup && (parts.has('pick') || parts.has('onMiss')))
    return reader.fault(node, place.path, 'pick and onMiss belong to a lookup')
  const from = parts.get('from')
  if (isLookup && from !== undefined) return parseLookupOperand(parts, from, place, reader)
  if (from !== undefined) {
    const path = parsePath(from.node, place, reader)
    return path === null ? null : { kind: 'from', path }
  }
  const cel = parts.get('cel')
  if (cel !== undefined) return celOperand(parseExpression(cel.node, place, reader))
  const value = reader.entry(parts.get('value')?.node ?? null, place.path)
  return value === undefined ? null : { kind: 'value', value }
}

function parseLookupOperand(
  parts: ReadonlyMap<string, YamlEntry>,
  from: YamlEntry,
  place: RowPlace,
  reader: YamlReader,
): Operand | null {
  const path = parsePath(from.node, place, reader)
  const table = reader.text(parts.get('lookup')?.node ?? null, place.path)
  if (path === null || table === null) return null
  if (!place.lookups.has(table))
    return reader.fault(from.node, place.path, `there is no lookup table '${table}'`)
  const pick = parts.get('pick')
  return {
    kind: 'lookup',
    table,
    path,
    pick: pick === undefined ? null : reader.text(pick.node, place.path),
    onMiss: reader.word(parts.get('onMiss')?.node, place.path, ['issue', 'warn', 'keep'], 'issue'),
  }
}

/** Reads an expression; faults carry the reason and the line. */
export function parseExpression(
  node: YamlNode,
  place: { path: string; scope: 'deal' | 'line' },
  reader: YamlReader,
): Expression | null {
  const text = reader.text(node, place.path)
  if (text === null) return null
  const compiled = compileExpression(text, place.scope)
  return compiled.ok ? compiled.value : reader.fault(node, place.path, compiled.error)
}

function celOperand(expression: Expression | null): Operand | null {
  return expression === null ? null : { kind: 'cel', expression }
}

function parsePath(node: YamlNode, place: RowPlace, reader: YamlReader): SourcePath | null {
  const text = reader.text(node, place.path)
  if (text === null) return null
  const [first = '', ...rest] = text.split('.')
  const field = rest.join('.')
  const scopes = sourceScopes.filter((known) => known !== 'line' || place.scope === 'line')
  const scope = scopes.find((known) => known === first)
  if (scope === undefined || field === '')
    return reader.fault(node, place.path, `'${text}' is no source path: ${scopes.join('., ')}. and a field`)
  if (scope === 'head' && !headFields.some((known) => known === field))
    return reader.fault(
      node,
      place.path,
      `the head of a deal has no '${field}', only ${headFields.join(', ')}`,
    )
  return { scope, field }
}

function parseUnit(
  unit: YamlEntry | undefined,
  node: YamlNode,
  target: Target,
  path: string,
  reader: YamlReader,
): Row['unit'] {
  if (target.type.kind !== 'percent') {
    if (unit !== undefined) reader.fault(node, path, 'only percentages have a unit')
    return null
  }
  if (unit === undefined)
    return reader.fault(
      node,
      path,
      'say whether 20 percent is written 20 (unit: percent) or 0.2 (unit: fraction)',
    )
  return reader.word(unit.node, path, ['percent', 'fraction'], 'percent')
}

function flagOf(entry: YamlEntry | undefined, path: string, reader: YamlReader): boolean {
  if (entry === undefined) return false
  const value = reader.scalar(entry.node, path)
  if (typeof value !== 'boolean') reader.fault(entry.node, path, 'true or false is expected here')
  return value === true
}
