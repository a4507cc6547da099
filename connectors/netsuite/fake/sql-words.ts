/** A word of a statement. Names and keywords are lower case; `text` keeps its letters. */
export type SqlWord =
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'sign'; readonly value: string }

/** What is wrong with a statement. It becomes NetSuite's 400. */
export class SqlError extends Error {
  override readonly name = 'SqlError'
}

const word = /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|'((?:[^']|'')*)'|(\d+(?:\.\d+)?)|(<>|!=|<=|>=|[=<>(),.*?]))/y

/** Cuts a statement into words; throws SqlError at a sign that is none of SQL's. */
export function sqlWords(statement: string): SqlWord[] {
  const words: SqlWord[] = []
  word.lastIndex = 0
  while (word.lastIndex < statement.trimEnd().length) {
    const at = word.lastIndex
    const found = word.exec(statement)
    if (found === null)
      throw new SqlError(`Unexpected sign at position ${at}: ${statement.slice(at, at + 12)}`)
    words.push(wordOf(found))
  }
  return words
}

function wordOf([, name, text, number, sign]: RegExpExecArray): SqlWord {
  if (name !== undefined) return { kind: 'name', value: name.toLowerCase() }
  if (text !== undefined) return { kind: 'text', value: text.replaceAll("''", "'") }
  if (number !== undefined) return { kind: 'number', value: number }
  return { kind: 'sign', value: sign ?? '' }
}
