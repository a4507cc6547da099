import { z } from 'zod'
import type { Delivery, Hook, Inbound, InboundRequest } from '../../src/ports/inbound.ts'

export type HubSpotHookOptions = {
  /** Every client secret that is valid now; several while one is being replaced. */
  readonly clientSecrets: readonly string[]
  /** The address as HubSpot calls it: scheme, host, path and query. */
  readonly publicUrl: string
  readonly portalId: string
}

/** How far the signed time may lie from ours, either way. */
const toleranceMilliseconds = 300_000

const mostEvents = 1000

/**
 * Verifies and reads HubSpot's webhooks: signature v3 over the public address and the bytes as they came. Uses Web Crypto only, so
 * that it runs in a Worker. Source: HubSpot's "Validating requests".
 */
export function createHubSpotHook(options: HubSpotHookOptions): Hook {
  const signedUrl = decodedForSigning(options.publicUrl)
  return async (request) => {
    const timestamp = request.headers.get('x-hubspot-request-timestamp') ?? ''
    const signature = request.headers.get('x-hubspot-signature-v3')
    if (signature === null || !/^\d{1,15}$/.test(timestamp))
      return refuse('unsigned', 'The v3 signature or its time is missing')
    const signed = `${request.method}${signedUrl}${request.rawBody}${timestamp}`
    if (!(await isSignedByOneOf(options.clientSecrets, signature, signed)))
      return refuse('bad-signature', 'The signature does not fit this address, body and secret')
    const age = request.receivedAt.getTime() - Number(timestamp)
    if (Math.abs(age) > toleranceMilliseconds)
      return refuse('stale', 'The signed time is more than five minutes from ours')
    return read(request, new Date(Number(timestamp)), options.portalId)
  }
}

function refuse(code: string, detail: string, status: 400 | 413 = 400): Inbound {
  return { kind: 'refused', status, code, detail }
}

const escapesDecoded = new Map([
  ['%3A', ':'],
  ['%2F', '/'],
  ['%3F', '?'],
  ['%40', '@'],
  ['%21', '!'],
  ['%24', '$'],
  ['%27', "'"],
  ['%28', '('],
  ['%29', ')'],
  ['%2A', '*'],
  ['%2C', ','],
  ['%3B', ';'],
])

/** The address as HubSpot signs it: these twelve escapes are signed decoded, all others as they stand. */
export function decodedForSigning(url: string): string {
  return url.replace(/%[0-9a-f]{2}/gi, (escape) => escapesDecoded.get(escape.toUpperCase()) ?? escape)
}

/** Every secret is tried; the comparison takes the same time wherever the first difference lies. */
async function isSignedByOneOf(
  secrets: readonly string[],
  signature: string,
  text: string,
): Promise<boolean> {
  const given = bytesOfBase64(signature)
  if (given === null) return false
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const fits = await Promise.all(
    secrets.map(async (secret) => {
      const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['verify'])
      return crypto.subtle.verify('HMAC', key, given, encoder.encode(text))
    }),
  )
  return fits.includes(true)
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

const event = z.looseObject({
  eventId: z.int(),
  subscriptionId: z.int(),
  portalId: z.int(),
  occurredAt: z.int().min(0).max(8.64e15),
  subscriptionType: z.string().min(1).max(100),
  objectId: z.int().optional(),
  objectTypeId: z.string().optional(),
  propertyName: z.string().optional(),
  primaryObjectId: z.int().optional(),
  associationType: z.string().optional(),
  fromObjectId: z.int().optional(),
  toObjectId: z.int().optional(),
})

type WebhookEvent = z.infer<typeof event>

const dealTypeId = '0-3'

async function read(request: InboundRequest, signedAt: Date, portalId: string): Promise<Inbound> {
  const items = parsed(request.rawBody)
  if (!Array.isArray(items)) return refuse('not-an-array', 'The body is not a JSON array of events')
  if (items.length > mostEvents) return refuse('too-many-events', `At most ${mostEvents} events at once`, 413)
  const deliveries = await Promise.all(items.map((item: unknown) => deliveryOf(item, signedAt, portalId)))
  const reply = {
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({ events: items.length }),
  }
  return { kind: 'accepted', deliveries, reply }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/**
 * One message for each event. One that cannot be used is kept too, as `malformed`, so that a person sees it: a refusal of the whole
 * delivery would lose the good ones, because HubSpot does not try a 4xx again.
 */
async function deliveryOf(item: unknown, signedAt: Date, portalId: string): Promise<Delivery> {
  const checked = event.safeParse(item)
  if (!checked.success) return malformed(item, z.prettifyError(checked.error), signedAt, portalId)
  if (String(checked.data.portalId) !== portalId)
    return malformed(item, `The event is of portal ${checked.data.portalId}`, signedAt, portalId)
  return {
    provider: 'hubspot',
    account: portalId,
    deliveryId: deliveryIdOf(checked.data),
    type: checked.data.subscriptionType,
    occurredAt: new Date(checked.data.occurredAt),
    body: JSON.stringify(withoutAttempt(item as object)),
    ...dealNamedBy(checked.data),
  }
}

/**
 * The deal to read. A merge names the deal it began with, which answers as the one it became; an association that comes or goes names
 * the deal at either end, also when a line item is deleted.
 */
function dealNamedBy(known: WebhookEvent): { dealId?: string } {
  const isOfDeal = known.subscriptionType.startsWith('deal.') || known.objectTypeId === dealTypeId
  if (!isOfDeal) return {}
  const { associationType = '', fromObjectId, toObjectId, primaryObjectId, objectId } = known
  const end = associationType.endsWith('_TO_DEAL') ? toObjectId : fromObjectId
  const dealId = associationType === '' ? (primaryObjectId ?? objectId) : end
  return dealId === undefined ? {} : { dealId: String(dealId) }
}

/** An event id alone may recur, so what happened to what is part of the identity. */
function deliveryIdOf(known: WebhookEvent): string {
  const { subscriptionId, objectId = '', propertyName = '', occurredAt, eventId } = known
  return [known.portalId, subscriptionId, objectId, propertyName, occurredAt, eventId].join('-')
}

/** The count of tries is of the delivery, not of the event: left in, each retry would look like another body. */
function withoutAttempt(item: object): object {
  const { attemptNumber: _attemptNumber, ...rest } = item as { attemptNumber?: unknown }
  return rest
}

async function malformed(item: unknown, reason: string, signedAt: Date, portalId: string): Promise<Delivery> {
  const kept = typeof item === 'object' && item !== null && !Array.isArray(item) ? withoutAttempt(item) : item
  const text = JSON.stringify(kept)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return {
    provider: 'hubspot',
    account: portalId,
    deliveryId: `malformed-${hash}`,
    type: 'malformed',
    occurredAt: signedAt,
    body: JSON.stringify({ reason, item: kept }),
  }
}
