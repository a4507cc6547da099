import type * as z from 'zod'
import type { Wire } from './emit.ts'
import { noSuch } from './refusal.ts'
import type { Metadata } from './rows.ts'
import type { CreatedRange, Row, RowPage, Table } from './table.ts'
import type { World } from './world.ts'

/** One operation of the API: its parameters, and what it does with them once they are sound. */
export type Endpoint = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly parameters: z.ZodType
  readonly handle: (world: World, input: never, path: PathIds) => Wire
}

/** The variable parts of a path. */
export type PathIds = Readonly<Record<string, string>>

/** Declares an operation; the type of its input follows from its parameters. */
export function endpoint<T extends z.ZodType>(
  method: Endpoint['method'],
  path: string,
  parameters: T,
  handle: (world: World, input: z.output<T>, path: PathIds) => Wire,
): Endpoint {
  return { method, path, parameters, handle: handle as Endpoint['handle'] }
}

/** The row, or the refusal for one that does not exist. `param` names the parameter that asked for it. */
export function mustExist<T>(row: T | undefined, kind: string, id: string, param?: string): T {
  if (row === undefined) throw noSuch(kind, id, param)
  return row
}

type ListInput = {
  readonly limit?: number | undefined
  readonly starting_after?: string | undefined
  readonly ending_before?: string | undefined
  readonly created?: CreatedRange | undefined
}

type Among<T> = {
  readonly among?: readonly [string, string] | undefined
  readonly where?: ((row: T) => boolean) | undefined
}

/** One page of a table as Stripe lists it. */
export function list<T extends Row>(
  table: Table<T>,
  kind: string,
  url: string,
  input: ListInput,
  render: (row: T) => Wire,
  { among, where }: Among<T> = {},
): Wire {
  const page = table.page({
    limit: input.limit ?? 10,
    startingAfter: input.starting_after,
    endingBefore: input.ending_before,
    created: input.created,
    among,
    where,
  })
  const cursor = input.starting_after ?? input.ending_before ?? ''
  const param = input.starting_after === undefined ? 'ending_before' : 'starting_after'
  return listWire(url, mustExist(page ?? undefined, kind, cursor, param), render)
}

/** A page as it goes over the wire. */
export function listWire<T>(url: string, { rows, hasMore }: RowPage<T>, render: (row: T) => Wire): Wire {
  return { object: 'list', data: rows.map(render), has_more: hasMore, url }
}

/** Lists inside an object show ten entries; the rest is behind `url`. */
export function inlineList<T>(url: string, rows: readonly T[], render: (row: T) => Wire): Wire {
  return listWire(url, { rows: rows.slice(0, 10), hasMore: rows.length > 10 }, render)
}

/** A page of a list that is not a table of its own, such as an invoice's lines, in its own order. */
export function sliceList<T extends { readonly id: string }>(
  rows: readonly T[],
  kind: string,
  url: string,
  input: ListInput,
  render: (row: T) => Wire,
): Wire {
  const limit = input.limit ?? 10
  const at = rows.findIndex(({ id }) => id === (input.starting_after ?? input.ending_before))
  if (input.starting_after !== undefined) {
    if (at < 0) throw noSuch(kind, input.starting_after, 'starting_after')
    return listWire(url, cut(rows, at + 1, limit), render)
  }
  if (input.ending_before === undefined) return listWire(url, cut(rows, 0, limit), render)
  if (at < 0) throw noSuch(kind, input.ending_before, 'ending_before')
  const from = Math.max(0, at - limit)
  return listWire(url, { rows: rows.slice(from, at), hasMore: from > 0 }, render)
}

function cut<T>(rows: readonly T[], from: number, limit: number): RowPage<T> {
  return { rows: rows.slice(from, from + limit), hasMore: rows.length > from + limit }
}

/** Metadata after a change: keys sent empty go, keys not sent stay, a cleared whole empties it. */
export function mergeMetadata(current: Metadata, change: Metadata | null | undefined): Metadata {
  if (change === undefined) return current
  if (change === null) return {}
  return Object.fromEntries(Object.entries({ ...current, ...change }).filter(([, value]) => value !== ''))
}

/** The terms a search finds metadata by. */
export function metadataTerms(metadata: Metadata): string[] {
  return Object.entries(metadata).map(([key, value]) => `metadata["${key}"]:${value.toLowerCase()}`)
}

/** Minor units as a JSON number. */
export function minor(amount: bigint): number {
  return Number(amount)
}
