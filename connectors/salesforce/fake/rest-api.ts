import { type Context, Hono } from 'hono'
import { describeObject } from './describing.ts'
import type { Organization } from './organization.ts'
import type { QueryCursors } from './query-cursors.ts'
import { Refusal } from './refusal.ts'
import type { Saver } from './saving.ts'
import { notFound } from './saving.ts'
import { sobjectRoutes } from './sobject-routes.ts'
import { parseSoql } from './soql-parser.ts'
import { runSoql } from './soql-run.ts'

export type RestApi = {
  readonly organization: Organization
  readonly cursors: QueryCursors
  readonly apiVersion: string
  /** Rows a page has at most, below what the caller asks for. */
  readonly pageRows: number
  readonly usage: () => { readonly used: number; readonly allowed: number }
  readonly saver: () => Saver
}

/** The REST API below `/services/data`, without sign-in. */
export function restApi(api: RestApi): Hono {
  const root = `/services/data/v${api.apiVersion}`
  return new Hono()
    .get(`${root}/query`, (c) => answerQuery(c, api, false))
    .get(`${root}/queryAll`, (c) => answerQuery(c, api, true))
    .get(`${root}/query/:locator`, (c) => c.json(api.cursors.pageAt(c.req.param('locator'))))
    .get(`${root}/limits`, (c) => {
      const { used, allowed } = api.usage()
      return c.json({ DailyApiRequests: { Max: allowed, Remaining: Math.max(0, allowed - used) } })
    })
    .get(`${root}/sobjects/:type/describe`, (c) => {
      const object = api.organization.permissions.visibleObject(c.req.param('type'))
      if (!object) throw notFound()
      return c.json(describeObject(api.organization, object))
    })
    .route(root, sobjectRoutes(api))
    .all('/services/data/*', () => {
      throw notFound()
    })
}

function answerQuery(c: Context, api: RestApi, withDeleted: boolean): Response {
  const soql = c.req.query('q')
  if (!soql) throw new Refusal(400, 'MALFORMED_QUERY', 'SOQL statements cannot be empty or null')
  const query = parseSoql(soql)
  const pageRows = pageRowsOf(c.req.header('sforce-query-options'), api.pageRows)
  const rows = runSoql(api.organization, query, {
    apiVersion: api.apiVersion,
    withDeleted,
    pageChildren: (children) => api.cursors.firstPage(children, pageRows),
  })
  if (query.counts) return c.json({ totalSize: rows.length, done: true, records: [] })
  return c.json(api.cursors.firstPage(rows, pageRows))
}

function pageRowsOf(options: string | undefined, atMost: number): number {
  const wanted = Number(/batchSize=(\d+)/.exec(options ?? '')?.[1] ?? 2000)
  return Math.min(atMost, Math.max(200, Math.min(2000, wanted)))
}
