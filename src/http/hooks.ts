import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Clock } from '../ports/clock.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import type { Doorbell } from '../ports/doorbell.ts'
import type { Delivery, Hook } from '../ports/inbound.ts'
import type { NewWork } from '../store/enqueue.ts'
import { enqueue } from '../store/enqueue.ts'
import type { MessageEnd, Remembered } from '../store/inbox.ts'
import { disposeMessages, rememberDeliveries } from '../store/inbox.ts'
import type { Store, Unit } from '../store/unit-of-work.ts'
import { ProblemError } from './problem.ts'

/** What the door needs: where to remember, and whom to wake. */
export type DoorContext = {
  readonly store: Store
  readonly doorbell: Doorbell<Unit['tx']>
  readonly clock: Clock
  readonly checkpoint: Checkpoint
  /** The address the outside world calls us by; signatures cover it, so it is never taken from the request. */
  readonly publicUrl: string
}

const largestBodyBytes = 1_048_576

/**
 * The vendors' hooks. The door only remembers: verify, store, answer. Work starts from what is stored. What is malformed or unsigned is
 * refused and changes nothing; trouble of our own is 503, because some senders do not repeat after a 4xx.
 */
export function hookRoutes(hooks: ReadonlyMap<string, Hook>, context: DoorContext): Hono {
  const app = new Hono()
  app.post(
    '/:name{.+}',
    bodyLimit({
      maxSize: largestBodyBytes,
      onError: () => {
        throw tooLarge
      },
    }),
    async (c) => {
      const name = c.req.param('name')
      const hook = hooks.get(name)
      if (!hook)
        throw new ProblemError({
          status: 404,
          code: 'unknown-hook',
          detail: `There is no hook named ${name}.`,
        })
      const inbound = await hook({
        method: c.req.method,
        url: `${context.publicUrl}${c.req.path}${new URL(c.req.url).search}`,
        headers: c.req.raw.headers,
        rawBody: decodeText(await c.req.arrayBuffer()),
        receivedAt: context.clock.now(),
      })
      if (inbound.kind === 'refused') throw new ProblemError(inbound)
      await remember(inbound.deliveries, context)
      const { status, contentType, body } = inbound.reply
      return new Response(body, { status, headers: { 'content-type': contentType } })
    },
  )
  return app
}

const tooLarge = new ProblemError({
  status: 413,
  code: 'body-too-large',
  detail: `A hook takes at most ${largestBodyBytes} bytes.`,
})

/** Bytes that are not UTF-8 are refused before anything reads them. */
function decodeText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ProblemError({ status: 400, code: 'body-encoding', detail: 'The body is not valid UTF-8.' })
  }
}

/** Stores every delivery with the work it asks for, in one unit; a delivery seen before asks for nothing. */
async function remember(deliveries: readonly Delivery[], context: DoorContext): Promise<void> {
  if (deliveries.length === 0) return
  const receivedAt = context.clock.now()
  try {
    await context.store.unitOfWork(async (unit) => {
      const remembered = await rememberDeliveries(unit, deliveries, receivedAt)
      const fresh = deliveries.flatMap((delivery, index) => {
        const known = remembered[index]
        return known === undefined || known.seen ? [] : workFor(delivery, known.seq)
      })
      await enqueue(unit, fresh, context)
      await disposeMessages(unit, nudges(deliveries, remembered), receivedAt)
      context.checkpoint('inbox-before-commit')
    })
  } catch {
    throw new ProblemError({
      status: 503,
      code: 'not-stored',
      detail: 'The message could not be stored. Send it again.',
      headers: { 'retry-after': '5' },
    })
  }
  context.checkpoint('inbox-after-commit')
}

/** A CRM's message is a nudge to read the deal; a billing provider's is a fact to book. */
function workFor({ provider, account, dealId }: Delivery, seq: number): NewWork[] {
  if (dealId !== undefined) return [{ queue: 'intake-deal', subject: `${provider}:${account}:${dealId}` }]
  return provider === 'stripe' ? [{ queue: 'book-fact', subject: `inbox:${seq}` }] : []
}

/** A CRM's message has done its part once the deal is on the work list; one we cannot read is kept for a person. */
function nudges(deliveries: readonly Delivery[], remembered: readonly Remembered[]): MessageEnd[] {
  return deliveries.flatMap(({ provider, dealId, type }, index): MessageEnd[] => {
    const held = remembered[index]
    if (held === undefined || held.seen || provider === 'stripe') return []
    return dealId === undefined
      ? [{ seq: held.seq, disposition: 'exception', detail: `a message of type ${type} names no deal` }]
      : [{ seq: held.seq, disposition: 'no-op', detail: `asked to read deal ${dealId}` }]
  })
}
