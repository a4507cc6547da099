import * as associations from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import * as objects from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import * as pipelines from '@hubspot/api-client/lib/codegen/crm/pipelines/index.js'
import * as properties from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import type { TimeZone } from '../../src/domain/calendar.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { Reply } from './answers.ts'
import { classifyReply, isReadable } from './answers.ts'

export type ConnectionOptions = {
  readonly accessToken: string
  readonly basePath: string
  readonly transport: Transport
  readonly timeoutMilliseconds: number
  readonly clock: Clock
}

/** Signed-in access to one portal. Every call ends in an answer; none is repeated here. */
export type Connection = {
  readonly records: objects.BatchApi
  readonly record: objects.BasicApi
  readonly search: objects.SearchApi
  readonly associations: associations.BatchApi
  readonly pipelines: pipelines.PipelinesApi
  readonly properties: properties.CoreApi
  readonly clock: Clock
  /** The account's zone, once known: the daily limit ends at its midnight. */
  timeZone: TimeZone | null
  /** Runs one call of the client and classes how it ended. */
  call<T>(perform: () => Promise<T>): Promise<Answer<T>>
  /** Reads a path that the client has no method for. */
  get(path: string): Promise<Answer<unknown>>
}

/** HubSpot answered something that is not a readable success. */
class RefusedReply extends Error {
  readonly reply: Reply
  constructor(reply: Reply) {
    super(`HubSpot answered ${reply.status}`)
    this.reply = reply
  }
}

/** No answer came, or not all of it. */
class LostReply extends Error {}

/**
 * Opens a connection. The client is used API by API: its bundled form keeps one limiter and one retry setting for the whole process,
 * so the last portal opened would decide for all.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const send = sender(options)
  const objectApi = objects.createConfiguration({
    baseServer: new objects.ServerConfiguration(options.basePath, {}),
    httpApi: objects.wrapHttpLibrary({ send }),
    authMethods: signIn(options),
  })
  const connection: Connection = {
    records: new objects.BatchApi(objectApi),
    record: new objects.BasicApi(objectApi),
    search: new objects.SearchApi(objectApi),
    ...otherApis(options, send),
    clock: options.clock,
    timeZone: null,
    call: async (perform) => {
      try {
        return answered(await perform())
      } catch (error) {
        return answerTo(error, { now: options.clock.now(), timeZone: connection.timeZone })
      }
    },
    get: (path) => connection.call(async () => JSON.parse((await exchange(options, path)).body) as unknown),
  }
  return connection
}

type Send = (request: SentRequest) => Promise<objects.ResponseContext>

function otherApis(options: ConnectionOptions, send: Send) {
  const authMethods = signIn(options)
  return {
    associations: new associations.BatchApi(
      associations.createConfiguration({
        baseServer: new associations.ServerConfiguration(options.basePath, {}),
        httpApi: associations.wrapHttpLibrary({ send }),
        authMethods,
      }),
    ),
    pipelines: new pipelines.PipelinesApi(
      pipelines.createConfiguration({
        baseServer: new pipelines.ServerConfiguration(options.basePath, {}),
        httpApi: pipelines.wrapHttpLibrary({ send }),
        authMethods,
      }),
    ),
    properties: new properties.CoreApi(
      properties.createConfiguration({
        baseServer: new properties.ServerConfiguration(options.basePath, {}),
        httpApi: properties.wrapHttpLibrary({ send }),
        authMethods,
      }),
    ),
  }
}

function signIn({ accessToken }: ConnectionOptions) {
  return { oauth2: { accessToken } }
}

/** What the client hands to its HTTP library. */
type SentRequest = {
  getUrl(): string
  getHttpMethod(): string
  getHeaders(): Record<string, string>
  getBody(): unknown
}

function sender(options: ConnectionOptions): Send {
  return async (request) => {
    const body = request.getBody()
    const reply = await exchangeAt(options, request.getUrl(), {
      method: request.getHttpMethod(),
      headers: request.getHeaders(),
      ...(typeof body === 'string' ? { body } : {}),
    })
    return new objects.ResponseContext(reply.status, reply.headers, {
      text: () => Promise.resolve(reply.body),
      binary: () => Promise.resolve(Buffer.from(reply.body)),
    })
  }
}

function exchange(options: ConnectionOptions, path: string): Promise<Reply> {
  const headers = { authorization: `Bearer ${options.accessToken}`, accept: 'application/json' }
  return exchangeAt(options, `${options.basePath}${path}`, { method: 'GET', headers })
}

/** One request and its whole answer. Throws `LostReply` without one, `RefusedReply` unless it is a readable success. */
async function exchangeAt(options: ConnectionOptions, url: string, init: RequestInit): Promise<Reply> {
  const reply = await wholeReply(options, url, init).catch((error: unknown) => {
    throw new LostReply(reasonOf(error))
  })
  if (!isReadable(reply)) throw new RefusedReply(reply)
  return reply
}

async function wholeReply(options: ConnectionOptions, url: string, init: RequestInit): Promise<Reply> {
  const signal = AbortSignal.timeout(options.timeoutMilliseconds)
  const response = await options.transport(url, { ...init, redirect: 'manual', signal })
  const body = await response.text()
  return { status: response.status, headers: Object.fromEntries(response.headers), body }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed'
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

/** What was thrown while the client ran: by us with the reason, or by the client at a body of another shape. */
function answerTo(error: unknown, context: { now: Date; timeZone: TimeZone | null }): Answer<never> {
  if (error instanceof RefusedReply) return classifyReply(error.reply, context)
  if (error instanceof LostReply)
    return { kind: 'transient', detail: `No answer from HubSpot: ${error.message}` }
  return { kind: 'broken', detail: `HubSpot's answer has another shape: ${reasonOf(error)}` }
}
