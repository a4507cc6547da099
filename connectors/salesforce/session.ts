import { bulkhead } from 'cockatiel'
import { Connection } from 'jsforce/lib/connection.js'
import type { HttpRequest } from 'jsforce/lib/types/common.js'
import { type Answer, answered } from '../../src/ports/answer.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { broken, classifyBody, classifyLoss, classifyResponse, classifySignIn } from './answers.ts'
import { type Json, parseExact } from './exact-json.ts'
import { ConnectionLost, FetchTransport } from './fetch-transport.ts'
import { widenId } from './record-id.ts'

export type SessionOptions = {
  /** The My Domain host: client credentials are refused on login.salesforce.com. */
  readonly loginUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** The organisation these credentials must lead to. */
  readonly organizationId: string
  readonly apiVersion: string
  readonly transport: Transport
  readonly timeoutMilliseconds: number
  /** Requests under way at once. */
  readonly maxRequest: number
}

/** Requests to one organisation, signed in when needed. Paths start below `/services/data/v…`, or are a `nextRecordsUrl`. */
export type Session = {
  get(path: string): Promise<Answer<Json>>
  patch(path: string, body: Json): Promise<Answer<Json>>
  /** Where records are shown to people; known after the first good answer. */
  instanceUrl(): string
  /** What Salesforce's own clock last said; null before the first answer. */
  serverTime(): Date | null
}

/** Opens a session: OAuth 2.0 client credentials (RFC 6749, 4.4), renewed once when the token is refused. */
export function openSession(options: SessionOptions): Session {
  const transport = new FetchTransport(options.transport, options.timeoutMilliseconds)
  const connection = connectionFor(options, transport)
  const limit = bulkhead(options.maxRequest, Number.MAX_SAFE_INTEGER)
  const signIn = singleFlight(() => authorize(connection, options))
  const send = (request: HttpRequest) => limit.execute(() => signedRequest(connection, signIn, request))
  return {
    get: (path) => send({ method: 'GET', url: path }),
    patch: (path, body) =>
      send({
        method: 'PATCH',
        url: path,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    instanceUrl: () => connection.instanceUrl,
    serverTime: () => transport.serverTime(),
  }
}

/**
 * jsforce renews a refused token again and again; so it is given no client of its own and we renew once. Its two transports are
 * replaced, because the one for tokens takes no time limit.
 */
function connectionFor(options: SessionOptions, transport: FetchTransport): Connection {
  const connection = new Connection({ loginUrl: options.loginUrl, version: options.apiVersion })
  connection._transport = transport
  connection.oauth2._transport = transport
  return connection
}

type SignIn = () => Promise<Answer<null>>

/** Callers that come while one run is under way share it. */
function singleFlight(run: SignIn): SignIn {
  let underWay: Promise<Answer<null>> | null = null
  return () => {
    underWay ??= run().finally(() => {
      underWay = null
    })
    return underWay
  }
}

async function authorize(connection: Connection, options: SessionOptions): Promise<Answer<null>> {
  try {
    const user = await connection.authorize({
      grant_type: 'client_credentials',
      client_id: options.clientId,
      client_secret: options.clientSecret,
    })
    const organization = widenId(user.organizationId)
    if (organization === widenId(options.organizationId)) return answered(null)
    connection.accessToken = null
    // A refreshed sandbox keeps the deal ids and changes its own: its deals are other deals.
    return { kind: 'auth', detail: `The credentials lead to organisation ${organization}, another one` }
  } catch (error) {
    if (error instanceof ConnectionLost) return classifyLoss(error.message)
    if (error instanceof TypeError) return broken('The token endpoint answered without a token')
    if (error instanceof Error) return classifySignIn(error.name, error.message)
    throw error
  }
}

async function signedRequest(
  connection: Connection,
  signIn: SignIn,
  request: HttpRequest,
): Promise<Answer<Json>> {
  const signed = connection.accessToken ? answered(null) : await signIn()
  if (signed.kind !== 'ok') return signed
  const token = connection.accessToken
  const first = await exchange(connection, request)
  if (first.kind !== 'auth') return first
  // A 401 comes before any effect, so repeating is safe for reads and writes alike.
  const renewed = connection.accessToken === token ? await signIn() : answered(null)
  return renewed.kind === 'ok' ? exchange(connection, request) : renewed
}

async function exchange(connection: Connection, request: HttpRequest): Promise<Answer<Json>> {
  let body: string
  try {
    // As text: jsforce would round long numbers, and hides the status of an error it could parse.
    body = await connection.request<string>({ ...request }, { responseType: 'text/plain' })
  } catch (error) {
    return classifyError(error)
  }
  try {
    return answered(body === undefined ? null : parseExact(body))
  } catch {
    return classifyBody(body)
  }
}

function classifyError(error: unknown): Answer<never> {
  if (error instanceof ConnectionLost) return classifyLoss(error.message)
  if (!(error instanceof Error) || !('data' in error)) throw error
  if (error.name === 'MULTIPLE_CHOICES') return classifyResponse(300, '')
  const status = Number(/^ERROR_HTTP_(\d{3})$/.exec(error.name)?.[1])
  return classifyResponse(status, bodyOf(error.data))
}

/** jsforce keeps the body as it came for web pages, and under `message` for the rest. */
function bodyOf(kept: unknown): string {
  if (typeof kept === 'string') return kept
  const message = (kept as { message?: unknown } | null)?.message
  return typeof message === 'string' ? message : ''
}
