/**
 * Parses JSON whose numbers are quantities: each stays the text it was written as, because a double would lose digits of it. Throws
 * SyntaxError for what is no JSON.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, asWritten)
}

function asWritten(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value
}
