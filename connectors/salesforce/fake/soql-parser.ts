import { malformed, soqlTokens, type Token } from './soql-tokens.ts'

export type Literal = {
  readonly kind: 'text' | 'number' | 'boolean' | 'null' | 'date' | 'datetime'
  readonly value: string | number | boolean | null
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'IN' | 'NOT IN'

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | {
      readonly kind: 'compare'
      readonly path: readonly string[]
      readonly operator: Comparison
      readonly literals: readonly Literal[]
    }

export type Column =
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'children'; readonly query: SoqlQuery }

export type Ordering = {
  readonly path: readonly string[]
  readonly descending: boolean
  readonly nullsLast: boolean
}

export type SoqlQuery = {
  readonly columns: readonly Column[]
  /** `SELECT COUNT()`: only the number of rows is wanted. */
  readonly counts: boolean
  readonly from: string
  readonly where: Condition | null
  readonly orderBy: readonly Ordering[]
  readonly limit: number | null
}

/** Parses the part of SOQL that reads deals. Throws MALFORMED_QUERY for everything else. */
export function parseSoql(soql: string): SoqlQuery {
  const cursor = cursorOver(soqlTokens(soql))
  const query = parseQuery(cursor)
  if (cursor.peek()) throw unexpected(cursor)
  return query
}

type Cursor = {
  peek(): Token | undefined
  next(): Token
  /** Takes a keyword or symbol when it comes next. */
  takes(...words: string[]): boolean
  expect(word: string): void
}

function cursorOver(tokens: readonly Token[]): Cursor {
  let at = 0
  const isNext = (words: readonly string[]) =>
    words.every((wanted, index) => {
      const token = tokens[at + index]
      return token !== undefined && token.kind !== 'text' && token.text.toUpperCase() === wanted
    })
  const cursor: Cursor = {
    peek: () => tokens[at],
    next() {
      const token = tokens[at++]
      if (!token) throw malformed("unexpected token: '<EOF>'")
      return token
    },
    takes(...words) {
      if (!isNext(words)) return false
      at += words.length
      return true
    },
    expect(wanted) {
      if (!cursor.takes(wanted)) throw unexpected(cursor)
    },
  }
  return cursor
}

function unexpected(cursor: Cursor): Error {
  return malformed(`unexpected token: '${cursor.peek()?.text ?? '<EOF>'}'`)
}

function parseQuery(cursor: Cursor): SoqlQuery {
  cursor.expect('SELECT')
  const counts = cursor.takes('COUNT', '(', ')')
  const columns = counts ? [] : listOf(cursor, parseColumn)
  cursor.expect('FROM')
  const from = word(cursor)
  const where = cursor.takes('WHERE') ? parseOr(cursor) : null
  const orderBy = cursor.takes('ORDER', 'BY') ? listOf(cursor, parseOrdering) : []
  const limit = cursor.takes('LIMIT') ? parseLimit(cursor) : null
  return { columns, counts, from, where, orderBy, limit }
}

function parseColumn(cursor: Cursor): Column {
  if (!cursor.takes('(')) return { kind: 'path', path: word(cursor).split('.') }
  const query = parseQuery(cursor)
  cursor.expect(')')
  return { kind: 'children', query }
}

function listOf<T>(cursor: Cursor, parse: (cursor: Cursor) => T): T[] {
  const list = [parse(cursor)]
  while (cursor.takes(',')) list.push(parse(cursor))
  return list
}

function word(cursor: Cursor): string {
  if (cursor.peek()?.kind !== 'word') throw unexpected(cursor)
  return cursor.next().text
}

/** Salesforce refuses AND and OR side by side without parentheses. */
function parseOr(cursor: Cursor): Condition {
  const first = parseNot(cursor)
  const kind = cursor.takes('AND') ? 'and' : cursor.takes('OR') ? 'or' : null
  if (kind === null) return first
  const parts = [first, parseNot(cursor)]
  while (cursor.takes(kind.toUpperCase())) parts.push(parseNot(cursor))
  if (cursor.takes(kind === 'and' ? 'OR' : 'AND'))
    throw malformed(`unexpected token: '${kind === 'and' ? 'OR' : 'AND'}'`)
  return { kind, parts }
}

function parseNot(cursor: Cursor): Condition {
  if (cursor.takes('NOT')) return { kind: 'not', part: parseNot(cursor) }
  if (!cursor.takes('(')) return parseComparison(cursor)
  const inner = parseOr(cursor)
  cursor.expect(')')
  return inner
}

function parseComparison(cursor: Cursor): Condition {
  const path = word(cursor).split('.')
  const operator = parseOperator(cursor)
  if (operator !== 'IN' && operator !== 'NOT IN')
    return { kind: 'compare', path, operator, literals: [parseLiteral(cursor)] }
  cursor.expect('(')
  const literals = listOf(cursor, parseLiteral)
  cursor.expect(')')
  return { kind: 'compare', path, operator, literals }
}

function parseOperator(cursor: Cursor): Comparison {
  if (cursor.takes('NOT', 'IN')) return 'NOT IN'
  if (cursor.takes('<>')) return '!='
  for (const operator of ['=', '!=', '<=', '>=', '<', '>', 'LIKE', 'IN'] as const)
    if (cursor.takes(operator)) return operator
  throw unexpected(cursor)
}

function parseLiteral(cursor: Cursor): Literal {
  const { kind, text } = cursor.next()
  if (kind === 'text' || kind === 'date') return { kind, value: text }
  if (kind === 'number') return { kind, value: Number(text) }
  if (kind === 'datetime') return { kind, value: new Date(text).toISOString() }
  const keyword = text.toUpperCase()
  if (keyword === 'NULL') return { kind: 'null', value: null }
  if (keyword === 'TRUE' || keyword === 'FALSE') return { kind: 'boolean', value: keyword === 'TRUE' }
  throw malformed(`unexpected token: '${text}'`)
}

function parseOrdering(cursor: Cursor): Ordering {
  const path = word(cursor).split('.')
  const descending = cursor.takes('DESC')
  if (!descending) cursor.takes('ASC')
  const nullsLast = cursor.takes('NULLS', 'LAST')
  if (!nullsLast) cursor.takes('NULLS', 'FIRST')
  return { path, descending, nullsLast }
}

function parseLimit(cursor: Cursor): number {
  if (cursor.peek()?.kind !== 'number') throw unexpected(cursor)
  return Number(cursor.next().text)
}
