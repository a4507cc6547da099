import type { CrmName } from '../deal.ts'
import { type Result, ok, refused } from '../result.ts'
import type {
  LineBlock,
  Lookup,
  Mapping,
  MappingFault,
  MappingPolicies,
  QualifyingRule,
  Row,
} from './language.ts'
import { type ParsedRows, checkNeeded, parseExpression, parseRows } from './parse-rows.ts'
import { parseLookups } from './parse-lookups.ts'
import { picked } from './row-types.ts'
import {
  type LineKind,
  lineKinds,
  lineTarget,
  neededByKind,
  neededOnLines,
  neededTerms,
  termsTarget,
} from './targets.ts'
import { type YamlEntry, type YamlNode, YamlReader } from './yaml-reader.ts'

const fileKeys = [
  'format',
  'name',
  'description',
  'source',
  'qualify',
  'lookups',
  'policies',
  'terms',
  'lines',
]

/** Reads a mapping file and judges it whole: a mapping, or every fault with file, line, path and reason. */
export function parseMapping(text: string, fileName: string): Result<Mapping, MappingFault[]> {
  const reader = new YamlReader(fileName)
  const root = reader.open(text)
  if (root === null) return refused(reader.faults)
  const parts = reader.known(root, '', fileKeys)
  for (const key of ['format', 'name', 'source', 'terms', 'lines'])
    if (!parts.has(key)) reader.fault(root, key, `the file has no ${key}`)
  const mapping = readParts(parts, root, reader)
  return reader.faults.length === 0 ? ok(mapping) : refused(reader.faults)
}

function readParts(parts: ReadonlyMap<string, YamlEntry>, root: YamlNode, reader: YamlReader): Mapping {
  const format = parts.get('format')
  if (format !== undefined && reader.scalar(format.node, 'format') !== 1)
    reader.fault(format.node, 'format', 'this version reads format 1')
  const name = parts.get('name')
  const lookups = parseLookups(parts.get('lookups')?.node, reader)
  return {
    format: 1,
    name: name === undefined ? '' : (reader.text(name.node, 'name') ?? ''),
    source: reader.word<CrmName>(
      parts.get('source')?.node,
      'source',
      ['salesforce', 'hubspot'],
      'salesforce',
    ),
    qualify: parseRules(parts.get('qualify')?.node, reader),
    lookups,
    policies: parsePolicies(parts.get('policies')?.node, reader),
    terms: parseTerms(parts.get('terms'), lookups, root, reader),
    lines: parseBlocks(parts.get('lines'), lookups, reader),
  }
}

function parseRules(node: YamlNode | undefined, reader: YamlReader): QualifyingRule[] {
  if (node === undefined) return []
  return reader.items(node, 'qualify').flatMap((item) => {
    const parts = reader.known(item, 'qualify', ['rule', 'cel', 'comment'])
    const name = parts.get('rule')
    const cel = parts.get('cel')
    if (name === undefined || cel === undefined) {
      reader.fault(item, 'qualify', 'a rule has a name (rule) and an expression (cel)')
      return []
    }
    const rule = reader.text(name.node, 'qualify')
    const expression = parseTest(cel.node, `qualify.${rule}`, 'deal', reader)
    return rule === null || expression === null ? [] : [{ name: rule, expression }]
  })
}

function parseTest(
  node: YamlNode,
  path: string,
  scope: 'deal' | 'line',
  reader: YamlReader,
): QualifyingRule['expression'] | null {
  const expression = parseExpression(node, { path, scope }, reader)
  if (expression === null || ['bool', 'dyn'].includes(expression.resultType)) return expression
  return reader.fault(node, path, `the expression results in ${expression.resultType}, not in true or false`)
}

function parsePolicies(node: YamlNode | undefined, reader: YamlReader): MappingPolicies {
  const keys = ['amountCheck', 'sameProductTwice', 'zeroValue']
  const parts = node === undefined ? new Map<string, YamlEntry>() : reader.known(node, 'policies', keys)
  const nodeOf = (key: string) => parts.get(key)?.node
  return {
    amountCheck: reader.word(
      nodeOf('amountCheck'),
      'policies.amountCheck',
      ['refuse', 'warn', 'none'],
      'warn',
    ),
    sameProductTwice: reader.word(
      nodeOf('sameProductTwice'),
      'policies.sameProductTwice',
      ['allow', 'refuse'],
      'refuse',
    ),
    zeroValue: reader.word(nodeOf('zeroValue'), 'policies.zeroValue', ['allow', 'refuse'], 'refuse'),
  }
}

