import { Collection, ContractTerms } from '../contract.ts'
import { convert } from './convert.ts'
import type { Lookup, LookupEntry, Operand, Row } from './language.ts'

/** The result types of CEL that can become a text, a number, a day …; `dyn` is decided deal by deal. */
const scalarTypes = new Set(['dyn', 'string', 'int', 'double', 'Decimal', 'null_type'])

/**
 * What is already wrong with a row before any deal: a constant, a default or a lookup value that its target cannot take, an
 * expression of the wrong type, payment terms that bypass the lookup.
 */
export function operandFault(row: Row, lookups: ReadonlyMap<string, Lookup>): string[] {
  const faults = sourceFaults(row)
  for (const { value, what } of writtenValues(row, lookups)) {
    const fault = valueFault(row, value)
    if (fault !== null) faults.push(`${what}: ${fault}`)
  }
  return faults
}

function sourceFaults({ target, operand, required }: Row): string[] {
  const { kind } = target.type
  if ((kind === 'collection' || kind === 'renewal') && operand.kind !== 'lookup' && operand.kind !== 'value')
    return [`${target.path} comes from a lookup table or a constant, so that only agreed terms can be chosen`]
  if (operand.kind === 'lookup' && operand.onMiss === 'warn' && (target.required || required))
    return ['onMiss: warn leaves the target empty, and the row is required']
  if (operand.kind !== 'cel') return []
  const { resultType } = operand.expression
  const fits = scalarTypes.has(resultType) || (resultType === 'bool' && kind === 'flag')
  return fits ? [] : [`the expression results in ${resultType}, which ${target.path} cannot take`]
}

function writtenValues(
  row: Row,
  lookups: ReadonlyMap<string, Lookup>,
): { value: LookupEntry; what: string }[] {
  const { operand, fallback } = row
  const own = fallback === undefined ? [] : [{ value: fallback, what: 'the default' }]
  if (operand.kind === 'value') return [...own, { value: operand.value, what: 'the constant' }]
  const table = operand.kind === 'lookup' ? lookups.get(operand.table) : undefined
  if (operand.kind !== 'lookup' || table === undefined) return own
  const rows = [...table.entries].map(([key, value]) => ({ value, what: `row '${key}' of ${table.name}` }))
  const otherwise =
    table.fallback === undefined ? [] : [{ value: table.fallback, what: `the default of ${table.name}` }]
  return [
    ...own,
    ...[...rows, ...otherwise].map(({ value, what }) => ({ value: picked(value, operand), what })),
  ]
}

/** The part of a lookup value a row asks for. A row without `pick` takes the whole value; a part that is not there is null. */
export function picked(value: LookupEntry, operand: Extract<Operand, { kind: 'lookup' }>): LookupEntry {
  if (operand.pick === null || typeof value !== 'object' || value === null) return value
  return Object.hasOwn(value, operand.pick) ? (value[operand.pick] ?? null) : null
}

/** Why a written value does not fit a target; null when it does. Amounts are judged without currency here. */
function valueFault(row: Row, value: LookupEntry): string | null {
  if (value === null) return null
  const { kind } = row.target.type
  if (kind === 'collection') return Collection.safeParse(value).success ? null : collectionWords
  if (kind === 'renewal') return ContractTerms.shape.renewal.safeParse(value).success ? null : renewalWords
  if (typeof value === 'object') return 'it has several values: choose one with pick'
  const converted = convert(value, row, { currency: null })
  return converted.ok ? null : `'${String(value)}' does not fit ${row.target.path}`
}

const collectionWords = 'expected { kind: invoice, daysUntilDue: 0 to 365 } or { kind: card }'
const renewalWords = 'expected { kind: none } or { kind: auto, months, noticeDays }'
