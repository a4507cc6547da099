import type { SqlCondition, SqlSelect, SqlTable, SqlValue } from './sql-tree.ts'
import type { Cell, SqlRows } from './sql-values.ts'
import { writtenCell } from './sql-values.ts'
import { SqlError } from './sql-words.ts'

/** One row of every table of a statement, by alias. */
export type Joined = Readonly<Record<string, SqlRows['rows'][number]>>

type Column = Extract<SqlValue, { kind: 'column' }>

/** Joins the tables of a statement from left to right. Throws SqlError for a table the twin does not have. */
export function joinRows(
  select: SqlSelect,
  tableOf: (name: string) => SqlRows | undefined,
  holds: (condition: SqlCondition, row: Joined) => boolean,
): Joined[] {
  return select.tables.reduce<Joined[]>(
    (joined, table) => {
      const rows = tableOf(table.table)
      if (rows === undefined) throw new SqlError(`Record '${table.table}' was not found.`)
      return addTable(joined, table, rows.rows, holds)
    },
    [{}],
  )
}

function addTable(
  joined: readonly Joined[],
  table: SqlTable,
  rows: SqlRows['rows'],
  holds: (condition: SqlCondition, row: Joined) => boolean,
): Joined[] {
  const pairs = equalColumns(table.on, table.alias)
  const byKey = new Map<string, SqlRows['rows'][number][]>()
  for (const row of rows) {
    const key = keyOf(pairs.map(({ own }) => row[own.name] ?? null))
    byKey.set(key, [...(byKey.get(key) ?? []), row])
  }
  return joined.flatMap((left) => {
    const key = keyOf(pairs.map(({ other }) => left[other.table ?? '']?.[other.name] ?? null))
    return (byKey.get(key) ?? [])
      .map((row): Joined => ({ ...left, [table.alias]: row }))
      .filter((row) => table.on === null || holds(table.on, row))
  })
}

/** The pairs of columns an ON asks to be equal, as far as both name their table: they serve as an index. */
function equalColumns(on: SqlCondition | null, alias: string): { own: Column; other: Column }[] {
  if (on === null) return []
  if (on.kind === 'and') return on.conditions.flatMap((condition) => equalColumns(condition, alias))
  if (on.kind !== 'compare' || on.sign !== '=') return []
  const { left, right } = on
  if (left.kind !== 'column' || right.kind !== 'column' || left.table === null || right.table === null)
    return []
  if (left.table === alias && right.table !== alias) return [{ own: left, other: right }]
  return right.table === alias && left.table !== alias ? [{ own: right, other: left }] : []
}

function keyOf(cells: readonly Cell[]): string {
  return JSON.stringify(cells.map(writtenCell))
}
