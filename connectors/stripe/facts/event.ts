import type { Stripe } from 'stripe'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered } from '../../../src/ports/answer.ts'
import { apiVersion } from '../client.ts'

/**
 * Reads an event as it was delivered; null for a thin one, which carries no object. An event of another API version is refused: its shape
 * is not the one we read.
 */
export function readEvent(body: string): Answer<Stripe.Event | null> {
  const event = parsed(body)
  if (event === null) return { kind: 'broken', detail: 'The event is not a JSON object' }
  if (event['object'] === 'v2.core.event') return answered(null)
  if (event['object'] !== 'event') return { kind: 'broken', detail: 'The body is not a Stripe event' }
  const { api_version: version } = event
  if (version === apiVersion) return answered(event as unknown as Stripe.Event)
  const detail = `The event speaks ${String(version)}, the hub reads ${apiVersion}`
  return { kind: 'rejected', code: 'EVENT_VERSION', detail, field: 'api_version' }
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
