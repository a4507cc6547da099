import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseBooks, type BooksSettings } from '../../src/domain/books.ts'

/** The books as the default settings call them: `us` in New York, `eu` in Dublin. */
export function defaultBooks(): BooksSettings {
  const file = new URL('../../mappings/netsuite.yaml', import.meta.url)
  const books = parseBooks(parse(readFileSync(file, 'utf8')), 'netsuite.yaml')
  if (!books.ok) throw new Error(JSON.stringify(books.error))
  return books.value
}
