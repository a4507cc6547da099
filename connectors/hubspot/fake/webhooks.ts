import { createHash, createHmac } from 'node:crypto'
import type { Random } from '../../../src/ports/random.ts'
import { fraction } from '../../../src/ports/random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import type { AssociationChange } from './associations.ts'
import type { ChangeSource, RecordChange } from './records.ts'
import type { RecordType } from './standard-properties.ts'

/** What an app asked to be told. `propertyName` goes with property changes. */
export type Subscription = {
  readonly subscriptionId: number
  readonly subscriptionType: string
  readonly propertyName?: string
}

export type WebhookEvent = {
  readonly eventId: number
  readonly subscriptionId: number
  readonly portalId: number
  readonly appId: number
  readonly occurredAt: number
  readonly subscriptionType: string
  readonly attemptNumber: number
  readonly objectId?: number
  readonly changeSource: string
  readonly sourceId: string
  readonly [more: string]: unknown
}

/** Where the events of an app go. `url` is the public one, as HubSpot calls it. */
export type HookTarget = {
  readonly url: string
  readonly clientSecret: string
  readonly appId?: number
  readonly subscriptions?: readonly Subscription[]
}

/** What may happen to deliveries on purpose. */
export type DeliveryTrouble = { duplicates: boolean; shuffle: boolean }

type Batch = { events: WebhookEvent[]; attempt: number; dueAt: number }

/** The messages of a portal to one app. */
export type Webhooks = {
  readonly trouble: DeliveryTrouble
  /** Events given up: answered with a status HubSpot does not try again, or out of tries. */
  readonly lost: WebhookEvent[]
  readonly pending: () => number
  tell(change: RecordChange): void
  tellAssociation(change: AssociationChange): void
  /** Queues an event as it is, for odd ones. */
  queue(event: WebhookEvent): void
  nextDueAt(): Date | null
  pump(): Promise<number>
}

export type WebhooksOptions = {
  readonly portalId: number
  readonly now: () => Date
  readonly random: Random
  readonly target: HookTarget | null
  readonly deliver: Transport
}

/** Most events of one delivery. */
const batchSize = 100

/** Minutes until the next try, spread over a day; the tenth retry is the last. */
const retryMinutes = [1, 5, 15, 30, 60, 120, 180, 240, 360, 420]

/** Our refusals that HubSpot takes as final (an old note of theirs; reliability page, S55). */
const finalStatuses = [400, 401, 403, 404, 405]

/** Starts with nothing to tell. */
export function createWebhooks(options: WebhooksOptions): Webhooks {
  const fresh: WebhookEvent[] = []
  const batches: Batch[] = []
  const trouble: DeliveryTrouble = { duplicates: false, shuffle: false }
  const lost: WebhookEvent[] = []
  const nextEventId = () => Math.floor(fraction(options.random) * 4_000_000_000)
  return {
    trouble,
    lost,
    pending: () => fresh.length + batches.reduce((sum, { events }) => sum + events.length, 0),
    tell: (change) => void fresh.push(...eventsOf(occurrenceOf(change), options, nextEventId)),
    tellAssociation: (change) =>
      void fresh.push(...eventsOf(associationOccurrence(change), options, nextEventId)),
    queue: (event) => void fresh.push(event),
    nextDueAt: () => {
      const due = [...fresh.map(({ occurredAt }) => occurredAt), ...batches.map(({ dueAt }) => dueAt)]
      return due.length === 0 ? null : new Date(Math.min(...due))
    },
    pump: async () => {
      batches.push(...gathered(fresh.splice(0), trouble, options))
      const now = options.now().getTime()
      const due = batches.filter(({ dueAt }) => dueAt <= now)
      for (const batch of due) {
        const answer = await attempt(batch, options)
        batches.splice(batches.indexOf(batch), 1)
        const again = retried(batch, answer, now)
        if (again !== null) batches.push(again)
        else if (!isTaken(answer)) lost.push(...batch.events)
      }
      return due.length
    },
  }
}

/** Cuts events into deliveries, in another order or twice when there is trouble. */
function gathered(events: WebhookEvent[], trouble: DeliveryTrouble, options: WebhooksOptions): Batch[] {
  const doubled = trouble.duplicates ? events.flatMap((event) => [event, event]) : events
  const ordered = trouble.shuffle ? shuffled(doubled, options.random) : doubled
  const dueAt = options.now().getTime()
  return Array.from({ length: Math.ceil(ordered.length / batchSize) }, (_, index) => ({
    events: ordered.slice(index * batchSize, (index + 1) * batchSize),
    attempt: 0,
    dueAt,
  }))
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: fraction(random) }))
  return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item)
}

/** Null when the other side did not answer. */
async function attempt(batch: Batch, options: WebhooksOptions): Promise<Response | null> {
  const target = options.target
  if (target === null) return null
  const body = JSON.stringify(batch.events.map((event) => ({ ...event, attemptNumber: batch.attempt })))
  const headers = signedHeaders(target, body, options.now().getTime())
  try {
    return await options.deliver(target.url, { method: 'POST', headers, body })
  } catch {
    return null
  }
}

