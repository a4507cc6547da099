import type { KeyObject } from 'node:crypto'
import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import * as z from 'zod'
import type { Clock } from '../../src/ports/clock.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { NetSuiteRequest, NetSuiteResponse, NetSuiteTransport } from './transport.ts'
import { callTimeoutMilliseconds, netSuiteBaseUrl, networkFailure, NotSentError } from './transport.ts'

/**
 * How the hub signs in by OAuth 2.0 client credentials. `certificateId` is the id NetSuite gave the uploaded certificate,
 * `privateKeyPem` its key. `baseUrl` is for a twin; unset, the account's own host is used.
 */
export type OAuth2SignIn = {
  readonly accountId: string
  readonly clientId: string
  readonly certificateId: string
  readonly privateKeyPem: string
  readonly algorithm: 'ES256' | 'PS256'
  readonly baseUrl?: string
}

type Token = { readonly value: string; readonly expiresAt: number }
type SignedIn =
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'refused'; readonly response: NetSuiteResponse }

// NetSuite refuses an assertion that lives longer than 60 minutes; ours is used at once.
const assertionSeconds = 300
/** A token is renewed this long before it ends, so that no call starts with a dying one. */
const renewBeforeMilliseconds = 120_000

const TokenAnswer = z.object({
  access_token: z.string().min(1),
  // Documented as text; a number is accepted because other pages show one.
  expires_in: z.union([z.string().regex(/^\d+$/), z.int()]).transform(Number),
})

/**
 * Makes a transport that signs in with a signed JWT (OAuth 2.0 client credentials, SuiteTalk help section_162755359851), keeps the
 * token until shortly before its end, and signs in once more when NetSuite answers 401. Throws TypeError when the private key cannot be read
 * or does not fit the algorithm.
 */
export function createOAuth2Transport(
  signIn: OAuth2SignIn,
  { clock, transport }: { readonly clock: Clock; readonly transport: Transport },
): NetSuiteTransport {
  const key = signingKey(signIn)
  const baseUrl = `${signIn.baseUrl ?? netSuiteBaseUrl(signIn.accountId)}/services/rest`
  const session = tokenSession(
    () => askForToken(signIn, key, `${baseUrl}/auth/oauth2/v1/token`, clock, transport),
    clock,
  )

  async function attempt(method: string, path: string, request: NetSuiteRequest, token: Token) {
    const response = await send(transport, `${baseUrl}/${path}`, {
      method,
      headers: { ...request.headers, authorization: `Bearer ${token.value}` },
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    return read(response)
  }

  return {
    async request(method, path, request) {
      const first = await session.current()
      if (first.kind === 'refused') return first.response
      const response = await attempt(method, path, request, first.token)
      if (response.status !== 401) return response
      // A 401 is answered before any work is done, so repeating is safe for writes too.
      session.drop(first.token)
      const second = await session.current()
      return second.kind === 'refused' ? second.response : attempt(method, path, request, second.token)
    },
  }
}

/** Keeps one token; callers that come while one is being fetched wait for the same answer. */
function tokenSession(ask: () => Promise<SignedIn>, clock: Clock) {
  let held: Token | null = null
  let asking: Promise<SignedIn> | null = null

  async function renew(): Promise<SignedIn> {
    try {
      const answer = await ask()
      held = answer.kind === 'token' ? answer.token : null
      return answer
    } finally {
      asking = null
    }
  }

  return {
    async current(): Promise<SignedIn> {
      if (held !== null && clock.now().getTime() < held.expiresAt - renewBeforeMilliseconds)
        return { kind: 'token', token: held }
      asking ??= renew()
      return asking
    },
    drop(token: Token): void {
      if (held?.value === token.value) held = null
    },
  }
}

async function askForToken(
  signIn: OAuth2SignIn,
  key: KeyObject,
  tokenUrl: string,
  clock: Clock,
  transport: Transport,
): Promise<SignedIn> {
  const askedAt = clock.now().getTime()
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signAssertion(signIn, key, tokenUrl, Math.floor(askedAt / 1000)),
  })
  const response = await signInAnswer(transport, tokenUrl, body)
  if (response.status >= 400) return { kind: 'refused', response: asRefusal(response) }
  const answer = TokenAnswer.safeParse(parsed(response.text))
  if (!answer.success) throw new NotSentError('NetSuite answered the sign-in without a token')
  return {
    kind: 'token',
    token: { value: answer.data.access_token, expiresAt: askedAt + answer.data.expires_in * 1000 },
  }
}

function signingKey({ privateKeyPem, algorithm }: OAuth2SignIn): KeyObject {
  const needed = algorithm === 'ES256' ? 'ec' : 'rsa'
  const key = readKey(privateKeyPem)
  if (key.asymmetricKeyType !== needed)
    throw new TypeError(
      `${algorithm} needs a private key of the type ${needed}, not ${key.asymmetricKeyType}`,
    )
  return key
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw new TypeError("NetSuite's private key is not a PEM that can be read", { cause: error })
  }
}

function signAssertion(
  signIn: OAuth2SignIn,
  key: KeyObject,
  audience: string,
  issuedAt: number,
): Promise<string> {
  return new SignJWT({ scope: ['rest_webservices'] })
    .setProtectedHeader({ typ: 'JWT', alg: signIn.algorithm, kid: signIn.certificateId })
    .setIssuer(signIn.clientId)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + assertionSeconds)
    .sign(key)
}

/** Asks for a token. Trouble on the way there says nothing about the call behind it, except that it was not made. */
async function signInAnswer(
  transport: Transport,
  tokenUrl: string,
  body: URLSearchParams,
): Promise<NetSuiteResponse> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const response = await send(transport, tokenUrl, { method: 'POST', headers, body: body.toString() })
    .then(read)
    .catch((error: unknown) => {
      throw new NotSentError('NetSuite did not answer the sign-in', { cause: error })
    })
  if (response.status >= 500) throw new NotSentError(`NetSuite answered the sign-in with ${response.status}`)
  return response
}

/** However the token endpoint words its no, for the caller it is a 401; a throttled sign-in stays a 429. */
function asRefusal(response: NetSuiteResponse): NetSuiteResponse {
  return response.status === 429 ? response : { ...response, status: 401 }
}

async function send(transport: Transport, url: string, init: RequestInit): Promise<Response> {
  try {
    return await transport(url, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(callTimeoutMilliseconds),
    })
  } catch (error) {
    throw networkFailure(error)
  }
}

async function read(response: Response): Promise<NetSuiteResponse> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
