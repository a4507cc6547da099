import { importPKCS8, SignJWT } from 'jose'
import { createNetSuiteFake } from '../../connectors/netsuite/fake.ts'
import type { NetSuiteFake } from '../../connectors/netsuite/fake.ts'
import type { VirtualClock } from '../../src/ports/clock.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { inProcess, shippedBooks } from './netsuite-world.ts'

export const address = 'http://twin.test'
export const tokenUrl = `${address}/services/rest/auth/oauth2/v1/token`

/** An answer of the twin, read. */
export type Called = {
  readonly status: number
  readonly headers: Headers
  readonly json: Record<string, unknown> | null
  readonly text: string
}

/** What an assertion says, where it differs from a good one. */
export type Assertion = {
  alg?: string
  kid?: string
  exp?: number
  iat?: number
  aud?: string
  key?: CryptoKey
}

/** A signed-in caller of a fresh twin, without the connector in between. */
export type NetSuiteClient = {
  readonly fake: NetSuiteFake
  readonly clock: VirtualClock
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Called>
  /** Posts a journal. */
  post(body: unknown, headers?: Record<string, string>): Promise<Called>
  /** Asks for a token with an assertion; answers the status and the body. */
  signIn(change: Assertion): Promise<readonly [number, Record<string, unknown>]>
}

export async function netSuiteClient(
  settings: NonNullable<Parameters<typeof createNetSuiteFake>[0]['settings']> = {},
): Promise<NetSuiteClient> {
  const clock = virtualClock(new Date('2026-11-30T12:00:00Z'))
  const fake = createNetSuiteFake({ clock, random: seededRandom(7), settings })
  fake.demoAccount(shippedBooks(), { first: '2026-01', last: '2026-12' })
  const signIn = async (change: Assertion) => askForToken(fake, await assertion(fake, clock, change))
  const [, { access_token: token }] = await signIn({})

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await inProcess(fake)(`${address}/services/rest/${path}`, {
      method,
      headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const json = (text === '' ? null : JSON.parse(text)) as Record<string, unknown> | null
    return { status: answer.status, headers: answer.headers, json, text }
  }

  return {
    fake,
    clock,
    call,
    post: (body, headers = {}) => call('POST', 'record/v1/journalEntry', body, headers),
    signIn,
  }
}

async function assertion(
  fake: NetSuiteFake,
  clock: VirtualClock,
  { alg = 'ES256', kid, exp, iat, aud = tokenUrl, key }: Assertion,
): Promise<string> {
  const { oauth2 } = fake.signIn()
  const now = Math.floor(clock.now().getTime() / 1000)
  return new SignJWT({ scope: ['rest_webservices'] })
    .setProtectedHeader({ typ: 'JWT', alg, kid: kid ?? oauth2.certificateId })
    .setIssuer(oauth2.clientId)
    .setAudience(aud)
    .setIssuedAt(iat ?? now)
    .setExpirationTime(exp ?? now + 300)
    .sign(key ?? (await importPKCS8(oauth2.privateKeyPem, alg)))
}

async function askForToken(fake: NetSuiteFake, clientAssertion: string) {
  const answer = await inProcess(fake)(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion,
    }),
  })
  return [answer.status, (await answer.json()) as Record<string, unknown>] as const
}

/** The first error's text. */
export function detailOf({ json }: Called): string {
  const [detail] = (json?.['o:errorDetails'] ?? []) as { detail: string }[]
  return detail?.detail ?? ''
}

/** The status and the first error's code. */
export function errorOf({ status, json }: Called): readonly [number, string] {
  const [detail] = (json?.['o:errorDetails'] ?? []) as { 'o:errorCode': string }[]
  return [status, detail?.['o:errorCode'] ?? '']
}

/** A journal over 100.10 dollars as a client writes it. */
export const journal = {
  externalId: 'je-1',
  subsidiary: { id: '1' },
  currency: { id: '1' },
  tranDate: '2026-11-30',
  line: {
    items: [
      { account: { id: '100' }, debit: 100.1 },
      { account: { id: '401' }, credit: 100.1 },
    ],
  },
}

/** The same journal with other lines. */
export function withLines(...items: unknown[]) {
  return { ...journal, line: { items } }
}
