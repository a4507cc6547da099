import * as z from 'zod'
import { readEvent } from '../../src/domain/event-reading.ts'
import { parseExactJson } from '../../src/domain/exact-json.ts'
import type { TrackedMeanings } from '../../src/domain/tracked-event.ts'
import { usageOfTracked } from '../../src/domain/tracked-event.ts'
import type { Delivery, Hook, Inbound } from '../../src/ports/inbound.ts'
import { isSignedByOneOf } from './inbound-signature.ts'

export type SegmentHookOptions = {
  /** Every shared secret that is valid now; several while one is being replaced. */
  readonly secrets: readonly string[]
  /** Names the source at Segment: its usage counts under `segment:<connection>`. */
  readonly connection: string
  readonly meanings: TrackedMeanings
}

const call = z.looseObject({
  type: z.string().regex(/^\w{1,100}$/),
  // What the database would not take as a key must not come back for ever.
  messageId: z.string().regex(/^\P{Cc}{1,512}$/u),
  event: z.string().optional(),
  userId: z.unknown().optional(),
  context: z.looseObject({ groupId: z.unknown().optional() }).optional().catch(undefined),
  properties: z.record(z.string(), z.unknown()).optional().catch(undefined),
  timestamp: z.string().optional(),
})

type Call = z.infer<typeof call>

/**
 * Verifies and reads the calls that a webhook destination of Segment forwards: the HMAC in `x-signature` over the bytes as they came. A
 * tracked event that means usage is usage; every other call is remembered with the reason why it is none. Uses Web Crypto only, so that it
 * runs in a Worker. Source: Segment's "Webhooks (Actions) Destination",
 * https://www.twilio.com/docs/segment/connections/destinations/catalog/actions-webhook.
 */
export function createSegmentHook(options: SegmentHookOptions): Hook {
  return async ({ headers, rawBody, receivedAt }) => {
    const signature = headers.get('x-signature')
    if (signature === null) return refuse('unsigned', 'The header x-signature is missing')
    if (!(await isSignedByOneOf(options.secrets, signature, rawBody)))
      return refuse('bad-signature', 'The signature does not fit this body and secret')
    const document = parsed(rawBody)
    if (Array.isArray(document)) return refuse('batched', batched)
    if (typeof document !== 'object' || document === null)
      return refuse('not-an-object', 'The body is not one call as JSON')
    return taken(document, receivedAt, options)
  }
}

/** Segment signs only the first call of a batch, so the others might be anybody's (Twilio support, article 51193799782171). */
const batched =
  'A batch is signed for its first call only. Turn batching off in the mapping of the destination'

function refuse(code: string, detail: string): Inbound {
  return { kind: 'refused', status: 400, code, detail }
}

function parsed(body: string): unknown {
  try {
    return parseExactJson(body)
  } catch {
    return undefined
  }
}

async function taken(document: object, receivedAt: Date, options: SegmentHookOptions): Promise<Inbound> {
  const { connection, meanings } = options
  const checked = call.safeParse(document)
  if (!checked.success) {
    const why = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' ')
    return refusedUse(document, { code: 'unreadable-call', why }, receivedAt, connection)
  }
  const meaning = checked.data.type === 'track' ? meanings.get(checked.data.event ?? '') : undefined
  if (meaning === undefined) return ignored(checked.data, receivedAt, connection)
  const event = usageOfTracked(trackedBy(checked.data), meaning, `segment:${connection}`)
  const reading = readEvent(event, receivedAt)
  if (reading.kind === 'sound') return accepted({ usage: 1 }, [], [reading.event])
  const why = reading.faults.map(({ pointer, message }) => `${pointer}: ${message}`).join(' ')
  return refusedUse(document, { code: 'invalid-event', why }, receivedAt, connection)
}

function trackedBy({ messageId, timestamp, userId, context, properties = {} }: Call) {
  return { id: messageId, time: timestamp, user: userId, group: context?.groupId, properties }
}

/** What a person wrote about themselves in such a call is none of our business, so it is not kept. */
function ignored(known: Call, receivedAt: Date, connection: string): Inbound {
  const { type, event, messageId, timestamp } = known
  const reason =
    type === 'track'
      ? `no usage is declared for the event ${JSON.stringify((event ?? '').slice(0, 200))}`
      : `${type} is no usage`
  const delivery: Delivery = {
    provider: 'segment',
    account: connection,
    deliveryId: messageId,
    type,
    occurredAt: instantOf(timestamp, receivedAt),
    body: JSON.stringify({ type, event }),
    ignoredBecause: reason,
  }
  return accepted({ ignored: reason }, [delivery], [])
}

function instantOf(timestamp: string | undefined, receivedAt: Date): Date {
  const instant = new Date(timestamp ?? '')
  const year = instant.getUTCFullYear()
  return year >= 1970 && year < 10_000 ? instant : receivedAt
}

/** Kept for a person to see, and not refused: Segment does not send again what it was refused, and the use would be lost. */
async function refusedUse(
  document: object,
  refusedUsage: { readonly code: string; readonly why: string },
  receivedAt: Date,
  connection: string,
): Promise<Inbound> {
  const text = JSON.stringify(document)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const delivery: Delivery = {
    provider: 'segment',
    account: connection,
    deliveryId: `malformed-${hash}`,
    type: 'malformed',
    occurredAt: receivedAt,
    body: text,
    refusedUsage,
  }
  return accepted({ refused: refusedUsage.why }, [delivery], [])
}

function accepted(
  told: object,
  deliveries: readonly Delivery[],
  usage: Extract<Inbound, { kind: 'accepted' }>['usage'] & object,
): Inbound {
  const reply = { status: 200, contentType: 'application/json', body: JSON.stringify(told) }
  return { kind: 'accepted', deliveries, usage, reply }
}
