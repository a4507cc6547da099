import { securityScheme } from '../access/security.ts'
import { scopes } from '../access/scopes.ts'
import type { Api } from '../foundation.ts'

const scopeList = Object.entries(scopes)
  .map(([scope, meaning]) => `- \`${scope}\`: ${meaning}`)
  .join('\n')

const about = `From closed-won deals to billing, booked revenue and journals, with proof that every number ties out.

Amounts are in the smallest unit of their currency, as strings. Times are RFC 3339 in UTC. Lists take \`limit\` and \`cursor\`. Requests that
change something need an \`Idempotency-Key\`. What is wrong is answered as \`application/problem+json\` (RFC 9457); every code has a place on
[the page of problems](/docs/problems).

Scopes of a key:
${scopeList}`

/** Serves the description of the API, made from the schemas that check requests. */
export function addOpenApi(app: Api): void {
  app.openAPIRegistry.registerComponent('securitySchemes', securityScheme, {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: tieout_test_… or tieout_live_….',
  })
  let document: object | null = null
  app.get('/openapi.json', (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Tieout', version: '1', description: about, license: { name: 'Apache-2.0' } },
      servers: [{ url: '/' }],
      tags,
    })
    return c.json(document)
  })
}

const tags = [
  { name: 'usage', description: 'What customers use.' },
  { name: 'deals', description: 'Closed-won deals and where each stands.' },
  { name: 'exceptions', description: 'What waits for a person.' },
  { name: 'contracts', description: 'What was agreed and what it grants.' },
  { name: 'mappings', description: 'How deals become contracts.' },
  { name: 'ledger', description: 'The books, and the way of the money through them.' },
  { name: 'reports', description: 'Tie-outs and months.' },
  { name: 'hooks', description: 'Where vendors send their messages.' },
  { name: 'operations', description: 'Whether the hub is well.' },
]
