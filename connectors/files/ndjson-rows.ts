import { parseExactJson } from '../../src/domain/exact-json.ts'
import type { Fields, FileRow } from './file-row.ts'
import { textStream } from './text-stream.ts'

/** An event has at most 65,536 bytes; a longer line is no list of events. */
const mostCharactersALine = 262_144

/**
 * Reads the rows of a file with one JSON object a line, as a stream. A line that is none is a fault in its place; empty lines are passed
 * over.
 */
export async function* ndjsonRows(file: string): AsyncGenerator<FileRow> {
  let line = 0
  for await (const text of linesOf(file)) {
    line++
    if (text === null) yield { line, fault: `It is longer than ${mostCharactersALine} characters.` }
    else if (text.trim() !== '') yield { line, ...objectOf(text) }
  }
}

/** The lines of a file; null for one that is too long to be held. */
async function* linesOf(file: string): AsyncGenerator<string | null> {
  let pending = ''
  let isTooLong = false
  const input = textStream(file).setEncoding('utf8')
  for await (const chunk of input as AsyncIterable<string>) {
    const parts = chunk.split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      const whole = pending + part
      yield isTooLong || whole.length > mostCharactersALine ? null : whole
      pending = ''
      isTooLong = false
    }
    isTooLong ||= pending.length + last.length > mostCharactersALine
    pending = isTooLong ? '' : pending + last
  }
  if (isTooLong) yield null
  else if (pending !== '') yield pending
}

function objectOf(text: string): { readonly fields: Fields } | { readonly fault: string } {
  try {
    const value: unknown = parseExactJson(text.replace(/^\uFEFF/, ''))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? { fields: value as Fields } : { fault: 'It is no JSON object.' }
  } catch {
    return { fault: 'It is not JSON.' }
  }
}
