import type { MiddlewareHandler } from 'hono'
import { loadDealDetail } from '../deal-detail.ts'
import { loadDeals } from '../../store/deals.ts'
import type { Api, ApiEnv } from '../foundation.ts'
import { dealPage, noDealPage } from './deal-page.ts'
import { emblem } from './layout.ts'
import { askToSignIn, mayLook, type PageContext } from './page-access.ts'
import { statusPage } from './status-page.ts'
import { loadStatus } from './status-state.ts'
import { styleSheet } from './style.ts'

const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Pages take style and pictures from here and nothing from elsewhere; they are not kept by anybody on the way. */
export const pageHeaders: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next()
  c.header('content-security-policy', policy)
  c.header('cache-control', 'private, no-store')
}

/**
 * The pages for people. The page of a deal is open to whoever has its link, because sales has no key: its id cannot be guessed, and it shows
 * what the CRM shows.
 */
export function addPages(app: Api, context: PageContext): void {
  const { store, clock, books, environment = 'test' } = context
  app.get('/', pageHeaders, async (c) => {
    if (!(await mayLook(c, context))) return askToSignIn(c)
    return c.html(statusPage(await loadStatus(store.read, books, clock.now()), environment))
  })
  app.get('/deals/:id', pageHeaders, async (c) => {
    const [held] = await loadDeals(store.read, [c.req.param('id').slice(0, 100)])
    if (held === undefined) return c.html(noDealPage(environment), 404)
    return c.html(dealPage(await loadDealDetail(store.read, held), environment))
  })
  const kept = { 'cache-control': 'public, max-age=300' }
  app.get('/tieout.css', (c) =>
    c.body(styleSheet, 200, { ...kept, 'content-type': 'text/css; charset=utf-8' }),
  )
  app.get('/tieout.svg', (c) => c.body(emblem, 200, { ...kept, 'content-type': 'image/svg+xml' }))
}
