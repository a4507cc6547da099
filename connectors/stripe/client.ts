import { Stripe } from 'stripe'
import type { Clock } from '../../src/ports/clock.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { Pace } from './pace.ts'
import { defaultPace, paced } from './pace.ts'

export type ClientOptions = {
  readonly secretKey: string
  readonly clock: Clock
  readonly transport: Transport
  /** Where the API is served; Stripe's own unless a twin stands in. */
  readonly baseUrl?: string
  readonly timeoutMilliseconds?: number
  /** What of the default pace the account is granted otherwise. */
  readonly pace?: Partial<Pace>
}

/** The version of the API we speak: the one the SDK is written for. */
export const apiVersion = Stripe.API_VERSION

/** An answer that is not JSON reaches the SDK as an error of this type, so that its status is not lost. */
export const unreadableType = 'tieout_unreadable_body'

/** The connection was refused or the host not found: nothing was sent. */
export class RequestNotSent extends Error {}

/**
 * Makes Stripe's client over our transport. It never repeats a request by itself: whether to ask again is decided where the
 * operation is recorded.
 */
export function openClient(options: ClientOptions): Stripe {
  const url = new URL(options.baseUrl ?? 'https://api.stripe.com')
  return new Stripe(options.secretKey, {
    apiVersion,
    httpClient: Stripe.createFetchHttpClient(readable(options)),
    maxNetworkRetries: 0,
    timeout: options.timeoutMilliseconds ?? 30_000,
    telemetry: false,
    host: url.hostname,
    port: url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : url.port,
    protocol: url.protocol === 'http:' ? 'http' : 'https',
  })
}

/**
 * Paces requests, and reads bodies whole before the SDK sees them. Errors lose their code on the way: the SDK repeats a reset connection
 * once even when it is told never to, and knows it by that code.
 */
function readable({ secretKey, clock, transport, pace }: ClientOptions): typeof fetch {
  const gate = paced({ ...defaultPace(secretKey), ...pace }, clock)
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    await gate(init?.method ?? 'GET', url.pathname)
    try {
      const response = await transport(url, init)
      const { status, headers } = response
      const body = await response.text()
      return new Response(isObject(body) ? body : unreadable(body), { status, headers: plain(headers) })
    } catch (error) {
      throw withoutCode(error)
    }
  }
}

function plain(headers: Headers): Headers {
  const kept = new Headers(headers)
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) kept.delete(name)
  return kept
}

function isObject(body: string): boolean {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null
  } catch {
    return false
  }
}

function unreadable(body: string): string {
  const message = `Stripe's answer is not JSON: ${body.slice(0, 80).replace(/\s+/g, ' ')}`
  return JSON.stringify({ error: { type: unreadableType, message } })
}

const notSentCodes = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]

function withoutCode(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error)
  return codesOf(error).some((code) => notSentCodes.includes(code))
    ? new RequestNotSent(message)
    : new Error(message)
}

function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : []
  return [...code, ...codesOf(error.cause)]
}
