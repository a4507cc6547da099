import NetsuiteRest from 'netsuite-rest'
import type { CallAnswer, CallOptions } from 'netsuite-rest'
import type { NetSuiteRequest, NetSuiteResponse, NetSuiteTransport } from './transport.ts'
import { callTimeoutMilliseconds, netSuiteBaseUrl, networkFailure, realmOf } from './transport.ts'

/**
 * How the hub signs in by token-based authentication (OAuth 1.0 with HMAC-SHA256), for accounts that have not moved to OAuth 2.0 yet.
 * `baseUrl` is for a twin; unset, the account's own host is used.
 */
export type TokenBasedSignIn = {
  readonly accountId: string
  readonly consumerKey: string
  readonly consumerSecret: string
  readonly tokenId: string
  readonly tokenSecret: string
  readonly baseUrl?: string
}

/**
 * Makes a transport over the package netsuite-rest. It opens sockets of its own, so it works over real HTTP only and its signatures
 * carry the machine's time.
 */
export function createTokenBasedTransport(signIn: TokenBasedSignIn): NetSuiteTransport {
  return {
    async request(method, path, request) {
      try {
        const answer = await callerFor(signIn, request).request({
          path,
          method,
          heads: { ...request.headers },
          ...(request.body === undefined ? {} : { body: request.body }),
        })
        return responseOf(answer)
      } catch (error) {
        throw networkFailure(error)
      }
    },
  }
}

/**
 * One caller a request: the package offers no place for options, so they are set where it signs, on the object it is about to hand
 * to got.
 */
function callerFor(signIn: TokenBasedSignIn, request: NetSuiteRequest): NetsuiteRest {
  return new SingleAttempt(
    {
      consumer_key: signIn.consumerKey,
      consumer_secret_key: signIn.consumerSecret,
      token: signIn.tokenId,
      token_secret: signIn.tokenSecret,
      realm: realmOf(signIn.accountId),
      // The package would replace only the first underscore of the account id.
      base_url: signIn.baseUrl ?? netSuiteBaseUrl(signIn.accountId),
    },
    headerOf(request, 'prefer'),
  )
}

class SingleAttempt extends NetsuiteRest {
  readonly #prefer: string | undefined

  constructor(options: ConstructorParameters<typeof NetsuiteRest>[0], prefer: string | undefined) {
    super(options)
    this.#prefer = prefer
  }

  override getAuthorizationHeader(options: CallOptions): { Authorization: string } {
    // A retry of got's would repeat the signature with its nonce; the hub alone decides what is repeated.
    options.retry = 0
    options.timeout = callTimeoutMilliseconds
    options.throwHttpErrors = false
    options.followRedirect = false
    // In place of the package's own hook, which throws when the answer is HTML.
    options.hooks = { beforeRequest: [(call) => this.#setPrefer(call.headers)] }
    return super.getAuthorizationHeader(options)
  }

  /** The package sends `prefer: transient` with every body; only SuiteQL asks for it. */
  #setPrefer(headers: Record<string, string | undefined>): void {
    if (this.#prefer === undefined) delete headers['prefer']
    else headers['prefer'] = this.#prefer
  }
}

function headerOf(request: NetSuiteRequest, name: string): string | undefined {
  return Object.entries(request.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1]
}

function responseOf({ statusCode, headers, body }: CallAnswer): NetSuiteResponse {
  const flat = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(', ')] as const],
  )
  return { status: statusCode, headers: Object.fromEntries(flat), text: body }
}
