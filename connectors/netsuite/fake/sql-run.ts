import { Big } from 'big.js'
import { joinRows } from './sql-join.ts'
import type { Joined } from './sql-join.ts'
import { parseSql } from './sql-parse.ts'
import type { SqlCondition, SqlSelect, SqlValue } from './sql-tree.ts'
import type { Cell, SqlRows } from './sql-values.ts'
import { aggregate, aggregates, callOnCells, compareCells, isLike, writtenCell } from './sql-values.ts'
import { SqlError } from './sql-words.ts'

/** Where a statement finds its tables and the values of its question marks. */
export type SqlSource = {
  readonly tableOf: (name: string) => SqlRows | undefined
  readonly parameters: readonly unknown[]
}

type Group = readonly Joined[]

/** Runs a statement; rows come back with lower-case names and texts. Throws SqlError where NetSuite would refuse it. */
export function runSql(statement: string, source: SqlSource): Record<string, string | null>[] {
  const select = parseSql(statement)
  const meaning = meaningOf(select, source)
  const joined = joinRows(select, source.tableOf, meaning.holds)
  const kept = joined.filter((row) => select.where === null || meaning.holds(select.where, row))
  const groups = isGrouped(select) ? groupRows(select, kept, meaning) : kept.map((row) => [row])
  return [...groups]
    .sort((left, right) => orderOf(select, left, right, meaning))
    .map((group) =>
      Object.fromEntries(
        select.columns.map(({ value, name }) => [name, writtenCell(meaning.ofGroup(value, group))]),
      ),
    )
}

type Meaning = {
  readonly ofRow: (value: SqlValue, row: Joined) => Cell
  readonly ofGroup: (value: SqlValue, group: Group) => Cell
  readonly holds: (condition: SqlCondition, row: Joined) => boolean
}

function meaningOf(select: SqlSelect, source: SqlSource): Meaning {
  const grouped = new Set(select.groupBy.map((value) => JSON.stringify(value)))
  const ofRow = (value: SqlValue, row: Joined): Cell => {
    if (value.kind === 'column') return columnOf(value, row)
    if (value.kind === 'text') return value.text
    if (value.kind === 'number') return new Big(value.text)
    if (value.kind === 'parameter') return parameterOf(source.parameters, value.index)
    if (aggregates.includes(value.name)) throw new SqlError(`Function ${value.name} is not allowed here`)
    return callOnCells(
      value.name,
      value.values.map((inner) => ofRow(inner, row)),
    )
  }
  const ofGroup = (value: SqlValue, group: Group): Cell => {
    if (value.kind === 'call' && aggregates.includes(value.name)) {
      const [inner] = value.values
      return aggregate(
        value.name,
        group.map((row) => (inner === undefined ? '' : ofRow(inner, row))),
      )
    }
    if (isGrouped(select) && value.kind === 'column' && !grouped.has(JSON.stringify(value)))
      throw new SqlError(`Column ${value.name} is not a GROUP BY expression`)
    const [first] = group
    return first === undefined ? null : ofRow(value, first)
  }
  return { ofRow, ofGroup, holds: (condition, row) => truthOf(condition, row, ofRow) === true }
}

function columnOf({ table, name }: Extract<SqlValue, { kind: 'column' }>, row: Joined): Cell {
  const found = Object.entries(row).filter(
    ([alias, cells]) => (table === null || alias === table) && name in cells,
  )
  const [only] = found
  if (only === undefined) throw new SqlError(`Unknown column ${table === null ? '' : `${table}.`}${name}`)
  if (found.length > 1) throw new SqlError(`Column ${name} is ambiguous`)
  return only[1][name] ?? null
}

function parameterOf(parameters: readonly unknown[], index: number): Cell {
  const value = parameters[index]
  if (typeof value === 'string') return value
  if (typeof value === 'number') return new Big(String(value))
  throw new SqlError(`The statement has no value for its question mark number ${index + 1}`)
}

/** Three answers, as in SQL: comparing with an empty value is neither true nor false. */
function truthOf(condition: SqlCondition, row: Joined, ofRow: Meaning['ofRow']): boolean | null {
  if (condition.kind === 'and' || condition.kind === 'or') {
    const truths = condition.conditions.map((inner) => truthOf(inner, row, ofRow))
    const decisive = condition.kind === 'or'
    if (truths.includes(decisive)) return decisive
    return truths.includes(null) ? null : !decisive
  }
  if (condition.kind === 'not') {
    const truth = truthOf(condition.condition, row, ofRow)
    return truth === null ? null : !truth
  }
  if (condition.kind === 'empty') return ofRow(condition.value, row) === null
  if (condition.kind === 'like') return likeTruth(ofRow(condition.value, row), ofRow(condition.pattern, row))
  if (condition.kind === 'in')
    return condition.list.some((item) => compareCells(ofRow(condition.value, row), ofRow(item, row)) === 0)
  return compareTruth(condition.sign, compareCells(ofRow(condition.left, row), ofRow(condition.right, row)))
}

function likeTruth(value: Cell, pattern: Cell): boolean | null {
  if (value === null || pattern === null) return null
  return isLike(writtenCell(value) ?? '', writtenCell(pattern) ?? '')
}

function compareTruth(sign: string, order: number | null): boolean | null {
  if (order === null) return null
  if (sign === '=') return order === 0
  if (sign === '<>' || sign === '!=') return order !== 0
  if (sign === '<') return order < 0
  if (sign === '<=') return order <= 0
  return sign === '>' ? order > 0 : order >= 0
}

function isGrouped(select: SqlSelect): boolean {
  return (
    select.groupBy.length > 0 ||
    select.columns.some(({ value }) => value.kind === 'call' && aggregates.includes(value.name))
  )
}

function groupRows(select: SqlSelect, rows: readonly Joined[], meaning: Meaning): Joined[][] {
  if (select.groupBy.length === 0) return [[...rows]]
  const groups = new Map<string, Joined[]>()
  for (const row of rows) {
    const key = JSON.stringify(select.groupBy.map((value) => writtenCell(meaning.ofRow(value, row))))
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return [...groups.values()]
}

function orderOf(select: SqlSelect, left: Group, right: Group, meaning: Meaning): number {
  for (const { value, descending } of select.orderBy) {
    const order = compareCells(meaning.ofGroup(value, left), meaning.ofGroup(value, right)) ?? 0
    if (order !== 0) return descending ? -order : order
  }
  return 0
}
