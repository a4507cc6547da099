import type { Delivery, Hook, Inbound, InboundRequest } from '../../src/ports/inbound.ts'
import { isFresh, parseSignature, signatureFits } from './flow-signature.ts'
import { type OutboundNotification, parseOutboundMessage } from './outbound-message.ts'
import { isRecordId, widenId } from './record-id.ts'

/** A body larger than this is refused before it is parsed. */
const longestBody = 1_048_576

/** The answer Salesforce takes as "done"; anything else makes it send again. */
const acknowledgement =
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>' +
  '</soapenv:Body></soapenv:Envelope>'

/** What a delivery's body holds, as JSON: what the message itself said of the deal, for people who look into it. */
export type SalesforceDeliveryBody = {
  /** Null when the record was deleted before the message left, or is not a deal. */
  readonly dealId: string | null
  readonly organizationId: string
  readonly fields: Readonly<Record<string, string>>
}

/**
 * Makes the hook for SOAP outbound messages. They carry no signature: the organisation id must be ours, and the endpoint belongs behind
 * mutual TLS or Salesforce's address list. Each notification is its own delivery under its own id, which stays the same when
 * Salesforce sends it again.
 */
export function createSalesforceOutboundMessageHook(options: { readonly organizationId: string }): Hook {
  const organizationId = widenId(options.organizationId)
  return (request) => Promise.resolve(readOutboundMessage(request, organizationId))
}

function readOutboundMessage(request: InboundRequest, organizationId: string): Inbound {
  if (tooLong(request.rawBody)) return refusal(413, 'body-too-long', 'The message is longer than 1 MiB')
  const message = parseOutboundMessage(request.rawBody)
  if (!message.ok) return refusal(400, 'malformed-message', message.error)
  if (widenId(message.value.organizationId) !== organizationId) return unknownOrganization()
  if (message.value.notifications.length > 100)
    return refusal(413, 'too-many-notifications', 'A message holds at most 100 notifications')
  const deliveries = message.value.notifications.map((notification) =>
    deliveryOf(notification, organizationId, request.receivedAt),
  )
  const reply = { status: 200, contentType: 'text/xml; charset=utf-8', body: acknowledgement }
  return { kind: 'accepted', deliveries, reply }
}

function deliveryOf(notification: OutboundNotification, organizationId: string, receivedAt: Date): Delivery {
  const { notificationId, objectType, fields } = notification
  const id = fields['Id']
  const dealId = objectType === 'Opportunity' && id !== undefined && isRecordId(id) ? widenId(id) : null
  const body: SalesforceDeliveryBody = { dealId, organizationId, fields }
  return {
    provider: 'salesforce',
    account: organizationId,
    deliveryId: notificationId,
    type: `${(objectType ?? 'record').toLowerCase()}.changed`,
    occurredAt: instantOf(fields['SystemModstamp'] ?? fields['LastModifiedDate'], receivedAt),
    body: JSON.stringify(body),
    ...(dealId === null ? {} : { dealId }),
  }
}

function instantOf(text: string | undefined, otherwise: Date): Date {
  const instant = new Date(Date.parse(text ?? ''))
  return Number.isNaN(instant.getTime()) ? otherwise : instant
}

/**
 * Makes the hook a Flow calls with JSON, signed `X-Tieout-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t.body)>`.
 * Any active secret will do; a signature older or newer than 300 seconds will not.
 */
export function createSalesforceFlowHook(options: {
  readonly secrets: readonly string[]
  readonly organizationId: string
}): Hook {
  const organizationId = widenId(options.organizationId)
  return async (request) => {
    if (tooLong(request.rawBody)) return refusal(413, 'body-too-long', 'The message is longer than 1 MiB')
    const signature = parseSignature(request.headers.get('x-tieout-signature'))
    if (signature === null || !(await signatureFits(signature, options.secrets, request.rawBody)))
      return refusal(400, 'signature', 'The signature is missing, malformed or wrong')
    if (!isFresh(signature, request.receivedAt))
      return refusal(400, 'stale', 'The signature is more than 300 seconds old, or from the future')
    return readFlowCall(request.rawBody, organizationId, new Date(signature.seconds * 1000))
  }
}

function readFlowCall(rawBody: string, organizationId: string, occurredAt: Date): Inbound {
  const call = parsedObject(rawBody)
  if (call === null) return refusal(400, 'malformed-message', 'The body is not a JSON object')
  if (typeof call['organizationId'] !== 'string' || widenId(call['organizationId']) !== organizationId)
    return unknownOrganization()
  const { eventId } = call
  if (typeof eventId !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(eventId))
    return refusal(400, 'event-id', 'eventId must be a text of 1 to 200 printable characters')
  const dealIds = dealIdsOf(call)
  if (dealIds === null)
    return refusal(400, 'deal-ids', 'Give dealId, or deals as a list of {id}, with 1 to 1,000 Salesforce ids')
  const deliveries = dealIds.map((dealId): Delivery => {
    const body: SalesforceDeliveryBody = { dealId, organizationId, fields: {} }
    return {
      provider: 'salesforce',
      account: organizationId,
      deliveryId: `${eventId}:${dealId}`,
      type: 'opportunity.changed',
      occurredAt,
      body: JSON.stringify(body),
      dealId,
    }
  })
  const reply = {
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({ received: dealIds.length }),
  }
  return { kind: 'accepted', deliveries, reply }
}

/** The deals of a call, widened, each once; null when one is no id. */
function dealIdsOf(call: Readonly<Record<string, unknown>>): string[] | null {
  const listed = Array.isArray(call['deals']) ? call['deals'] : [{ id: call['dealId'] }]
  const ids = listed.map((deal) => (deal as { id?: unknown } | null)?.id)
  if (ids.length === 0 || ids.length > 1000) return null
  if (!ids.every((id) => typeof id === 'string' && isRecordId(id))) return null
  return [...new Set((ids as string[]).map(widenId))]
}

function parsedObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function tooLong(body: string): boolean {
  return body.length > longestBody || new TextEncoder().encode(body).length > longestBody
}

function unknownOrganization(): Inbound {
  return refusal(403, 'unknown-organization', 'The message is from an organisation that is not connected')
}

function refusal(status: 400 | 403 | 413, code: string, detail: string): Inbound {
  return { kind: 'refused', status, code, detail }
}
