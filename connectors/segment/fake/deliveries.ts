import { createHmac } from 'node:crypto'
import type { Random } from '../../../src/ports/random.ts'
import { fraction } from '../../../src/ports/random.ts'
import type { Transport } from '../../../src/ports/transport.ts'

type Call = Readonly<Record<string, unknown>>
type Waiting = { readonly call: Call; readonly queuedAt: number; tries: number; dueAt: number }

export type DeliveryCounts = {
  readonly queued: number
  readonly delivered: number
  /** Given up: refused for good, or out of time. */
  readonly lost: number
  readonly waiting: number
}

/** What a webhook destination has to deliver: at least once, in no order. */
export type Deliveries = {
  queue(call: Call): void
  pump(): Promise<number>
  nextDueAt(): Date | null
  deliverTwice(times: number): void
  shuffle(): void
  batch(size: number): void
  counts(): DeliveryCounts
}

export type DeliveriesOptions = {
  readonly now: () => Date
  readonly random: Random
  readonly target: { readonly url: string; readonly sharedSecret: string }
  readonly deliver: Transport
}

/** Gaps double from the first one, and all tries lie within four hours; the true gaps are not published. */
const firstGapMilliseconds = 60_000
const keptMilliseconds = 4 * 3_600_000

/** Makes the queue of one destination. */
export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const state = { queued: 0, delivered: 0, lost: 0, twice: 0, isShuffled: false, batchSize: 1 }
  let waiting: Waiting[] = []
  const now = () => options.now().getTime()
  const end = (batch: readonly Waiting[], kind: 'delivered' | 'lost') => {
    waiting = waiting.filter((each) => !batch.includes(each))
    state[kind] += batch.length
  }
  const settle = (batch: readonly Waiting[], answer: Response | null) => {
    if (isTaken(answer)) return end(batch, 'delivered')
    for (const each of batch) each.dueAt = now() + firstGapMilliseconds * 2 ** each.tries++
    const isOld = batch.some(({ dueAt, queuedAt }) => dueAt - queuedAt > keptMilliseconds)
    if (isFinal(answer) || isOld) end(batch, 'lost')
  }
  return {
    queue: (call) => {
      state.queued += 1
      waiting.push({ call, queuedAt: now(), tries: 0, dueAt: now() })
    },
    pump: async () => {
      const due = waiting.filter(({ dueAt }) => dueAt <= now())
      const ordered = state.isShuffled ? shuffled(due, options.random) : due
      let requests = 0
      for (let start = 0; start < ordered.length; start += state.batchSize) {
        const batch = ordered.slice(start, start + state.batchSize)
        const times = state.twice > 0 ? 2 : 1
        state.twice = Math.max(0, state.twice - 1)
        let answer: Response | null = null
        for (let time = 0; time < times; time++) answer = await post(options, batch, state.batchSize > 1)
        requests += times
        settle(batch, answer)
      }
      return requests
    },
    nextDueAt: () => (waiting.length === 0 ? null : new Date(Math.min(...waiting.map(({ dueAt }) => dueAt)))),
    deliverTwice: (times) => void (state.twice += times),
    shuffle: () => void (state.isShuffled = true),
    batch: (size) => void (state.batchSize = size),
    counts: () => ({
      queued: state.queued,
      delivered: state.delivered,
      lost: state.lost,
      waiting: waiting.length,
    }),
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: fraction(random) }))
  return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item)
}

/** Null when the other side did not answer. A batch bears the signature of its first call alone, as Segment's does. */
async function post(
  { target, deliver }: DeliveriesOptions,
  batch: readonly Waiting[],
  isBatched: boolean,
): Promise<Response | null> {
  const calls = batch.map(({ call }) => call)
  const signature = createHmac('sha1', target.sharedSecret).update(JSON.stringify(calls[0])).digest('hex')
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Segment.io/1.0',
    'x-signature': signature,
  }
  const body = JSON.stringify(isBatched ? calls : calls[0])
  try {
    return await deliver(target.url, { method: 'POST', headers, body })
  } catch {
    return null
  }
}

function isTaken(answer: Response | null): boolean {
  return answer !== null && answer.status >= 200 && answer.status < 300
}

/** Statuses above and below 500 that are against the rule (Twilio support, article 51769112022299). */
const finalAll = [501, 505]
const triedAgain = [408, 410, 429, 460]

function isFinal(answer: Response | null): boolean {
  if (answer === null) return false
  const { status } = answer
  return status >= 500 ? finalAll.includes(status) : !triedAgain.includes(status)
}
