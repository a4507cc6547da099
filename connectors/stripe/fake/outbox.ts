import { createHmac } from 'node:crypto'
import type { Random } from '../../../src/ports/random.ts'
import { fraction } from '../../../src/ports/random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import { createHeap } from './agenda.ts'
import type { LoggedEvent } from './event-log.ts'
import type { WebhookEndpoint } from './rows.ts'
import type { Quirks } from './settings.ts'

type Delivery = {
  readonly event: LoggedEvent
  readonly endpoint: WebhookEndpoint
  readonly sequence: number
  readonly firstAt: number
  dueAt: number
  attempts: number
}

/** Messages on their way to the hub. */
export type Outbox = {
  /** Queues an event for every endpoint that wants it now; endpoints that are disabled never get it. Answers how many. */
  send(event: LoggedEvent, endpoints: Iterable<WebhookEndpoint>): number
  /** Delivers everything due once, at most eight at a time; answers how many requests were made. */
  pump(): Promise<number>
  /** The milliseconds at which the next retry is due, strictly after `now`. */
  nextRetryAt(now: number): number | null
  size(): number
}

export type OutboxParts = {
  /** Milliseconds of the twin's time. */
  readonly now: () => number
  readonly deliver: Transport
  readonly random: Random
  readonly quirks: Quirks
  /** Hears how each attempt went. */
  readonly onAnswer: (event: LoggedEvent, accepted: boolean) => void
}

const minute = 60_000
const hour = 60 * minute
/** Gaps between attempts, growing; the last repeats until three days have passed. Stripe does not publish them. */
const retryGaps = [5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 12 * hour]
const retriesEndAfter = 72 * hour
const atOnce = 8

/** Makes an empty outbox. */
export function createOutbox(parts: OutboxParts): Outbox {
  const waiting = createHeap<Delivery>(
    (left, right) =>
      left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.sequence < right.sequence),
  )
  let sequence = 0
  const queue = (event: LoggedEvent, endpoint: WebhookEndpoint) => {
    const firstAt = parts.now()
    waiting.add({ event, endpoint, sequence: sequence++, firstAt, dueAt: firstAt, attempts: 0 })
  }
  return {
    size: waiting.size,
    nextRetryAt: (now) => {
      const next = waiting.peek()
      return next === null || next.dueAt <= now ? null : next.dueAt
    },
    send: (event, endpoints) => {
      let count = 0
      for (const endpoint of endpoints) {
        if (!endpoint.enabled || !wants(endpoint, event.type)) continue
        count++
        queue(event, endpoint)
        if (chance(parts.random, parts.quirks.duplicateDeliveryShare)) queue(event, endpoint)
      }
      event.pending += count
      return count
    },
    pump: async () => {
      const due: Delivery[] = []
      while ((waiting.peek()?.dueAt ?? Infinity) <= parts.now()) due.push(waiting.take() as Delivery)
      if (parts.quirks.shuffleDeliveries) shuffle(due, parts.random)
      return inParallel(due, async (delivery) => {
        if (!delivery.endpoint.enabled) return false
        await attempt(delivery, parts, () => waiting.add(delivery))
        return true
      })
    },
  }
}

/** Whether an endpoint asked for a type of event. */
export function wants({ enabledEvents }: WebhookEndpoint, type: string): boolean {
  return enabledEvents.includes('*') || enabledEvents.includes(type)
}

async function attempt(delivery: Delivery, parts: OutboxParts, again: () => void): Promise<void> {
  const { event } = delivery
  const accepted = await post(delivery, parts)
  delivery.attempts++
  if (accepted) {
    event.pending = Math.max(0, event.pending - 1)
  } else {
    event.failed = true
    const gap = retryGaps[Math.min(delivery.attempts, retryGaps.length) - 1] as number
    delivery.dueAt = parts.now() + gap
    if (delivery.dueAt - delivery.firstAt <= retriesEndAfter) again()
  }
  if (accepted && event.pending === 0) event.failed = false
  parts.onAnswer(event, accepted)
}

async function post({ event, endpoint }: Delivery, { deliver, now }: OutboxParts): Promise<boolean> {
  const timestamp = Math.floor(now() / 1000)
  try {
    const response = await deliver(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': signatureHeader(event.body, timestamp, endpoint.secrets),
      },
      body: event.body,
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/** The `Stripe-Signature` header: a time and one `v1` for each active secret. */
export function signatureHeader(body: string, timestamp: number, secrets: readonly string[]): string {
  const sign = (secret: string) => createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return [`t=${timestamp}`, ...secrets.map((secret) => `v1=${sign(secret)}`)].join(',')
}

/** Runs a job for each item, eight at once, and counts those that answer true. */
async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<boolean>): Promise<number> {
  let next = 0
  let done = 0
  const work = async () => {
    while (next < items.length) if (await run(items[next++] as T)) done++
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return done
}

/** Whether something with a share of chance happens now. */
export function chance(random: Random, share: number): boolean {
  return share > 0 && fraction(random) < share
}

function shuffle<T>(items: T[], random: Random): void {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(fraction(random) * (index + 1))
    const kept = items[index] as T
    items[index] = items[other] as T
    items[other] = kept
  }
}
