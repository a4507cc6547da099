import { type Context, Hono } from 'hono'
import type { Random } from '../../../src/ports/random.ts'
import type { Organization } from './organization.ts'

export type Credentials = { readonly clientId: string; readonly clientSecret: string }

/** Sign-in by client credentials. A token dies two hours after its last use, or when told to. */
export type SignIn = {
  readonly app: Hono
  /** Whether a request carries a living token. */
  accepts(authorization: string | undefined): boolean
  expireTokens(): void
  issued(): number
}

const idleMilliseconds = 2 * 3_600_000

/** Makes the token endpoint. */
export function signInEndpoint(organization: Organization, credentials: Credentials, random: Random): SignIn {
  const expiries = new Map<string, number>()
  let issued = 0
  const renew = (token: string) => expiries.set(token, organization.now().getTime() + idleMilliseconds)
  const app = new Hono().post('/services/oauth2/token', async (c) => {
    const refusal = refusalOf(await givenCredentials(c), credentials)
    if (refusal) return c.json(refusal, 400)
    const token = `${organization.id.slice(0, 15)}!${hex(random.bytes(24))}`
    renew(token)
    issued += 1
    return c.json(tokenAnswer(organization, token, new URL(c.req.url).origin))
  })
  return {
    app,
    issued: () => issued,
    expireTokens: () => expiries.clear(),
    accepts(authorization) {
      const token = /^(?:Bearer|OAuth) (.+)$/.exec(authorization ?? '')?.[1] ?? ''
      const isLiving = (expiries.get(token) ?? 0) > organization.now().getTime()
      if (isLiving) renew(token)
      return isLiving
    },
  }
}

type Given = { readonly grantType: string; readonly clientId: string; readonly clientSecret: string }

/** Takes the client's name and secret from the body or from Basic authentication. */
async function givenCredentials(c: Context): Promise<Given> {
  const form = new URLSearchParams(await c.req.text())
  const basic = /^Basic (.+)$/.exec(c.req.header('authorization') ?? '')?.[1]
  const [name = '', secret = ''] = basic ? atob(basic).split(':') : []
  return {
    grantType: form.get('grant_type') ?? '',
    clientId: form.get('client_id') ?? decodeURIComponent(name),
    clientSecret: form.get('client_secret') ?? decodeURIComponent(secret),
  }
}

function refusalOf(given: Given, { clientId, clientSecret }: Credentials): Record<string, string> | null {
  if (given.grantType !== 'client_credentials')
    return { error: 'unsupported_grant_type', error_description: 'grant type not supported' }
  if (given.clientId !== clientId)
    return { error: 'invalid_client_id', error_description: 'client identifier invalid' }
  if (given.clientSecret !== clientSecret)
    return { error: 'invalid_client', error_description: 'invalid client credentials' }
  return null
}

function tokenAnswer(organization: Organization, token: string, origin: string): Record<string, string> {
  return {
    access_token: token,
    signature: 'c2lnbmF0dXJlIG9mIHRoZSBpZA==',
    scope: 'api',
    instance_url: origin,
    id: `${origin}/id/${organization.id}/${organization.integrationUserId}`,
    token_type: 'Bearer',
    issued_at: String(organization.now().getTime()),
    api_instance_url: origin,
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
