import { html, raw } from 'hono/html'
import type { DeploymentEnvironment } from '../access/secret.ts'
import type { Html } from './parts.ts'

export type PageOptions = {
  readonly title: string
  readonly environment: DeploymentEnvironment
  /** After how many seconds the browser asks again; never when left out. */
  readonly refreshSeconds?: number
}

/** Two books whose lines meet. */
export const emblem =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#6fd3b3" stroke-width="2.6" stroke-linecap="round" ' +
  'stroke-linejoin="round"><rect x="2.5" y="4" width="27" height="24" rx="5" stroke="#b4cbc1"/><path d="M16 4v24M7 11h5M7 16h5M20 11h5"/>' +
  '<path d="M19.5 20.5l2.6 2.6 4-5"/></svg>'

const words: Readonly<Record<DeploymentEnvironment, string>> = { demo: 'DEMO', test: 'TEST', live: 'LIVE' }

/** A whole page. It loads nothing from elsewhere. */
export function layout({ title, environment, refreshSeconds }: PageOptions, body: Html): Html {
  const refresh =
    refreshSeconds === undefined ? '' : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${refresh}
        <title>${title}</title>
        <link rel="icon" type="image/svg+xml" href="/tieout.svg" />
        <link rel="stylesheet" href="/tieout.css" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <div class="wide">
            <a class="brand" href="/"><span aria-hidden="true">${raw(emblem)}</span>Tieout</a>
            <span class="chip ${environment}"
              ><span class="hidden">Environment: </span>${words[environment]}</span
            >
            <nav aria-label="Pages">
              <a href="/">Status</a>
              <a href="/docs">API reference</a>
              <a href="/docs/problems">Problems</a>
            </nav>
          </div>
        </header>
        <main id="content" class="wide">${body}</main>
        <footer>
          <div class="wide">
            <p>
              For machines: <a href="/openapi.json">openapi.json</a>, <a href="/metrics">metrics</a>,
              <a href="/readyz">readiness</a>.
            </p>
          </div>
        </footer>
      </body>
    </html>`
}
