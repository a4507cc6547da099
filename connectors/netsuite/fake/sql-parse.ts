import type { SqlCondition, SqlSelect, SqlTable, SqlValue } from './sql-tree.ts'
import type { SqlWord } from './sql-words.ts'
import { SqlError, sqlWords } from './sql-words.ts'

/** Words that end a table or column and so are no alias. */
const reserved = new Set('from where group order inner join on and or asc desc by left'.split(' '))

/**
 * Parses SELECT … FROM … [INNER] JOIN … ON … WHERE … GROUP BY … ORDER BY. Throws SqlError for everything beyond: subqueries,
 * outer joins, HAVING, UNION, arithmetic.
 */
export function parseSql(statement: string): SqlSelect {
  const reader = readerOf(sqlWords(statement))
  reader.expect('select')
  const columns = list(reader, column)
  reader.expect('from')
  const tables = [table(reader, false)]
  while (reader.accept('inner') || reader.sees('join')) {
    reader.expect('join')
    tables.push(table(reader, true))
  }
  const where = reader.accept('where') ? either(reader) : null
  const groupBy = reader.accept('group') ? (reader.expect('by'), list(reader, value)) : []
  const orderBy = reader.accept('order') ? (reader.expect('by'), list(reader, sortKey)) : []
  reader.end()
  return { columns, tables, where, groupBy, orderBy }
}

type Reader = ReturnType<typeof readerOf>

/** Walks over words; `expect` and `end` throw SqlError. */
function readerOf(words: readonly SqlWord[]) {
  let at = 0
  let parameters = 0
  const sees = (wanted: string) => {
    const next = words[at]
    return (next?.kind === 'name' || next?.kind === 'sign') && next.value === wanted
  }
  return {
    sees,
    peek: (): SqlWord | undefined => words[at],
    take: (): SqlWord => {
      const next = words[at++]
      if (next === undefined) throw new SqlError('Unexpected end of the statement')
      return next
    },
    accept: (wanted: string): boolean => {
      const found = sees(wanted)
      if (found) at += 1
      return found
    },
    expect: (wanted: string): void => {
      if (!sees(wanted)) throw new SqlError(`Expected ${wanted} before "${words[at]?.value ?? 'the end'}"`)
      at += 1
    },
    end: (): void => {
      if (at < words.length) throw new SqlError(`Unexpected "${words[at]?.value}"`)
    },
    nextParameter: (): number => parameters++,
  }
}

function list<T>(reader: Reader, item: (reader: Reader) => T): T[] {
  const items = [item(reader)]
  while (reader.accept(',')) items.push(item(reader))
  return items
}

function column(reader: Reader): SqlSelect['columns'][number] {
  const read = value(reader)
  const named = alias(reader)
  return { value: read, name: named ?? (read.kind === 'column' ? read.name : 'expr1') }
}

function alias(reader: Reader): string | null {
  if (reader.accept('as')) return name(reader)
  const next = reader.peek()
  return next?.kind === 'name' && !reserved.has(next.value) ? name(reader) : null
}

function table(reader: Reader, joins: boolean): SqlTable {
  const called = name(reader)
  const alternative = alias(reader)
  if (joins) reader.expect('on')
  return { table: called, alias: alternative ?? called, on: joins ? either(reader) : null }
}

function sortKey(reader: Reader): SqlSelect['orderBy'][number] {
  const read = value(reader)
  const descending = reader.accept('desc')
  if (!descending) reader.accept('asc')
  return { value: read, descending }
}

function either(reader: Reader): SqlCondition {
  const conditions = [both(reader)]
  while (reader.accept('or')) conditions.push(both(reader))
  return conditions.length === 1 ? (conditions[0] as SqlCondition) : { kind: 'or', conditions }
}

function both(reader: Reader): SqlCondition {
  const conditions = [single(reader)]
  while (reader.accept('and')) conditions.push(single(reader))
  return conditions.length === 1 ? (conditions[0] as SqlCondition) : { kind: 'and', conditions }
}

function single(reader: Reader): SqlCondition {
  if (reader.accept('not')) return { kind: 'not', condition: single(reader) }
  if (reader.accept('(')) {
    const inner = either(reader)
    reader.expect(')')
    return inner
  }
  return comparison(reader)
}

function comparison(reader: Reader): SqlCondition {
  const left = value(reader)
  if (reader.accept('is')) {
    const negated = reader.accept('not')
    reader.expect('null')
    const empty: SqlCondition = { kind: 'empty', value: left }
    return negated ? { kind: 'not', condition: empty } : empty
  }
  const negated = reader.accept('not')
  const condition = matching(reader, left)
  return negated ? { kind: 'not', condition } : condition
}

function matching(reader: Reader, left: SqlValue): SqlCondition {
  if (reader.accept('like')) return { kind: 'like', value: left, pattern: value(reader) }
  if (reader.accept('in')) {
    reader.expect('(')
    const values = list(reader, value)
    reader.expect(')')
    return { kind: 'in', value: left, list: values }
  }
  const sign = reader.take()
  if (sign.kind !== 'sign' || !['=', '<>', '!=', '<', '<=', '>', '>='].includes(sign.value))
    throw new SqlError(`Unexpected "${sign.value}"`)
  return { kind: 'compare', sign: sign.value, left, right: value(reader) }
}

function value(reader: Reader): SqlValue {
  const next = reader.take()
  if (next.kind === 'text' || next.kind === 'number') return { kind: next.kind, text: next.value }
  if (next.value === '?') return { kind: 'parameter', index: reader.nextParameter() }
  if (next.kind === 'sign' || reserved.has(next.value)) throw new SqlError(`Unexpected "${next.value}"`)
  if (reader.accept('(')) return call(reader, next.value)
  if (!reader.accept('.')) return { kind: 'column', table: null, name: next.value }
  return { kind: 'column', table: next.value, name: name(reader) }
}

function call(reader: Reader, called: string): SqlValue {
  if (reader.accept('*')) {
    reader.expect(')')
    return { kind: 'call', name: called, values: [] }
  }
  const values = list(reader, value)
  reader.expect(')')
  return { kind: 'call', name: called, values }
}

function name(reader: Reader): string {
  const next = reader.take()
  if (next.kind !== 'name') throw new SqlError(`Expected a name before "${next.value}"`)
  return next.value
}
