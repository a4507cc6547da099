import type { Context } from 'hono'
import { decodeProtectedHeader, importSPKI, jwtVerify } from 'jose'
import type { Random } from '../../../src/ports/random.ts'
import type { Reply } from './reply.ts'
import { unauthorizedReply } from './reply.ts'
import type { NetSuiteState } from './state.ts'
import { isSigned } from './token-signature.ts'
import type { TokenCredentials } from './token-signature.ts'

/** A certificate that someone uploaded for an integration, user and role. */
export type Certificate = {
  readonly certificateId: string
  readonly clientId: string
  readonly publicKeyPem: string
  readonly expiresAt: Date
}

/** Who may sign in, and the tokens that are out. */
export interface SignInDesk {
  registerCertificate(certificate: Certificate): void
  registerToken(credentials: TokenCredentials): void
  /** Answers `POST auth/oauth2/v1/token`. */
  issueToken(form: URLSearchParams, tokenUrl: string): Promise<Reply>
  /** Null when the request is signed in, else the 401. */
  refusalOf(c: Context): Reply | null
  /** Ends every token at once, as a revoked certificate would. */
  expireTokens(): void
  /** How many tokens were handed out. */
  issued(): number
}

const tokenSeconds = 3600
const algorithms = ['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']

/** Makes the desk of an account. */
export function signInDesk(state: NetSuiteState, random: Random): SignInDesk {
  const certificates = new Map<string, Certificate>()
  const credentials = new Map<string, TokenCredentials>()
  const tokens = new Map<string, number>()
  const usedNonces = new Set<string>()
  let issued = 0

  async function issueToken(form: URLSearchParams, tokenUrl: string): Promise<Reply> {
    if (form.get('grant_type') !== 'client_credentials') return tokenRefusal('unsupported_grant_type')
    if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      return tokenRefusal('invalid_request')
    const fault = await assertionFault(
      form.get('client_assertion') ?? '',
      certificates,
      tokenUrl,
      state.now(),
    )
    if (fault !== null) return tokenRefusal(fault)
    const token = Buffer.from(random.bytes(24)).toString('base64url')
    tokens.set(token, state.now().getTime() + tokenSeconds * 1000)
    issued += 1
    const expiresIn = state.settings.expiresInAs === 'text' ? String(tokenSeconds) : tokenSeconds
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { access_token: token, expires_in: expiresIn, token_type: 'Bearer' },
    }
  }

  function refusalOf(c: Context): Reply | null {
    const header = c.req.header('authorization') ?? ''
    if (header.startsWith('OAuth ')) {
      const isGood = isSigned(
        header,
        c.req.method,
        c.req.url,
        state.settings.accountId,
        credentials,
        usedNonces,
      )
      return isGood ? null : unauthorizedReply(state.settings.accountId, 'OAuth')
    }
    const endsAt = tokens.get(header.replace(/^Bearer /, '')) ?? 0
    return state.now().getTime() < endsAt ? null : unauthorizedReply(state.settings.accountId, 'Bearer')
  }

  return {
    registerCertificate: (certificate) => void certificates.set(certificate.certificateId, certificate),
    registerToken: (registered) => void credentials.set(registered.tokenId, registered),
    issueToken,
    refusalOf,
    expireTokens: () => tokens.clear(),
    issued: () => issued,
  }
}

/** What is wrong with a signed assertion: algorithm, certificate, signature, audience or lifetime. */
async function assertionFault(
  assertion: string,
  certificates: ReadonlyMap<string, Certificate>,
  tokenUrl: string,
  now: Date,
): Promise<string | null> {
  const header = headerOf(assertion)
  // RS256 and every other scheme outside the list are refused (help section_162755359851).
  if (header?.alg === undefined || !algorithms.includes(header.alg)) return 'invalid_request'
  const certificate = certificates.get(header.kid ?? '')
  if (certificate === undefined || certificate.expiresAt <= now) return 'invalid_client'
  try {
    const key = await importSPKI(certificate.publicKeyPem, header.alg)
    const { payload } = await jwtVerify(assertion, key, {
      algorithms,
      audience: tokenUrl,
      issuer: certificate.clientId,
      currentDate: now,
      requiredClaims: ['iat', 'exp', 'scope'],
    })
    return (payload.exp ?? 0) - (payload.iat ?? 0) > tokenSeconds ? 'invalid_grant' : null
  } catch {
    return 'invalid_grant'
  }
}

function headerOf(assertion: string): { alg?: string | undefined; kid?: string | undefined } | null {
  try {
    return decodeProtectedHeader(assertion)
  } catch {
    return null
  }
}

function tokenRefusal(error: string): Reply {
  return { status: 400, headers: { 'content-type': 'application/json' }, body: { error } }
}
