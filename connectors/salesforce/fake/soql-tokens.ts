import { Refusal } from './refusal.ts'

export type Token = {
  readonly kind: 'word' | 'text' | 'number' | 'date' | 'datetime' | 'symbol'
  readonly text: string
}

const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /\s+/y],
  ['text', /'(?:\\.|[^'\\])*'/y],
  ['datetime', /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)/y],
  ['date', /\d{4}-\d\d-\d\d/y],
  ['number', /[+-]?\d+(?:\.\d+)?/y],
  ['word', /[A-Za-z]\w*(?:\.[A-Za-z]\w*)*/y],
  ['symbol', /!=|<>|<=|>=|[=<>(),]/y],
]

/** Cuts a query into tokens; throws MALFORMED_QUERY where nothing fits. */
export function soqlTokens(soql: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < soql.length;) {
    const [kind, text] = tokenAt(soql, at)
    if (kind !== 'space') tokens.push({ kind, text: kind === 'text' ? unescaped(text) : text })
    at += text.length
  }
  return tokens
}

function tokenAt(soql: string, at: number): readonly [Token['kind'] | 'space', string] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(soql)
    if (found) return [kind, found[0]]
  }
  throw malformed(`line 1:${at} no viable alternative at character '${soql[at]}'`)
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function unescaped(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(.)/g, (_whole, character: string) => escapes[character] ?? character)
}

/** The answer to a query that is not SOQL. */
export function malformed(message: string): Refusal {
  return new Refusal(400, 'MALFORMED_QUERY', message)
}
