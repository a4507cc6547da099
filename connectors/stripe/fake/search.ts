import type { Wire } from './emit.ts'
import { invalidRequest } from './refusal.ts'
import type { World } from './world.ts'

type SearchInput = {
  readonly query: string
  readonly limit?: number | undefined
  readonly page?: string | undefined
}

/**
 * A page of a search: terms `field:'value'` or `metadata['key']:'value'`, joined by AND. What it sees lags behind. Comparison,
 * substring and OR are not modelled and refused.
 */
export function searchPage(
  world: World,
  { query, limit = 10, page }: SearchInput,
  url: string,
  render: (id: string) => Wire | null,
): Wire {
  const kind = kinds[url] ?? ''
  const sets = termsOf(query).map((term) => world.search.find(`${kind} ${term}`))
  const smallest = sets.toSorted((left, right) => left.size - right.size)[0] ?? new Set<string>()
  const ids = [...smallest].filter((id) => sets.every((set) => set.has(id)))
  const from = page === undefined ? 0 : Number(page)
  const rows = ids.map(render).filter((row) => row !== null)
  const hasMore = rows.length > from + limit
  return {
    object: 'search_result',
    data: rows.slice(from, from + limit),
    has_more: hasMore,
    next_page: hasMore ? String(from + limit) : null,
    url,
  }
}

const kinds: Readonly<Record<string, string>> = {
  '/v1/customers/search': 'customer',
  '/v1/subscriptions/search': 'subscription',
  '/v1/products/search': 'product',
  '/v1/prices/search': 'price',
}

const clause = /^(?:(\w+)|metadata\[["']([^"']+)["']\]):["']([^"']*)["']$/

function termsOf(query: string): string[] {
  return query.split(/\s+AND\s+/i).map((part) => {
    const [, field, key, value = ''] = clause.exec(part.trim()) ?? []
    if (field === undefined && key === undefined)
      throw invalidRequest(`We were unable to parse your search query: ${part}`, { param: 'query' })
    return `${key === undefined ? field : `metadata["${key}"]`}:${value.toLowerCase()}`
  })
}
