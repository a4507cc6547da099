import type { Fault } from '../contract-check/values.ts'
import type { Currency } from '../money.ts'
import type { Finding } from '../sentence.ts'
import { type Converted, convert } from './convert.ts'
import { numberText } from './decimal-value.ts'
import { evaluateExpression } from './expression.ts'
import { type LookupEntry, type Mapping, type Operand, type Row, foldKey, pathText } from './language.ts'
import { picked } from './row-types.ts'
import { type Origin, type SourceReading, contextOf, obstacleOf, readSource } from './source.ts'

/** What a row came to: a value that fits its target or null, and what was found on the way. */
export type Resolved = {
  readonly value: Converted | LookupEntry
  readonly issues: readonly Finding[]
  readonly warnings: readonly Finding[]
}

type Raw =
  | { readonly kind: 'raw'; readonly value: LookupEntry }
  | { readonly kind: 'missing'; readonly finding: Finding }
  | { readonly kind: 'issue' | 'warning'; readonly finding: Finding }

/** Works a row out for one deal, or for one line of it. */
export function resolveRow(row: Row, origin: Origin, mapping: Mapping, currency: Currency | null): Resolved {
  const raw = rawValue(row, origin, mapping)
  if (raw.kind === 'issue') return found(raw.finding)
  if (raw.kind === 'warning') return { value: null, issues: [], warnings: [raw.finding] }
  if (raw.kind === 'raw' && raw.value !== null) return fit(raw.value, row, currency)
  if (row.fallback !== undefined && row.fallback !== null) return fit(row.fallback, row, currency)
  if (!row.required) return nothing
  return found(raw.kind === 'missing' ? raw.finding : emptyFinding(row, null))
}

const nothing: Resolved = { value: null, issues: [], warnings: [] }

function found(finding: Finding): Resolved {
  return { value: null, issues: [finding], warnings: [] }
}

function fit(value: Exclude<LookupEntry, null>, row: Row, currency: Currency | null): Resolved {
  if (typeof value === 'object') return { value, issues: [], warnings: [] }
  const converted = convert(value, row, { currency })
  return converted.ok
    ? { value: converted.value, issues: [], warnings: [] }
    : found(placed(row, converted.error))
}

/** The CRM field of a row, or the target where it reads several or none. */
export function fieldOf(row: Row): string {
  const { operand } = row
  if (operand.kind === 'from' || operand.kind === 'lookup') return pathText(operand.path)
  const [only, ...others] = operand.kind === 'cel' ? operand.expression.fields : []
  return only !== undefined && others.length === 0 ? pathText(only) : row.target.path
}

function placed(row: Row, fault: Fault): Finding {
  return { ...fault, field: fieldOf(row), ...(row.label === null ? {} : { label: row.label }) }
}

function rawValue(row: Row, origin: Origin, mapping: Mapping): Raw {
  const { operand } = row
  if (operand.kind === 'value') return { kind: 'raw', value: operand.value }
  if (operand.kind === 'cel') return worked(row, operand, origin)
  const reading = readSource(operand.path, origin)
  if (reading.kind !== 'value') return unread(row, reading)
  if (operand.kind === 'from') return { kind: 'raw', value: reading.value }
  return lookedUp(row, operand, reading.value, mapping)
}

function worked(row: Row, { expression }: Extract<Operand, { kind: 'cel' }>, origin: Origin): Raw {
  const obstacle = obstacleOf(expression, origin)
  if (obstacle !== null) {
    const raw = unread(row, obstacle.reading)
    return raw.kind === 'raw' ? raw : { ...raw, finding: { ...raw.finding, field: pathText(obstacle.path) } }
  }
  const result = evaluateExpression(expression, contextOf(expression, origin))
  if (!result.ok)
    return {
      kind: 'issue',
      finding: placed(row, {
        code: 'MAPPING_EXPRESSION',
        found: expression.text,
        details: { reason: result.error },
        cause: `the expression for ${row.target.path} could not be worked out: ${result.error}`,
      }),
    }
  const isEmpty = typeof result.value === 'string' && result.value.trim() === ''
  return isEmpty ? { kind: 'missing', finding: emptyFinding(row, '') } : { kind: 'raw', value: result.value }
}

function unread(row: Row, reading: Exclude<SourceReading, { kind: 'value' }>): Raw {
  switch (reading.kind) {
    case 'absent':
      return { kind: 'issue', finding: placed(row, absentFault(reading.suggestion)) }
    case 'unreadable':
      return { kind: 'issue', finding: placed(row, { code: 'CRM_FIELD_UNREADABLE', found: null }) }
    case 'no-record':
      return {
        kind: 'missing',
        finding: {
          code: 'INCOMPLETE',
          field: reading.record,
          label: `the ${reading.record} of the deal`,
          found: null,
        },
      }
    case 'empty':
      return { kind: 'missing', finding: emptyFinding(row, reading.found) }
  }
}

function absentFault(suggestion: string | null): Fault {
  const hint = suggestion === null ? '' : ` (did you mean ${suggestion}?)`
  return { code: 'MAPPING_PATH', found: null, details: { hint } }
}

function emptyFinding(row: Row, found_: null | ''): Finding {
  const codes = { currency: 'CURRENCY_MISSING', 'purchaseOrder.number': 'PO_REQUIRED' } as const
  const code = Object.hasOwn(codes, row.target.path)
    ? codes[row.target.path as keyof typeof codes]
    : 'INCOMPLETE'
  return placed(row, { code, found: found_ })
}

function lookedUp(
  row: Row,
  operand: Extract<Operand, { kind: 'lookup' }>,
  value: string | number | boolean,
  mapping: Mapping,
): Raw {
  const table = mapping.lookups.get(operand.table)
  const key = typeof value === 'number' ? numberText(value) : String(value).trim()
  const entry = table?.entries.get(foldKey(key)) ?? table?.fallback
  if (entry !== undefined) return { kind: 'raw', value: picked(entry, operand) }
  if (operand.onMiss === 'keep') return { kind: 'raw', value }
  return {
    kind: operand.onMiss === 'warn' ? 'warning' : 'issue',
    finding: missFinding(row, operand.table, key),
  }
}

function missFinding(row: Row, table: string, key: string): Finding {
  const { kind } = row.target.type
  const codes = { collection: 'TERMS', country: 'COUNTRY', choice: 'PICKLIST_UNMAPPED' } as const
  const code = Object.hasOwn(codes, kind) ? codes[kind as keyof typeof codes] : 'LOOKUP_MISS'
  if (kind === 'choice' && key.includes(';'))
    return placed(row, {
      code: 'TYPE',
      found: key,
      details: { reason: 'several values are chosen where one is expected' },
    })
  return placed(row, {
    code,
    found: key,
    details: { table, allowed: `: it is not in the lookup table ${table}` },
    cause: `lookup ${table} has no entry "${key}"`,
  })
}
