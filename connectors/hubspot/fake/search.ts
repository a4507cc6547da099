import { isRecord } from './request-body.ts'
import { invalid } from './refusals.ts'
import type { Properties } from './properties.ts'
import type { RecordType } from './standard-properties.ts'

type Values = ReadonlyMap<string, string>

/** A search as asked for, checked. */
export type SearchRequest = {
  readonly filterGroups: readonly (readonly Filter[])[]
  readonly sort: { readonly name: string; readonly descending: boolean }
  readonly limit: number
  readonly after: number
  readonly properties: readonly string[]
}

type Filter = {
  readonly propertyName: string
  readonly operator: string
  readonly value: string
  readonly highValue: string
  readonly values: readonly string[]
}

/** No page may reach beyond this result of one query. */
export const searchCeiling = 10_000

const limits = { page: 200, groups: 5, filtersOfGroup: 6, filters: 18 }

/** Reads and checks the body of a search. Throws the refusal. */
export function searchRequest(body: Readonly<Record<string, unknown>>): SearchRequest {
  const filterGroups = listOf(body['filterGroups']).map((group) =>
    listOf(isRecord(group) ? group['filters'] : []).map(filterOf),
  )
  const limit = Number(body['limit'] ?? 10)
  const after = Number(body['after'] ?? 0)
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.page)
    throw invalid(`The limit must be between 1 and ${limits.page}`)
  if (!Number.isInteger(after) || after < 0) throw invalid('The after is not a number')
  if (after + limit > searchCeiling)
    throw invalid(`Paging through more than ${searchCeiling} results is not supported`)
  refuseTooManyFilters(filterGroups)
  const properties = listOf(body['properties']).map(String)
  return { filterGroups, sort: sortOf(listOf(body['sorts'])), limit, after, properties }
}

function refuseTooManyFilters(groups: readonly (readonly Filter[])[]): void {
  const total = groups.reduce((sum, group) => sum + group.length, 0)
  const fits =
    groups.length <= limits.groups &&
    groups.every((group) => group.length <= limits.filtersOfGroup) &&
    total <= limits.filters
  if (!fits) throw invalid('There are too many filter groups or filters')
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid('Invalid input JSON: an array was expected')
  return value
}

const operators = /^(N?EQ|[LG]TE?|BETWEEN|(NOT_)?IN|(NOT_)?HAS_PROPERTY|(NOT_)?CONTAINS_TOKEN)$/

function filterOf(filter: unknown): Filter {
  if (!isRecord(filter) || typeof filter['propertyName'] !== 'string')
    throw invalid('Invalid input JSON: a filter without propertyName')
  const operator = String(filter['operator'])
  if (!operators.test(operator)) throw invalid(`Invalid input JSON: no operator ${operator}`)
  return {
    propertyName: filter['propertyName'],
    operator,
    value: String(filter['value'] ?? ''),
    highValue: String(filter['highValue'] ?? ''),
    values: listOf(filter['values']).map(String),
  }
}

/** One rule only, as a name, `-name`, or an object; without one, oldest first. */
function sortOf(sorts: readonly unknown[]): SearchRequest['sort'] {
  if (sorts.length > 1) throw invalid('Only one sort is supported')
  const [sort] = sorts
  if (sort === undefined) return { name: 'createdate', descending: false }
  if (typeof sort === 'string') return { name: sort.replace(/^-/, ''), descending: sort.startsWith('-') }
  if (!isRecord(sort)) throw invalid('Invalid input JSON: sort')
  return { name: String(sort['propertyName']), descending: sort['direction'] === 'DESCENDING' }
}

/** What a search finds, sorted, before paging. */
export function found(
  records: readonly Values[],
  request: SearchRequest,
  type: RecordType,
  properties: Properties,
): Values[] {
  for (const { propertyName } of request.filterGroups.flat())
    if (properties.find(type, propertyName) === undefined)
      throw invalid(`There is no property ${propertyName}`)
  const keyOf = (name: string) => comparableOf(properties.find(type, name)?.type)
  const fits = (values: Values) =>
    request.filterGroups.length === 0 ||
    request.filterGroups.some((group) =>
      group.every((filter) => passes(values.get(filter.propertyName), filter, keyOf(filter.propertyName))),
    )
  const sortKey = keyOf(request.sort.name)
  const direction = request.sort.descending ? -1 : 1
  const keyed = records
    .filter(fits)
    .map((values) => ({ values, key: sortKey(values.get(request.sort.name) ?? '') }))
  return keyed
    .sort((left, right) => direction * compare(left.key, right.key) || compareTied(left.values, right.values))
    .map(({ values }) => values)
}

/** The order of equal keys is promised by nobody: here it is neither by age nor by id. */
function compareTied(left: Values, right: Values): number {
  return compare(scrambled(left), scrambled(right))
}

function scrambled(values: Values): string {
  return [...(values.get('hs_object_id') ?? '')].toReversed().join('')
}

type Comparable = number | string

/** How values of a type are compared: instants and numbers by size, text without regard to case. */
function comparableOf(type: string | undefined): (text: string) => Comparable {
  if (type === 'number') return (text) => (text === '' ? Number.NEGATIVE_INFINITY : Number(text))
  if (type === 'datetime' || type === 'date')
    return (text) => (/^\d{10,}$/.test(text) ? Number(text) : Date.parse(text))
  return (text) => text.toLowerCase()
}

function compare(left: Comparable, right: Comparable): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function passes(value: string | undefined, filter: Filter, keyOf: (text: string) => Comparable): boolean {
  if (filter.operator.startsWith('NOT_')) return !passesPlain(value, filter.operator.slice(4), filter, keyOf)
  if (filter.operator === 'NEQ') return !passesPlain(value, 'EQ', filter, keyOf)
  return passesPlain(value, filter.operator, filter, keyOf)
}

function passesPlain(
  value: string | undefined,
  operator: string,
  filter: Filter,
  keyOf: (text: string) => Comparable,
): boolean {
  if (value === undefined) return false
  const order = compare(keyOf(value), keyOf(filter.value))
  if (operator === 'HAS_PROPERTY') return true
  if (operator === 'EQ') return order === 0
  if (operator === 'LT') return order < 0
  if (operator === 'LTE') return order <= 0
  if (operator === 'GT') return order > 0
  if (operator === 'GTE') return order >= 0
  if (operator === 'BETWEEN') return order >= 0 && compare(keyOf(value), keyOf(filter.highValue)) <= 0
  if (operator === 'IN') return filter.values.some((other) => compare(keyOf(value), keyOf(other)) === 0)
  return tokens(value).includes(filter.value.toLowerCase().replaceAll('*', ''))
}

function tokens(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}]+/u)
}
