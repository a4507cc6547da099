import type { Delivery, Hook, Inbound, InboundRequest } from '../../src/ports/inbound.ts'

export type StripeHookOptions = {
  /** Every secret that is in force, `whsec_…`; two while one is being replaced. */
  readonly secrets: readonly string[]
  /** Whether live money moves here. Events of the other mode are refused. */
  readonly livemode: boolean
  /** The account the endpoint belongs to, `acct_…`. */
  readonly account: string
  readonly toleranceSeconds?: number
}

/** Stripe sends no event this large. */
const mostBytes = 1_048_576

/**
 * Makes the hook of one webhook endpoint: signature over the raw body (docs.stripe.com/webhooks/signature), age within the
 * tolerance in both directions, mode. Snapshot and thin events are both remembered, whatever their type or version. Web Crypto only, so that
 * it runs in a Worker. Throws TypeError without a secret.
 */
export function createStripeHook(options: StripeHookOptions): Hook {
  const { secrets, toleranceSeconds = 300 } = options
  if (secrets.length === 0 || secrets.some((secret) => secret === '')) {
    throw new TypeError('A Stripe webhook endpoint needs its signing secret')
  }
  let keys: Promise<CryptoKey[]> | undefined
  return async (request) => {
    const signed = readHeader(request.headers.get('stripe-signature'))
    if (typeof signed === 'string') return refused('signature-malformed', signed)
    const bytes = new TextEncoder().encode(`${signed.time}.${request.rawBody}`)
    if (bytes.length > mostBytes)
      return { ...refused('body-too-large', 'The body is over 1 MB'), status: 413 }
    keys ??= Promise.all(secrets.map(keyOf))
    if (!(await isSigned(await keys, signed.signatures, bytes))) {
      return refused('signature-mismatch', 'No signature fits the body and a secret of this endpoint')
    }
    const age = Math.abs(request.receivedAt.getTime() / 1_000 - Number(signed.time))
    if (age > toleranceSeconds)
      return refused('stale', `The signature is ${Math.floor(age)} seconds off our clock`)
    return accept(request, options)
  }
}

function keyOf(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
}

type Signed = { readonly time: string; readonly signatures: readonly Uint8Array<ArrayBuffer>[] }

/** Reads `t=<unix seconds>,v1=<hex>[,v1=<hex>]`; answers what is wrong with it instead. */
function readHeader(header: string | null): Signed | string {
  if (header === null) return 'The Stripe-Signature header is missing'
  const parts = header.split(',').map((part) => part.trim().split('='))
  const valuesOf = (name: string) => parts.filter(([key]) => key === name).map(([, value = '']) => value)
  const [time = '', ...others] = valuesOf('t')
  if (!/^\d{1,12}$/.test(time) || others.length > 0) return 'The Stripe-Signature header has no single time'
  const signatures = valuesOf('v1').filter((hex) => /^[0-9a-f]{64}$/i.test(hex))
  if (signatures.length === 0) return 'The Stripe-Signature header has no v1 signature'
  return { time, signatures: signatures.map(fromHex) }
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  )
}

/** Tries every secret on every signature; each comparison takes the same time whatever it finds. */
async function isSigned(
  keys: readonly CryptoKey[],
  signatures: Signed['signatures'],
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const tries = keys.flatMap((key) =>
    signatures.map((signature) => crypto.subtle.verify('HMAC', key, signature, bytes)),
  )
  return (await Promise.all(tries)).includes(true)
}

function accept(request: InboundRequest, { livemode, account }: StripeHookOptions): Inbound {
  const event = eventIn(request.rawBody)
  if (event === null) return refused('body-malformed', 'The body is not a Stripe event')
  if (event.livemode !== livemode) {
    return refused(
      'wrong-mode',
      `A ${event.livemode ? 'live' : 'test'} event came to a ${livemode ? 'live' : 'test'} endpoint`,
    )
  }
  const delivery: Delivery = {
    provider: 'stripe',
    account: event.account ?? account,
    deliveryId: event.id,
    type: event.type,
    occurredAt: event.occurredAt,
    body: request.rawBody,
  }
  const reply = { status: 200, contentType: 'application/json', body: '{"received":true}' }
  return { kind: 'accepted', deliveries: [delivery], reply }
}

type EventHead = {
  readonly id: string
  readonly type: string
  readonly livemode: boolean
  readonly occurredAt: Date
  /** The connected account it came from, when it is not our own. */
  readonly account: string | null
}

/** Snapshot events say when in unix seconds, thin ones in ISO 8601. */
function eventIn(body: string): EventHead | null {
  const event = parsed(body)
  if (event === null) return null
  const { id, type, livemode, created, object, account } = event
  if (object !== 'event' && object !== 'v2.core.event') return null
  if (typeof id !== 'string' || id === '' || typeof type !== 'string' || typeof livemode !== 'boolean')
    return null
  const occurredAt = new Date(typeof created === 'number' ? created * 1_000 : String(created))
  if (Number.isNaN(occurredAt.getTime())) return null
  return { id, type, livemode, occurredAt, account: typeof account === 'string' ? account : null }
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function refused(code: string, detail: string): Extract<Inbound, { kind: 'refused' }> {
  return { kind: 'refused', status: 400, code, detail }
}
