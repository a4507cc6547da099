import { sql, type SQL } from 'drizzle-orm'

/**
 * JSON for the database. Whole numbers become strings. PostgreSQL cannot store U+0000 and half surrogates, so they become
 * U+FFFD, as a decoder does with bytes it cannot read.
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value, wholeAsText)
  return unstorable.test(json) ? JSON.stringify(value, storable) : json
}

const unstorable = /\\u0000|\\ud[89a-f]/i

/** As `toJson`, of texts alone: a fifth of the cost, because nothing has to be asked what it is. */
function textsToJson(texts: readonly string[]): string {
  const json = JSON.stringify(texts)
  return unstorable.test(json) ? JSON.stringify(texts, storable) : json
}

function wholeAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

function storable(key: string, value: unknown): unknown {
  return typeof value === 'string'
    ? value.toWellFormed().replaceAll('\u0000', '\ufffd')
    : wholeAsText(key, value)
}

/**
 * Many rows, to select from as `input`. One statement text serves any number of rows; `columns` is a column list, such as
 * `ordinal integer, subject text`. The limit tells the planner how many there are: of JSON alone it believes a hundred, and so reads
 * whole tables to find one row.
 */
export function inputRows(rows: readonly Readonly<Record<string, unknown>>[], columns: string): SQL {
  const listed = sql`json_to_recordset(${toJson(rows)}::json) as listed(${sql.raw(columns)})`
  return sql`(select * from ${listed} limit ${rows.length}) as input`
}

/** A list of texts as a set, for `where column in ${among(ids)}`, its length told as in `inputRows`. */
export function among(texts: readonly string[]): SQL {
  return sql`(select json_array_elements_text(${textsToJson(texts)}::json) limit ${texts.length})`
}

/** Encodes a value so that whole numbers and instants come back as what they were. */
export function encodeExact(value: unknown): unknown {
  if (typeof value === 'bigint') return { $whole: value.toString() }
  if (value instanceof Date) return { $instant: value.toISOString() }
  if (Array.isArray(value)) return value.map(encodeExact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, encodeExact(held)]))
}

/** Decodes what `encodeExact` wrote. The caller names the type, because it knows which column it reads. */
export function decodeExact<T>(encoded: unknown): T {
  return decoded(encoded) as T
}

function decoded(encoded: unknown): unknown {
  if (Array.isArray(encoded)) return encoded.map(decoded)
  if (typeof encoded !== 'object' || encoded === null) return encoded
  if ('$whole' in encoded) return BigInt(encoded.$whole as string)
  if ('$instant' in encoded) return new Date(encoded.$instant as string)
  return Object.fromEntries(Object.entries(encoded).map(([key, held]) => [key, decoded(held)]))
}
