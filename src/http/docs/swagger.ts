import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { html } from 'hono/html'
import type { MiddlewareHandler } from 'hono'
import type { Api, ApiEnv } from '../foundation.ts'
import { ProblemError } from '../problem.ts'

/** The files of Swagger UI that the page needs; they lie in node_modules and are served from there. */
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

/** Everything comes from here; Swagger UI draws its icons from data addresses. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const start = `SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#reference', deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0,
  displayRequestDuration: true, persistAuthorization: false, validatorUrl: null, syntaxHighlight: { activated: false },
})
`

const look = `body { margin: 0; }
.swagger-ui .topbar, .swagger-ui .information-container .url { display: none; }
.bar { background: #12362c; color: #f2f7f4; font: 16px/1.5 system-ui, sans-serif; padding: 0.8rem 1.25rem; display: flex; gap: 1.25rem; }
.bar a { color: #f2f7f4; text-underline-offset: 0.2em; } .bar strong { margin-right: auto; }
`

/** The reference of the API at `/docs`. */
export function addReference(app: Api): void {
  const folder = createRequire(import.meta.url)
    .resolve('swagger-ui-dist/package.json')
    .replace(/package\.json$/, '')
  app.get('/docs', withPolicy, (c) => c.html(page))
  app.get('/docs/assets/start.js', (c) =>
    c.body(start, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  )
  app.get('/docs/assets/look.css', (c) => c.body(look, 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/docs/assets/:file', async (c) => {
    const name = c.req.param('file')
    const type = Object.hasOwn(files, name) ? files[name] : undefined
    if (type === undefined)
      throw new ProblemError({ status: 404, code: 'not-found', detail: 'There is no such file.' })
    const content = new Uint8Array(await readFile(`${folder}${name}`))
    return c.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=3600' })
  })
}

const withPolicy: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next()
  c.header('content-security-policy', policy)
}

const page = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Tieout: API reference</title>
      <link rel="icon" type="image/svg+xml" href="/tieout.svg" />
      <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
      <link rel="stylesheet" href="/docs/assets/look.css" />
    </head>
    <body>
      <nav class="bar" aria-label="Pages">
        <strong>Tieout</strong><a href="/">Status</a><a href="/docs/problems">Problems</a>
      </nav>
      <div id="reference"></div>
      <script src="/docs/assets/swagger-ui-bundle.js"></script>
      <script src="/docs/assets/start.js"></script>
    </body>
  </html>`
