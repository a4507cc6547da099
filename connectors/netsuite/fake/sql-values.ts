import { Big } from 'big.js'
import { isCalendarDate } from '../../../src/domain/calendar.ts'
import { SqlError } from './sql-words.ts'

/** A value of a table: nothing, a text, an exact number or a day. */
export type Cell = null | string | Big | { readonly date: string }

/** A table of the twin. Names are lower case, as SuiteQL answers them. */
export type SqlRows = {
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, Cell>>[]
}

/** Orders two values; null when either is empty. A number makes a number of the other side, as the database does. */
export function compareCells(left: Cell, right: Cell): number | null {
  if (left === null || right === null) return null
  if (left instanceof Big || right instanceof Big) return numberOf(left).cmp(numberOf(right))
  if (typeof left === 'object' || typeof right === 'object') return compareTexts(dayOf(left), dayOf(right))
  return compareTexts(left, right)
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function numberOf(cell: Cell): Big {
  if (cell instanceof Big) return cell
  if (typeof cell === 'string' && /^-?\d+(\.\d+)?$/.test(cell)) return new Big(cell)
  throw new SqlError('Invalid number')
}

function dayOf(cell: Cell): string {
  if (cell !== null && typeof cell === 'object' && 'date' in cell) return cell.date
  throw new SqlError('A day compares only with a day: use TO_DATE')
}

/** Calls one of the functions on single values. Throws SqlError for others. */
export function callOnCells(name: string, cells: readonly Cell[]): Cell {
  const [first = null, second = null] = cells
  if (name === 'nvl') return first ?? second
  if (first === null) return null
  if (name === 'upper' && typeof first === 'string') return first.toUpperCase()
  if (name === 'lower' && typeof first === 'string') return first.toLowerCase()
  if (name === 'to_date' && second === 'YYYY-MM-DD' && typeof first === 'string' && isCalendarDate(first))
    return { date: first }
  if (name === 'to_char' && second === 'YYYY-MM-DD') return dayOf(first)
  throw new SqlError(`Function ${name} is not known with these values`)
}

/** Sums, counts, or picks the smallest or largest; empty values do not take part. */
export function aggregate(name: string, cells: readonly Cell[]): Cell {
  const there = cells.filter((cell) => cell !== null)
  if (name === 'count') return new Big(there.length)
  if (there.length === 0) return null
  if (name === 'sum') return there.reduce<Big>((total, cell) => total.plus(numberOf(cell)), new Big(0))
  const sign = name === 'min' ? -1 : 1
  return there.reduce((best, cell) => ((compareCells(cell, best) ?? 0) * sign > 0 ? cell : best))
}

/** Functions that turn many rows into one value. */
export const aggregates: readonly string[] = ['sum', 'count', 'min', 'max']

/** A value as SuiteQL writes it: always a text, days in the format of the user. */
export function writtenCell(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell
  if (!('date' in cell)) return cell.toFixed()
  const [year = '', month = '', day = ''] = cell.date.split('-')
  return `${Number.parseInt(month, 10)}/${Number.parseInt(day, 10)}/${year}`
}

/** Whether a text fits a LIKE pattern: `%` is any text, `_` any sign. */
export function isLike(text: string, pattern: string): boolean {
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('%', '[^]*').replaceAll('_', '[^]')}$`).test(text)
}
