import { Refusal } from './refusal.ts'
import type { RenderedRow } from './soql-run.ts'

export type QueryPage = {
  readonly totalSize: number
  readonly done: boolean
  readonly nextRecordsUrl?: string
  readonly records: readonly RenderedRow[]
}

/** Results of queries that did not fit one page, each kept for two days. */
export type QueryCursors = {
  firstPage(rows: readonly RenderedRow[], pageRows: number): QueryPage
  /** Throws INVALID_QUERY_LOCATOR when the cursor is unknown or too old. */
  pageAt(locator: string): QueryPage
  expireAll(): void
}

type Cursor = {
  readonly rows: readonly RenderedRow[]
  readonly pageRows: number
  readonly expiresAt: number
}

const keptMilliseconds = 2 * 86_400_000

/** Keeps cursors by the clock. A locator is the cursor's id and the row to go on from. */
export function queryCursors(now: () => Date, apiVersion: string): QueryCursors {
  const cursors = new Map<string, Cursor>()
  let opened = 0
  const pageFrom = (id: string, cursor: Cursor, start: number): QueryPage => {
    const end = start + cursor.pageRows
    const done = end >= cursor.rows.length
    return {
      totalSize: cursor.rows.length,
      done,
      ...(done ? {} : { nextRecordsUrl: `/services/data/v${apiVersion}/query/${id}-${end}` }),
      records: cursor.rows.slice(start, end),
    }
  }
  return {
    firstPage(rows, pageRows) {
      const cursor = { rows, pageRows, expiresAt: now().getTime() + keptMilliseconds }
      const id = `01gQx${(++opened).toString().padStart(10, '0')}AAA`
      if (rows.length > pageRows) cursors.set(id, cursor)
      return pageFrom(id, cursor, 0)
    },
    pageAt(locator) {
      const [id = '', start = ''] = locator.split('-')
      const cursor = cursors.get(id)
      if (!cursor || !/^\d+$/.test(start) || cursor.expiresAt < now().getTime())
        throw new Refusal(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
      return pageFrom(id, cursor, Number(start))
    },
    expireAll: () => cursors.clear(),
  }
}
