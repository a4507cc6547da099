import type { Result } from './result.ts'
import { ok, refused } from './result.ts'

/** Which column of a table holds what of a usage event; `properties` by the name they get. */
export type UsageColumns = {
  readonly customer: string
  readonly value: string
  readonly time: string
  /** Null where the table has no ids. */
  readonly id: string | null
  readonly meter: string | null
  /** Which event of the source a row takes away, and in whose place it counts; null where the table has no such columns. */
  readonly retracts: string | null
  readonly replaces: string | null
  readonly properties: ReadonlyMap<string, string>
}

/** What a row does not say by itself. */
export type RowDefaults = {
  readonly source: string
  readonly meter: string | null
  /** Whether a time without a zone is one in UTC. */
  readonly isUtc: boolean
}

type Fields = Readonly<Record<string, unknown>>

const parts = ['customer', 'value', 'time', 'id', 'meter', 'retracts', 'replaces'] as const

/** What not every table has. */
const mayBeMissing: readonly string[] = ['id', 'retracts', 'replaces']

/**
 * Reads `customer=ACCOUNT,value=TOKENS,region=REGION`: where the customer, value, time, id and meter are, and which event a row retracts or
 * replaces; every other name becomes a property. What is not said has the column of its own name. Refuses what is no such list, with a sentence.
 */
export function parseUsageColumns(text: string): Result<ReadonlyMap<string, string>, string> {
  const named = new Map<string, string>()
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const [name = '', column = ''] = pair.split('=').map((word) => word.trim())
    if (name === '' || column === '' || pair.split('=').length !== 2)
      return refused(`"${pair}" does not say which column is what: write customer=ACCOUNT.`)
    if (named.has(name)) return refused(`${name} is said twice.`)
    named.set(name, column)
  }
  return ok(named)
}

/**
 * Where to look in a table with these columns. Names are found whatever their case, as Snowflake writes them large; refuses a column that
 * is not there.
 */
export function findUsageColumns(
  named: ReadonlyMap<string, string>,
  columns: readonly string[],
  meter: string | null,
): Result<UsageColumns, string> {
  const find = (name: string) =>
    columns.find((column) => column === name) ??
    columns.find((column) => column.toLowerCase() === name.toLowerCase()) ??
    null
  const isNeeded = (part: string) => !mayBeMissing.includes(part) && !(part === 'meter' && meter !== null)
  const wanted = [...new Set([...parts, ...named.keys()])].filter(
    (part) => part !== 'meter' || meter === null,
  )
  const places = new Map(wanted.map((part) => [part, find(named.get(part) ?? part)]))
  const missing = wanted.filter((part) => places.get(part) === null && (isNeeded(part) || named.has(part)))
  if (missing.length > 0) return refused(missingColumns(missing, columns))
  const property = wanted.filter((part) => !(parts as readonly string[]).includes(part))
  return ok({
    customer: places.get('customer') ?? '',
    value: places.get('value') ?? '',
    time: places.get('time') ?? '',
    id: places.get('id') ?? null,
    meter: places.get('meter') ?? null,
    retracts: places.get('retracts') ?? null,
    replaces: places.get('replaces') ?? null,
    properties: new Map(property.map((name) => [name, places.get(name) ?? ''])),
  })
}

function missingColumns(missing: readonly string[], columns: readonly string[]): string {
  const shown = columns.slice(0, 20).join(', ')
  return `There is no column for ${missing.join(', ')}. The columns are ${shown === '' ? 'none' : shown}. Say which with --columns ${missing[0] ?? ''}=….`
}

/** The attributes of a CloudEvent as far as a row has them; null where it does not. */
export type RowEvent = {
  readonly specversion: '1.0'
  readonly id: unknown
  readonly source: string
  readonly type: unknown
  readonly subject: unknown
  readonly time: unknown
  /** None where the row takes another event away. */
  readonly data?: { readonly value: unknown; readonly properties?: Fields }
  readonly retracts?: unknown
  readonly replaces?: unknown
}

/**
 * The attributes of a CloudEvent as a row of a table holds them, not yet checked. Empty fields count as absent; `id` is null where the
 * table has none. Source: the attributes of CloudEvents 1.0.
 */
export function eventOfRow(fields: Fields, columns: UsageColumns, defaults: RowDefaults): RowEvent {
  const at = (column: string | null) => (column === null ? null : present(fields[column]))
  const properties = [...columns.properties].flatMap(([name, column]) => {
    const value = at(column)
    return value === null ? [] : [[name, value] as const]
  })
  const retracts = at(columns.retracts)
  const replaces = at(columns.replaces)
  const attributes = {
    specversion: '1.0',
    id: at(columns.id),
    source: defaults.source,
    type: defaults.meter ?? at(columns.meter),
    subject: at(columns.customer),
    time: instantOf(at(columns.time), defaults.isUtc),
    ...(replaces === null ? {} : { replaces }),
  } as const
  if (retracts !== null) return { ...attributes, retracts }
  const grouped = properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}
  return { ...attributes, data: { value: at(columns.value), ...grouped } }
}

function present(value: unknown): unknown {
  const text = typeof value === 'string' ? value.trim() : value
  return text === '' || text === undefined ? null : text
}

/**
 * `2026-01-31 18:00:00.000 +0100`, as databases write it, in the words of RFC 3339. Everything else stays as it is, for the check to
 * refuse.
 */
function instantOf(value: unknown, isUtc: boolean): unknown {
  const found =
    typeof value === 'string'
      ? /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d{2}:?\d{2})?$/.exec(
          value,
        )
      : null
  if (found === null) return value
  const [, date = '', time = '', zone = isUtc ? 'Z' : ''] = found
  const clock = time.length === 5 ? `${time}:00` : time
  return `${date}T${clock}${zone.replace('UTC', 'Z').replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`
}
