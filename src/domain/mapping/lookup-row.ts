import { isMap, isScalar, parseDocument } from 'yaml'
import { foldKey } from './language.ts'

/**
 * Adds a row to a lookup table of a mapping file, or changes the row that is there, and keeps comments and order. In a table of maps the value may
 * be a text: "the same as that row". Throws RangeError when the file has no such table.
 */
export function addLookupRow(text: string, table: string, key: string, value: string): string {
  const document = parseDocument(text, { version: '1.2' })
  const rows = document.errors.length > 0 ? null : document.getIn(['lookups', table, 'rows'])
  if (!isMap(rows)) throw new RangeError(`The mapping has no lookup table '${table}'`)
  const present = rows.items.find((pair) => foldKey(keyOf(pair.key)) === foldKey(key))
  if (present === undefined) rows.set(document.createNode(key), document.createNode(value))
  else rows.set(present.key, document.createNode(value))
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

function keyOf(key: unknown): string {
  return isScalar(key) ? (key.source ?? String(key.value)) : String(key)
}
