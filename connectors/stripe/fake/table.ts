/** What every object has. `created` is a unix second and never falls from one row to the next. */
export type Row = { readonly id: string; readonly created: number }

/** A stretch of creation times, in unix seconds. */
export type CreatedRange = {
  readonly gt?: number | undefined
  readonly gte?: number | undefined
  readonly lt?: number | undefined
  readonly lte?: number | undefined
}

export type PageQuery<T> = {
  readonly limit: number
  readonly startingAfter?: string | undefined
  readonly endingBefore?: string | undefined
  readonly created?: CreatedRange | undefined
  /** An index and its key: only these rows are looked at. */
  readonly among?: readonly [index: string, key: string] | undefined
  readonly where?: ((row: T) => boolean) | undefined
}

export type RowPage<T> = { readonly rows: T[]; readonly hasMore: boolean }

type Entry<T> = {
  readonly sequence: number
  readonly row: T
  readonly keys: Record<string, string | null>
  removed: boolean
}

/** Rows by id, in order of creation, and by indexes. */
export type Table<T extends Row> = {
  insert(row: T): T
  get(id: string): T | undefined
  remove(id: string): void
  /** To be called after a change of a field that an index goes by. */
  reindex(row: T): void
  size(): number
  /** All rows with a key in an index, oldest first. */
  among(index: string, key: string): T[]
  /** All rows, oldest first. */
  all(): Iterable<T>
  /** A page, newest first; null when the cursor names no row. */
  page(query: PageQuery<T>): RowPage<T> | null
}

/** Makes a table. An index gives each row a key, or null to leave it out. */
export function createTable<T extends Row>(
  indexes: Readonly<Record<string, (row: T) => string | null>> = {},
): Table<T> {
  const entries = new Map<string, Entry<T>>()
  const ordered: Entry<T>[] = []
  const lists = new Map<string, Entry<T>[]>()
  const listOf = (index: string, key: string) => lists.get(`${index}\n${key}`) ?? []
  let sequence = 0
  const insert = (row: T): T => {
    const entry: Entry<T> = { sequence: sequence++, row, keys: {}, removed: false }
    entries.set(row.id, entry)
    ordered.push(entry)
    place(entry)
    return row
  }
  const place = (entry: Entry<T>) => {
    for (const [index, keyOf] of Object.entries(indexes)) {
      const [was, key] = [entry.keys[index] ?? null, keyOf(entry.row)]
      if (was === key) continue
      if (was !== null) takeOut(listOf(index, was), entry)
      if (key !== null) putIn(lists, `${index}\n${key}`, entry)
      entry.keys[index] = key
    }
  }
  return {
    insert,
    get: (id) => entries.get(id)?.row,
    size: () => entries.size,
    among: (index, key) => present(listOf(index, key)),
    all: () => present(ordered),
    reindex: (row) => {
      const entry = entries.get(row.id)
      if (entry) place(entry)
    },
    remove: (id) => {
      const entry = entries.get(id)
      if (entry) entry.removed = true
      entries.delete(id)
    },
    page: (query) => {
      const list = query.among ? listOf(...query.among) : ordered
      const cursor = query.startingAfter ?? query.endingBefore
      const at = cursor === undefined ? undefined : entries.get(cursor)?.sequence
      if (cursor !== undefined && at === undefined) return null
      return query.endingBefore === undefined ? older(list, at, query) : newer(list, at ?? 0, query)
    },
  }
}

function takeOut<T>(list: Entry<T>[], { sequence }: Entry<T>): void {
  list.splice(
    firstWhere(list, (entry) => entry.sequence >= sequence),
    1,
  )
}

function putIn<T>(lists: Map<string, Entry<T>[]>, key: string, entry: Entry<T>): void {
  const list = lists.get(key) ?? []
  if (list.length === 0) lists.set(key, list)
  const at = firstWhere(list, ({ sequence }) => sequence > entry.sequence)
  if (at === list.length) list.push(entry)
  else list.splice(at, 0, entry)
}

function present<T>(list: readonly Entry<T>[]): T[] {
  return list.filter(({ removed }) => !removed).map(({ row }) => row)
}

/** Walks back from a cursor, or from the newest row in the range of creation times. */
function older<T extends Row>(
  list: readonly Entry<T>[],
  before: number | undefined,
  query: PageQuery<T>,
): RowPage<T> {
  const { gt = -1, gte = -1, lt = Infinity, lte = Infinity } = query.created ?? {}
  const beyond = firstWhere(list, ({ row }) => row.created >= lt || row.created > lte)
  const from =
    before === undefined
      ? beyond
      : Math.min(
          beyond,
          firstWhere(list, (e) => e.sequence >= before),
        )
  const rows: T[] = []
  for (let index = from - 1; index >= 0; index--) {
    const { row, removed } = list[index] as Entry<T>
    if (row.created <= gt || row.created < gte) break
    if (removed || query.where?.(row) === false) continue
    if (rows.length === query.limit) return { rows, hasMore: true }
    rows.push(row)
  }
  return { rows, hasMore: false }
}

/** Walks forward from a cursor; the page still reads newest first. */
function newer<T extends Row>(list: readonly Entry<T>[], after: number, query: PageQuery<T>): RowPage<T> {
  const { gt = -1, gte = -1, lt = Infinity, lte = Infinity } = query.created ?? {}
  const rows: T[] = []
  for (let index = firstWhere(list, (e) => e.sequence > after); index < list.length; index++) {
    const { row, removed } = list[index] as Entry<T>
    if (row.created >= lt || row.created > lte) break
    if (removed || row.created <= gt || row.created < gte || query.where?.(row) === false) continue
    if (rows.length === query.limit) return { rows: rows.toReversed(), hasMore: true }
    rows.push(row)
  }
  return { rows: rows.toReversed(), hasMore: false }
}

/** The first place where a condition holds that, once true, stays true; the length when it never does. */
export function firstWhere<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(list[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
