import { Hono } from 'hono'
import type { Random } from '../../src/ports/random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { Fake } from '../fake.ts'
import { faultScript, playFaults } from '../fault-script.ts'
import type { DeliveryCounts } from './fake/deliveries.ts'
import { createDeliveries } from './fake/deliveries.ts'
import { callNames, forwardedCall } from './fake/forwarded-call.ts'

export type SegmentFakeOptions = {
  readonly startsAt: Date
  readonly random: Random
  /** Where the webhook destination sends calls, and the secret it signs them with. */
  readonly target: { readonly url: string; readonly sharedSecret: string }
  readonly deliver: Transport
}

/** The twin of a Segment source with one webhook destination. */
export type SegmentFake = Fake & {
  /** Takes a call as a product's server would send it to the tracking API. */
  take(name: string, call: Readonly<Record<string, unknown>>): void
  /** Sends the next `times` requests twice. */
  deliverTwice(times: number): void
  /** Sends what is due in any order from now on. */
  shuffle(): void
  /** Sends so many calls in one request from now on, as a mapping with batching does. */
  batch(size: number): void
  counts(): DeliveryCounts
}

const longestBodyCharacters = 500_000

/** Makes the twin; README.md says what it leaves out. */
export function createSegmentFake(options: SegmentFakeOptions): SegmentFake {
  let now = options.startsAt
  const faults = faultScript()
  const deliveries = createDeliveries({ ...options, now: () => now })
  let taken = 0
  const take = (name: string, call: Readonly<Record<string, unknown>>) =>
    deliveries.queue(forwardedCall(name, call, { now, number: ++taken }))
  return {
    app: trackingApi(take, faults),
    faults,
    take,
    deliverTwice: deliveries.deliverTwice,
    shuffle: deliveries.shuffle,
    batch: deliveries.batch,
    counts: deliveries.counts,
    nextDueAt: deliveries.nextDueAt,
    pump: deliveries.pump,
    advanceTo: (instant) => {
      if (instant > now) now = instant
      return Promise.resolve()
    },
  }
}

/** The HTTP tracking API: it answers 200 to whatever can be read, because faults are shown in its debugger and not to the sender. */
function trackingApi(take: SegmentFake['take'], faults: SegmentFake['faults']): Hono {
  const app = new Hono()
  app.use(
    playFaults(faults, {
      throttle: () => Response.json({ error: 'rate limited' }, { status: 429 }),
      serverError: () => Response.json({ error: 'internal error' }, { status: 500 }),
      expiredSession: () => Response.json({ error: 'invalid write key' }, { status: 401 }),
    }),
  )
  app.post('/v1/:name', async (c) => {
    const name = c.req.param('name')
    if (name !== 'batch' && !callNames.includes(name)) return c.notFound()
    const calls = callsIn(await c.req.text(), name)
    if (calls === null) return c.json({ success: false, message: 'malformed JSON' }, 400)
    for (const call of calls) take(String(call['type'] ?? name), call)
    return c.json({ success: true })
  })
  return app
}

type Call = Readonly<Record<string, unknown>>

function callsIn(text: string, name: string): Call[] | null {
  if (text.length > longestBodyCharacters) return null
  try {
    const body = JSON.parse(text) as Call
    return name === 'batch' ? (body['batch'] as Call[]) : [{ ...body, type: name }]
  } catch {
    return null
  }
}
