import { getTableColumns, getTableName, is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as schema from '../../src/store/schema.ts'
import { ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

type Column = { table: string; column: string; type: string; is_nullable: boolean; has_default: boolean }

function columnsOfSchema(): Column[] {
  return Object.values(schema)
    .filter((value) => is(value, PgTable))
    .flatMap((table) =>
      Object.values(getTableColumns(table)).map((column) => ({
        table: getTableName(table),
        column: column.name,
        type: column.getSQLType(),
        is_nullable: !column.notNull,
        has_default: column.hasDefault,
      })),
    )
    .sort(byName)
}

async function columnsOfDatabase(): Promise<Column[]> {
  const rows = await own.owner<Column[]>`
    select relname as table, attname as column, format_type(atttypid, atttypmod) as type, not attnotnull as is_nullable,
      (atthasdef and attgenerated = '') or attidentity <> '' as has_default
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
      and relname <> 'migration'`
  return Array.from(rows, (row) => ({ ...row })).sort(byName)
}

function byName(left: Column, right: Column): number {
  return `${left.table} ${left.column}` < `${right.table} ${right.column}` ? -1 : 1
}

test('every table and column of the database is in the schema with its type, and the reverse', async () => {
  expect(columnsOfSchema()).toEqual(await columnsOfDatabase())
})

test('primary keys are the same', async () => {
  const rows = await own.owner<{ table: string; columns: string }[]>`
    select relname as table, string_agg(attname, ',' order by position) as columns
    from pg_constraint join pg_class on pg_class.oid = conrelid
      cross join lateral unnest(conkey) with ordinality as key(number, position)
      join pg_attribute on attrelid = conrelid and attnum = number
    where contype = 'p' and relnamespace = 'public'::regnamespace and relname <> 'migration'
    group by relname`
  const live = Object.fromEntries(rows.map(({ table, columns }) => [table, columns]))
  const ours = Object.values(schema)
    .filter((value) => is(value, PgTable))
    .map((table) => {
      const { name, columns, primaryKeys } = getTableConfig(table)
      const single = columns.filter((column) => column.primary)
      return [name, (primaryKeys[0]?.columns ?? single).map((column) => column.name).join()]
    })
    .filter(([, columns]) => columns !== '')
  expect(Object.fromEntries(ours)).toEqual(live)
})

test('no default asks the database for the time or for chance', async () => {
  const rows = await own.owner<{ expression: string }[]>`
    select pg_get_expr(adbin, adrelid) as expression from pg_attrdef
    join pg_class on pg_class.oid = adrelid where relnamespace = 'public'::regnamespace`
  const expressions = rows.map(({ expression }) => expression)
  expect(expressions.length).toBeGreaterThan(5)
  expect(expressions.filter((text) => /now\(|current_|clock_|random|uuid/i.test(text))).toEqual([
    'pg_current_xact_id()',
  ])
})