function parseTerms(
  entry: YamlEntry | undefined,
  lookups: ReadonlyMap<string, Lookup>,
  root: YamlNode,
  reader: YamlReader,
): Row[] {
  if (entry === undefined) return []
  const place = { path: 'terms', scope: 'deal', targetOf: termsTarget, lookups } as const
  const parsed = parseRows(entry.node, place, reader)
  const { rows, filled } = parsed
  checkNeeded(parsed, neededTerms, { path: 'terms', node: entry.node ?? root, because: 'a contract' }, reader)
  if (['months', 'endsBefore', 'endsOn'].filter((path) => filled.has(path)).length > 1)
    reader.fault(
      entry.node,
      'terms',
      'only one of months, endsBefore and endsOn can say when the contract ends',
    )
  if ((filled.has('discount.percent') || filled.has('discount.amount')) && !filled.has('discount.duration'))
    reader.fault(entry.node, 'terms', 'a discount needs a row for discount.duration: once, months or forever')
  if (rows.filter(({ target }) => target.path.startsWith('references.')).length > 3)
    reader.fault(entry.node, 'terms', 'an invoice shows at most three references beside the purchase order')
  return rows
}

function parseBlocks(
  entry: YamlEntry | undefined,
  lookups: ReadonlyMap<string, Lookup>,
  reader: YamlReader,
): LineBlock[] {
  if (entry === undefined) return []
  const blocks = reader.items(entry.node, 'lines').map((item) => parseBlock(item, lookups, reader))
  if (blocks.length === 0) reader.fault(entry.node, 'lines', 'no block makes a line')
  return blocks
}

const nothingParsed: ParsedRows = { rows: [], filled: new Set() }

function parseBlock(item: YamlNode, lookups: ReadonlyMap<string, Lookup>, reader: YamlReader): LineBlock {
  const parts = reader.known(item, 'lines', ['each', 'when', 'rows', 'comment'])
  const each = reader.word(parts.get('each')?.node, 'lines.each', ['line', 'deal'], 'line')
  const when = parts.get('when')
  const rowsEntry = parts.get('rows')
  if (rowsEntry === undefined) reader.fault(item, 'lines', 'the block has no rows')
  const place = { path: 'lines', scope: each, targetOf: lineTarget, lookups }
  const parsed = rowsEntry === undefined ? nothingParsed : parseRows(rowsEntry.node, place, reader)
  const { rows } = parsed
  for (const kind of rowsEntry === undefined ? [] : possibleKinds(rows, lookups))
    checkNeeded(parsed, neededByKind[kind], { path: 'lines', node: item, because: `a ${kind} line` }, reader)
  if (rowsEntry !== undefined)
    checkNeeded(parsed, neededOnLines, { path: 'lines', node: item, because: 'every line' }, reader)
  return { each, when: when === undefined ? null : parseTest(when.node, 'lines.when', each, reader), rows }
}

/** The kinds a block can make: its constant, the values of its lookup, or any where an expression decides. */
function possibleKinds(rows: readonly Row[], lookups: ReadonlyMap<string, Lookup>): LineKind[] {
  const row = rows.find(({ target }) => target.path === 'kind')
  if (row === undefined) return []
  const { operand, fallback } = row
  const table = operand.kind === 'lookup' ? lookups.get(operand.table) : undefined
  const written: unknown[] = fallback === undefined ? [] : [fallback]
  if (operand.kind === 'value') written.push(operand.value)
  else if (operand.kind === 'lookup' && table !== undefined)
    written.push(
      ...[...table.entries.values(), table.fallback ?? null].map((value) => picked(value, operand)),
    )
  else return [...lineKinds]
  return lineKinds.filter((kind) => written.includes(kind))
}
