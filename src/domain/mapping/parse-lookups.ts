import { type Lookup, type LookupEntry, foldKey } from './language.ts'
import { type YamlEntry, type YamlNode, type YamlReader, joined } from './yaml-reader.ts'

const mostRows = 10_000

type WrittenRow = { readonly key: string; readonly row: number; readonly value: LookupEntry }

/**
 * Reads the lookup tables. Keys are compared without case and outer spaces, so two that differ only there are refused. In a table of maps a
 * plain text means "the same as that row"; chains end in a row with values, or are refused.
 */
export function parseLookups(node: YamlNode | undefined, reader: YamlReader): Map<string, Lookup> {
  const lookups = new Map<string, Lookup>()
  if (node === undefined) return lookups
  for (const table of reader.entries(node, 'lookups')) lookups.set(table.key, parseLookup(table, reader))
  return lookups
}

function parseLookup(table: YamlEntry, reader: YamlReader): Lookup {
  const path = joined('lookups', table.key)
  const parts = reader.known(table.node, path, ['description', 'rows', 'default'])
  const rows = parts.get('rows')
  const fallback = parts.get('default')
  if (rows === undefined) reader.faultAt(table.row, path, 'the table has no rows')
  const written = rows === undefined ? new Map<string, WrittenRow>() : parseRows(rows, path, reader)
  return {
    name: table.key,
    entries: resolveSameAs(written, path, reader),
    fallback: fallback === undefined ? undefined : reader.entry(fallback.node, joined(path, 'default')),
  }
}

function parseRows(rows: YamlEntry, path: string, reader: YamlReader): Map<string, WrittenRow> {
  const written = new Map<string, WrittenRow>()
  const entries = reader.entries(rows.node, joined(path, 'rows'))
  if (entries.length > mostRows) {
    reader.faultAt(rows.row, path, `${entries.length} rows; a file takes ${mostRows}, import larger tables`)
    return written
  }
  for (const { key, node, row } of entries) {
    const value = reader.entry(node, joined(path, key))
    const folded = foldKey(key)
    const twin = written.get(folded)
    if (twin !== undefined)
      reader.faultAt(
        row,
        joined(path, key),
        `the same key as '${twin.key}' on line ${twin.row}, apart from case`,
      )
    else if (value !== undefined) written.set(folded, { key, row, value })
  }
  return written
}

/** Follows "the same as" rows of a table of maps to the row with the values. */
function resolveSameAs(
  written: ReadonlyMap<string, WrittenRow>,
  path: string,
  reader: YamlReader,
): Map<string, LookupEntry> {
  const hasMaps = [...written.values()].some(({ value }) => typeof value === 'object' && value !== null)
  const entries = new Map<string, LookupEntry>()
  for (const [folded, row] of written) {
    const value = hasMaps ? follow(row, written) : row.value
    if (value === undefined)
      reader.faultAt(
        row.row,
        joined(path, row.key),
        `'${String(row.value)}' leads to no row of this table with values`,
      )
    else entries.set(folded, value)
  }
  return entries
}

function follow(start: WrittenRow, written: ReadonlyMap<string, WrittenRow>): LookupEntry | undefined {
  const passed = new Set<string>()
  let row: WrittenRow | undefined = start
  while (row !== undefined && typeof row.value === 'string') {
    const next = foldKey(row.value)
    if (passed.has(next)) return undefined
    passed.add(next)
    row = written.get(next)
  }
  return typeof row?.value === 'object' && row.value !== null ? row.value : undefined
}
