import type { DealSnapshot, FieldValue, RecordFields } from '../deal.ts'
import { Big } from 'big.js'
import { DecimalValue } from './decimal-value.ts'
import type { Expression } from './expression.ts'
import { type SourcePath, foldKey, pathText } from './language.ts'

/** The deal, and the line at hand when a line is being made. */
export type Origin = { readonly deal: DealSnapshot; readonly line: RecordFields | null }

/** What reading a path gave: a value, or one of four different ways to have none. */
export type SourceReading =
  | { readonly kind: 'value'; readonly value: string | number | boolean }
  | { readonly kind: 'empty'; readonly found: null | '' }
  | { readonly kind: 'absent'; readonly suggestion: string | null }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no-record'; readonly record: string }

/** Reads a path. Text of spaces only is empty; a field the record does not have is never an empty value. */
export function readSource(path: SourcePath, origin: Origin): SourceReading {
  const record = recordOf(path, origin)
  if (record === null) return { kind: 'no-record', record: path.scope }
  if (!Object.hasOwn(record, path.field))
    return { kind: 'absent', suggestion: nearestField(path.field, record) }
  return readingOf(record[path.field] ?? null)
}

function readingOf(value: FieldValue): SourceReading {
  if (value === null) return { kind: 'empty', found: null }
  if (typeof value === 'object') return { kind: 'unreadable' }
  if (typeof value === 'string' && value.trim() === '') return { kind: 'empty', found: '' }
  return { kind: 'value', value }
}

/**
 * The values an expression may see: exactly the fields it names, numbers as exact decimals. A parent's field stands under both of its
 * spellings, `line.Product2.Name` and `line["Product2.Name"]`.
 */
export function contextOf(expression: Expression, origin: Origin): Record<string, unknown> {
  const context: Record<string, unknown> = {
    head: {},
    deal: {},
    account: {},
    contact: {},
    line: {},
    lines: [],
  }
  for (const path of expression.fields) {
    const record = recordOf(path, origin)
    const value = record === null ? null : record[path.field]
    if (value !== undefined) plant(context[path.scope] as Planted, path.field, expressionValue(value))
  }
  if (expression.usesLines)
    context.lines = origin.deal.fields.lines.map((line) => lineContext(line, expression))
  return context
}

function lineContext(line: RecordFields, expression: Expression): Record<string, unknown> {
  const context: Record<string, unknown> = {}
  for (const path of expression.fields) {
    const value = path.scope === 'line' ? line[path.field] : undefined
    if (value !== undefined) plant(context, path.field, expressionValue(value))
  }
  return context
}

/** The first field an expression names that is not there or not readable, in the line at hand or in any line it looks through. */
export function obstacleOf(
  expression: Expression,
  origin: Origin,
): { path: SourcePath; reading: Extract<SourceReading, { kind: 'absent' | 'unreadable' }> } | null {
  for (const path of expression.fields) {
    for (const each of originsOf(path, origin)) {
      const reading = readSource(path, each)
      const excused = reading.kind === 'absent' && expression.mayBeAbsent.has(pathText(path))
      if ((reading.kind === 'absent' && !excused) || reading.kind === 'unreadable') return { path, reading }
    }
  }
  return null
}

function originsOf(path: SourcePath, origin: Origin): Origin[] {
  if (path.scope !== 'line' || origin.line !== null) return [origin]
  return origin.deal.fields.lines.map((line) => ({ deal: origin.deal, line }))
}

function recordOf(path: SourcePath, origin: Origin): RecordFields | null {
  if (path.scope === 'head') return headOf(origin.deal)
  if (path.scope === 'line') return origin.line
  return origin.deal.fields[path.scope]
}

function headOf(deal: DealSnapshot): RecordFields {
  const { name, amount, currency, closedOn, dealId, url } = deal
  return { name, amount, currency, closedOn, dealId, url }
}

type Planted = Record<string, unknown>

function plant(record: Planted, field: string, value: unknown): void {
  const names = field.split('.')
  let place = record
  for (const name of names.slice(0, -1)) {
    const next = Object.hasOwn(place, name) ? place[name] : undefined
    place[name] = typeof next === 'object' && next !== null ? next : {}
    place = place[name] as Planted
  }
  place[names.at(-1) ?? ''] = value
  record[field] = value
}

function expressionValue(value: FieldValue): unknown {
  if (typeof value === 'number' && Number.isFinite(value)) return new DecimalValue(new Big(value))
  return typeof value === 'object' ? null : value
}

/** The field of a record that was probably meant: the same letters in another case, or one edit away. */
function nearestField(field: string, record: RecordFields): string | null {
  const folded = foldKey(field)
  return (
    Object.keys(record).find((name) => foldKey(name) === folded || isOneEditAway(folded, foldKey(name))) ??
    null
  )
}

function isOneEditAway(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1) return false
  let start = 0
  while (start < left.length && left[start] === right[start]) start++
  const [restLeft, restRight] = [left.slice(start), right.slice(start)]
  return (
    restLeft.slice(1) === restRight.slice(1) ||
    restLeft.slice(1) === restRight ||
    restLeft === restRight.slice(1)
  )
}
