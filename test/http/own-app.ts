import type { Hono } from 'hono'
import { createApp, type AppOptions } from '../../src/http/app.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { allScopes, type Scope } from '../../src/http/access/scopes.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { passEveryCheckpoint } from '../../src/ports/checkpoint.ts'
import { idsFrom, seededRandom } from '../../src/ports/random.ts'
import { defaultBooks } from './books-sample.ts'
import { ownStore, type OwnStore } from '../store/store.ts'

/** The hub's HTTP on a database of its own, with a key that may everything. */
export type OwnApp = Omit<OwnStore, 'app'> & {
  readonly app: Hono
  /** Statements as the app role sends them. */
  readonly sql: OwnStore['app']
  readonly options: AppOptions
  readonly secret: string
  /** Makes a key with these scopes; answers its secret. */
  keyWith(...scopes: Scope[]): Promise<string>
  /** What `report` was told. */
  readonly reported: unknown[]
}

export const publicUrl = 'https://hub.example.com'

/** Opens the hub's HTTP for one test file. */
export async function ownApp(changes: Partial<AppOptions> = {}): Promise<OwnApp> {
  const own = await ownStore()
  const { store, clock } = own
  const random = seededRandom(7)
  const reported: unknown[] = []
  const options: AppOptions = {
    store,
    clock,
    ids: idsFrom(clock, random),
    doorbell: silentDoorbell,
    checkpoint: passEveryCheckpoint,
    hooks: new Map(),
    books: defaultBooks(),
    settings: { publicUrl },
    report: (error) => reported.push(error),
    ...changes,
  }
  const keyWith = async (...scopes: Scope[]) =>
    (await createApiKey({ store, clock, random }, { name: 'test', scopes, by: 'test' })).secret
  const secret = await keyWith(...allScopes)
  return { ...own, sql: own.app, app: createApp(options), options, secret, keyWith, reported }
}

/** Headers of a request with a key and a JSON body. */
export function bearing(secret: string, contentType = 'application/json'): Record<string, string> {
  return { authorization: `Bearer ${secret}`, 'content-type': contentType }
}

let requests = 0

/** Headers of a request that changes something. */
export function writing(secret: string): Record<string, string> {
  return { ...bearing(secret), 'idempotency-key': `test-${++requests}` }
}

/** What an address answers to a GET: status and body. */
export async function got<T = Record<string, unknown>>(
  own: Pick<OwnApp, 'app' | 'secret'>,
  path: string,
): Promise<{ status: number; body: T }> {
  const answer = await own.app.request(path, { headers: { authorization: `Bearer ${own.secret}` } })
  return { status: answer.status, body: (await answer.json()) as T }
}

/** What an address answers to a POST: status and body. */
export async function posted<T = Record<string, unknown>>(
  own: Pick<OwnApp, 'app' | 'secret'>,
  path: string,
  body: unknown,
  headers: Record<string, string> = writing(own.secret),
): Promise<{ status: number; body: T; headers: Headers }> {
  const answer = await own.app.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as T, headers: answer.headers }
}
