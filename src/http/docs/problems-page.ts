import { html } from 'hono/html'
import type { DeploymentEnvironment } from '../access/secret.ts'
import type { Api } from '../foundation.ts'
import { layout } from '../pages/layout.ts'
import { pageHeaders } from '../pages/pages.ts'
import { panel, type Html } from '../pages/parts.ts'
import { problemTable } from '../problem-table.ts'

/** The page every `type` of a problem points into, made from the table of codes. */
export function addProblemsPage(app: Api, environment: DeploymentEnvironment): void {
  app.get('/docs/problems', pageHeaders, (c) => c.html(problemsPage(environment)))
}

function problemsPage(environment: DeploymentEnvironment): Html {
  const rows = Object.entries(problemTable).map(
    ([code, { title, remedy }]) =>
      html`<tr role="row" id="${code}">
        <th role="rowheader" scope="row"><code>${code}</code></th>
        <td role="cell" data-name="What it means"><span>${title}.</span></td>
        <td role="cell" data-name="What to do"><span>${remedy}</span></td>
      </tr>`,
  )
  const content = html`<table role="table">
    <caption class="hidden">
      Codes of problems
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Code</th>
        <th role="columnheader" scope="col">What it means</th>
        <th role="columnheader" scope="col">What to do</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows}
    </tbody>
  </table>`
  return layout(
    { title: 'Tieout: problems', environment },
    html`<h1>Problems</h1>
      <p class="lead">
        What is wrong is answered as <code>application/problem+json</code> (RFC 9457). <code>code</code> never
        changes its meaning; <code>retryable</code> says whether the same request may work later; tell us
        <code>request_id</code> when you ask for help.
      </p>
      ${panel('Codes', `${rows.length} codes`, content)}`,
  )
}
