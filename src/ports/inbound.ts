import type { UsageEvent } from '../domain/usage.ts'

/** A request as the door sees it. `rawBody` is the bytes as they came; `url` is the public one. */
export type InboundRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly rawBody: string
  readonly receivedAt: Date
}

/** One message to remember. `deliveryId` is unique for the provider and account. */
export type Delivery = {
  readonly provider: string
  readonly account: string
  readonly deliveryId: string
  readonly type: string
  readonly occurredAt: Date
  readonly body: string
  /** The deal a CRM's message is about. */
  readonly dealId?: string
  /** Why the use it tells of cannot be counted, with a stable code. */
  readonly refusedUsage?: { readonly code: string; readonly why: string }
  /** Why there is nothing to do about it, where the connector knows; it is kept all the same. */
  readonly ignoredBecause?: string
}

/** What the door answers. A refusal changes nothing; our own trouble is never a refusal. */
export type Inbound =
  | {
      readonly kind: 'accepted'
      readonly deliveries: readonly Delivery[]
      /** Usage events, checked; they are kept as such, and need no place in the inbox. */
      readonly usage?: readonly UsageEvent[]
      readonly reply: { readonly status: number; readonly contentType: string; readonly body: string }
    }
  | {
      readonly kind: 'refused'
      readonly status: 400 | 403 | 413
      readonly code: string
      readonly detail: string
    }

/** Verifies and reads one vendor's hook. Runs in Node and in a Worker. */
export type Hook = (request: InboundRequest) => Promise<Inbound>