function isTaken(answer: Response | null): boolean {
  return answer !== null && answer.status >= 200 && answer.status < 300
}

function retried(batch: Batch, answer: Response | null, now: number): Batch | null {
  const minutes = retryMinutes[batch.attempt]
  if (isTaken(answer) || minutes === undefined) return null
  if (answer !== null && finalStatuses.includes(answer.status)) return null
  const wished = answer?.status === 429 ? Number(answer.headers.get('retry-after') ?? '0') * 1000 : 0
  return { ...batch, attempt: batch.attempt + 1, dueAt: now + Math.max(minutes * 60_000, wished) }
}

const escapesDecoded: Readonly<Record<string, string>> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
}

/** The v3 signature over the called address, and the v1 one that CRM webhooks still carry. */
export function signedHeaders(target: HookTarget, body: string, timestamp: number): Record<string, string> {
  const uri = target.url.replace(/%[0-9A-F]{2}/gi, (escape) => escapesDecoded[escape.toUpperCase()] ?? escape)
  const source = `POST${uri}${body}${timestamp}`
  return {
    'content-type': 'application/json',
    'x-hubspot-signature': createHash('sha256')
      .update(target.clientSecret + body)
      .digest('hex'),
    'x-hubspot-signature-version': 'v1',
    'x-hubspot-signature-v3': createHmac('sha256', target.clientSecret).update(source).digest('base64'),
    'x-hubspot-request-timestamp': String(timestamp),
  }
}

const singular: Readonly<Record<RecordType, string>> = {
  deals: 'deal',
  companies: 'company',
  contacts: 'contact',
  line_items: 'line_item',
}

/** What Tieout asks an app to subscribe to. */
export const defaultSubscriptions: readonly Subscription[] = [
  ...['deal.creation', 'deal.deletion', 'deal.merge', 'deal.associationChange'].map(
    (subscriptionType, index) => ({ subscriptionId: 3_100_001 + index, subscriptionType }),
  ),
  ...['dealstage', 'amount', 'closedate', 'po_number', 'payment_terms', 'contract_start'].map(
    (propertyName, index) => ({
      subscriptionId: 3_100_101 + index,
      subscriptionType: 'deal.propertyChange',
      propertyName,
    }),
  ),
]

/** Something to tell whoever subscribed to its type. */
type Occurrence = {
  readonly type: string
  readonly propertyName?: string | undefined
  readonly source: ChangeSource
  readonly details: Readonly<Record<string, unknown>>
}

function eventsOf(
  { type, propertyName, source, details }: Occurrence,
  options: WebhooksOptions,
  nextEventId: () => number,
): WebhookEvent[] {
  const { target, portalId } = options
  if (target === null) return []
  return (target.subscriptions ?? defaultSubscriptions)
    .filter((subscription) => subscription.subscriptionType === type)
    .filter(
      (subscription) => subscription.propertyName === undefined || subscription.propertyName === propertyName,
    )
    .map(({ subscriptionId }) => ({
      eventId: nextEventId(),
      subscriptionId,
      portalId,
      appId: target.appId ?? 1_204_777,
      occurredAt: options.now().getTime(),
      subscriptionType: type,
      attemptNumber: 0,
      changeSource: source,
      sourceId: source === 'CRM_UI' ? 'userId:7201' : 'tieout',
      ...details,
    }))
}

function occurrenceOf(change: RecordChange): Occurrence {
  return {
    type: `${singular[change.record.type]}.${change.kind}`,
    propertyName: change.property?.name,
    source: change.source,
    details: { objectId: Number(change.record.id), ...detailsOf(change) },
  }
}

function detailsOf(change: RecordChange): Readonly<Record<string, unknown>> {
  if (change.kind === 'propertyChange')
    return { propertyName: change.property?.name, propertyValue: change.property?.value }
  if (change.kind === 'creation') return { changeFlag: 'NEW' }
  if (change.kind === 'deletion') return { changeFlag: 'DELETED' }
  const [primary, ...others] = change.mergedIds ?? []
  return {
    primaryObjectId: Number(primary),
    mergedObjectIds: others.map(Number),
    newObjectId: Number(change.record.id),
    numberOfPropertiesMoved: change.record.values.size,
  }
}

function associationOccurrence(change: AssociationChange): Occurrence {
  return {
    type: `${singular[change.from]}.associationChange`,
    source: 'CRM_UI',
    details: {
      associationType: `${singular[change.from]}_TO_${singular[change.to]}`.toUpperCase(),
      fromObjectId: Number(change.fromId),
      toObjectId: Number(change.toId),
      associationRemoved: change.isRemoved,
      isPrimaryAssociation: change.isPrimary,
    },
  }
}
