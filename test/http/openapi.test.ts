import { readFileSync } from 'node:fs'
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allScopes, type Scope } from '../../src/http/access/scopes.ts'
import { batchType } from '../../src/http/event-forms.ts'
import { problemTable } from '../../src/http/problem-table.ts'
import { bearing, ownApp, writing, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

type Operation = {
  readonly security?: readonly Record<string, readonly string[]>[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>
  readonly summary?: string
  readonly tags?: readonly string[]
}

type Document = {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object> }
}

let own: OwnApp
let ids: Seeded
let document: Document
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
  document = (await (await own.app.request('/openapi.json')).json()) as Document
})
afterAll(() => own.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )

/** Addresses for people and browsers, which the description leaves out. */
const pages = [
  'GET /',
  'GET /deals/{id}',
  'GET /docs',
  'GET /docs/assets/look.css',
  'GET /docs/assets/start.js',
  'GET /docs/assets/{file}',
  'GET /docs/problems',
  'GET /openapi.json',
  'GET /tieout.css',
  'GET /tieout.svg',
]

test('every address is described, and every description has an address', () => {
  const routes = own.app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`)
  const described = operations().map(({ method, path }) => `${method} ${path}`)
  expect([...new Set(routes)].sort()).toEqual([...described, ...pages].sort())
})

test('the description is OpenAPI 3.1 whose references all resolve and whose schemas all compile', () => {
  expect(document.openapi).toBe('3.1.0')
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
  const missing = references.filter(([, name = '']) => !Object.hasOwn(document.components.schemas, name))
  expect(references.length).toBeGreaterThan(50)
  expect(missing).toEqual([])
  for (const name of Object.keys(document.components.schemas))
    expect(schemaNamed(name)).toBeTypeOf('function')
  for (const { path, operation } of operations()) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    expect([path, inPath.map(({ name }) => name).sort()]).toEqual([path, named.sort()])
    expect(operation.summary).toMatch(/^\S/)
    expect(operation.tags).toHaveLength(1)
  }
})

function schemaNamed(name: string): ValidateFunction {
  return compile({ $ref: `#/components/schemas/${name}` })
}

function compile(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  return ajv.compile({ ...schema, components: document.components })
}

test('what is answered fits what is described', async () => {
  const asked: Readonly<Record<string, string>> = {
    '/v1/deals': '',
    '/v1/deals/{id}': ids.acmeCase,
    '/v1/contracts': '',
    '/v1/contracts/{id}': 'ctr_acme',
    '/v1/contracts/{id}/upcoming-usage': 'ctr_acme',
    '/v1/customers/{id}/entitlements': '001ACME',
    '/v1/usage/thresholds': '',
    '/v1/usage/corrections': '',
    '/v1/meters': '',
    '/v1/meters/{name}': 'llm-tokens',
    '/v1/exceptions': '',
    '/v1/exceptions/groups': '',
    '/v1/ledger/trial-balance': '',
    '/v1/ledger/transactions': '',
    '/v1/trace/{id}': 'ctr_acme',
    '/v1/journals': '',
    '/v1/journals/{external_id}': 'tieout-us-2026-01-USD-1',
    '/v1/tie-out': '',
    '/v1/months': '',
    '/readyz': '',
  }
  for (const [path, id] of Object.entries(asked)) {
    const answer = await own.app.request(path.replace(/\{\w+\}/, id), { headers: bearing(own.secret) })
    const schema = document.paths[path]?.['get']?.responses['200']?.content?.['application/json']?.schema
    const check = compile(schema as object)
    check(await answer.json())
    expect([path, answer.status, check.errors]).toEqual([path, 200, null])
  }
  const unread = operations().filter(
    ({ method, path, operation }) => method === 'GET' && operation.security !== undefined && !(path in asked),
  )
  // One is a file, and the other shows what the list shows.
  expect(unread.map(({ path }) => path)).toEqual(['/v1/contracts/{id}/usage-events', '/v1/exceptions/{id}'])
})

test('problems fit their description', async () => {
  const problem = schemaNamed('Problem')
  for (const path of ['/v1/nothing', '/v1/deals?x=1', '/v1/deals/none']) {
    const answer = await own.app.request(path, { headers: bearing(own.secret) })
    const body = (await answer.json()) as { type: string; code: string; request_id: string }
    expect([path, problem(body), problem.errors]).toEqual([path, true, null])
    expect(body.type).toBe(`https://hub.example.com/docs/problems#${body.code}`)
    expect(answer.headers.get('x-request-id')).toBe(body.request_id)
  }
})

test('every code of a problem has its place on the page it points to', async () => {
  const page = await (await own.app.request('/docs/problems')).text()
  for (const code of Object.keys(problemTable)) expect(page).toContain(`id="${code}"`)
})

test('every code a connector refuses a message with is in the table', () => {
  const codes = ['stripe', 'hubspot', 'salesforce'].flatMap((vendor) => {
    const text = readFileSync(new URL(`../../connectors/${vendor}/inbound.ts`, import.meta.url), 'utf8')
    return [...text.matchAll(/\b(?:refuse|refused|refusal)\(\s*(?:\d{3}, )?'([a-z-]+)'/g)].map(
      ([, code]) => code,
    )
  })
  expect(codes.length).toBeGreaterThan(15)
  expect(codes.filter((code) => !Object.hasOwn(problemTable, code ?? ''))).toEqual([])
})

/** A path with something in its places, and a body that reaches the handler. */
function attempt(path: string, method: string, secret: string): Promise<Response> {
  const filled = path
    .replace('{entity}/{month}', 'us/2020-01')
    .replace('{mapping}/{table}', 'none/none')
    .replace(/\{\w+\}/, 'none')
  const headers = path === '/v1/events' ? bearing(secret, batchType) : writing(secret)
  const body = path === '/v1/events' ? '[]' : '{"reason":"x","cause":"none","key":"k","value":"v"}'
  return Promise.resolve(own.app.request(filled, method === 'GET' ? { headers } : { method, headers, body }))
}

test('every address with a key refuses none (401), a key with every other scope (403), and lets its own scope in', async () => {
  const guarded = operations().filter(({ operation }) => operation.security !== undefined)
  expect(guarded.length).toBeGreaterThan(20)
  const asked = new Set<string>()
  for (const { path, method, operation } of guarded) {
    const scope = operation.security?.[0]?.['apiKey']?.[0] as Scope
    asked.add(scope)
    const others = await own.keyWith(...allScopes.filter((each) => each !== scope))
    const right = await own.keyWith(scope)
    const withOthers = await attempt(path, method, others)
    const statuses = [
      (await own.app.request(path.replaceAll(/[{}]/g, ''), { method })).status,
      withOthers.status,
      [401, 403].includes((await attempt(path, method, right)).status),
    ]
    expect([method, path, ...statuses]).toEqual([method, path, 401, 403, false])
    expect(await withOthers.json()).toMatchObject({ detail: `This needs a key with the scope ${scope}.` })
  }
  expect([...asked].sort()).toEqual([...allScopes].sort())
})

test('what needs no key is the hooks, which have signatures, and the questions whether the hub is well', () => {
  const open = operations().filter(({ operation }) => operation.security === undefined)
  expect(open.map(({ path }) => path).sort()).toEqual(['/healthz', '/metrics', '/readyz', '/v1/hooks/{name}'])
})
