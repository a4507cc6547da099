import { systemClock } from '../../src/ports/clock.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import { clientJournal, keyOf, type SentEvent } from './usage-journal.ts'
import { endAsked, ordersOf, useMaker } from './usage-load.ts'

/**
 * A client of the bare API, in two loops at once: batches that are sent again until they are answered, some with events that were
 * acknowledged before and must be duplicates now; and streams, which repeat some of a batch under way and go on after the last line that was
 * acknowledged. Prints how often it had to send again when it has ended.
 */
const orders = ordersOf(process.argv)
const journal = clientJournal(orders.journal)
const isEndAsked = endAsked()
const make = useMaker(orders)
const counts = { batches: 0, batchesAgain: 0, duplicatesOnPurpose: 0, streams: 0, streamsCutOff: 0 }

/** Some that were acknowledged, ever since the start, and what is under way. */
const known: SentEvent[] = []
const underWay = new Map<string, SentEvent>()
const acknowledgedKeys = new Set<string>()

await Promise.all([sendBatches(), sendStreams()])
console.log(JSON.stringify(counts))

async function sendBatches(): Promise<void> {
  while (!isEndAsked()) {
    const fresh = make.many(60)
    const twice = fresh.slice(0, 2)
    const before = known.length > 0 ? [known[make.below(known.length)] as SentEvent] : []
    await sendBatch([...fresh, ...twice, ...before], new Set(before.map(keyOf)))
    await systemClock.sleep(40)
  }
}

type Receipt = { readonly results?: readonly { readonly id: string; readonly state: string }[] }

async function sendBatch(events: readonly SentEvent[], mustBeKnown: ReadonlySet<string>): Promise<void> {
  for (const event of events) underWay.set(keyOf(event), event)
  counts.batches++
  const { results = [] } = await answered('/v1/events', 'application/cloudevents-batch+json', events)
  const took: SentEvent[] = []
  for (const [index, event] of events.entries()) {
    const { id, state } = results[index] ?? { id: '', state: 'missing' }
    const isTaken = id === event.id && ['accepted', 'unmatched', 'duplicate'].includes(state)
    if (!isTaken) journal.broken(`${event.id} was answered ${state}`)
    else if (mustBeKnown.has(keyOf(event)) && state !== 'duplicate')
      journal.broken(`${event.id} was acknowledged before, and is ${state} now`)
    else took.push(event)
  }
  counts.duplicatesOnPurpose += mustBeKnown.size
  note(took)
}

/** Sends a batch until the hub answers for it; the same words each time. */
async function answered(path: string, type: string, events: readonly SentEvent[]): Promise<Receipt> {
  const body = JSON.stringify(events.map(cloudEvent))
  for (let tries = 1; ; tries++) {
    try {
      const answer = await systemTransport(`${orders.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${orders.key}`, 'content-type': type },
        body,
      })
      if ([202, 207].includes(answer.status)) return (await answer.json()) as Receipt
      if (answer.status < 500 && answer.status !== 429)
        journal.broken(`a batch was answered ${answer.status} ${await answer.text()}`)
    } catch {
      // The hub is gone, or the answer was cut off: whether it was taken nobody knows.
    }
    counts.batchesAgain++
    await systemClock.sleep(Math.min(200, 20 * tries))
  }
}

function cloudEvent({ value, ...attributes }: SentEvent) {
  return { specversion: '1.0', ...attributes, data: { value } }
}

function note(events: readonly SentEvent[]): void {
  journal.acknowledged(events)
  for (const event of events) {
    underWay.delete(keyOf(event))
    acknowledgedKeys.add(keyOf(event))
    if (make.below(50) === 0) known.push(event)
  }
}

async function sendStreams(): Promise<void> {
  while (!isEndAsked()) {
    counts.streams++
    const length = counts.streams % 5 === 0 ? 11_000 : 200 + make.below(1_500)
    let left: readonly SentEvent[] = [...make.many(length), ...[...underWay.values()].slice(0, 20)]
    while (left.length > 0) {
      const through = await sendStream(left)
      note(left.slice(0, through))
      // What a batch has had acknowledged meanwhile must not hide that it was lost.
      left = left.slice(through).filter((event) => !acknowledgedKeys.has(keyOf(event)))
      await systemClock.sleep(100)
    }
    await systemClock.sleep(1_000)
  }
}

/** Sends a stream a few lines at a time; answers through which line it was acknowledged. */
async function sendStream(events: readonly SentEvent[]): Promise<number> {
  let through = 0
  try {
    const answer = await systemTransport(`${orders.url}/v1/events/stream`, {
      method: 'POST',
      headers: { authorization: `Bearer ${orders.key}`, 'content-type': 'application/x-ndjson' },
      body: linesOf(events),
      duplex: 'half',
    } as RequestInit)
    if (!answer.ok || answer.body === null) return 0
    counts.streamsCutOff++
    for await (const line of answerLines(answer.body)) {
      if (line.object === 'usage_acknowledgement' || line.object === 'usage_stream_failure')
        through = line.through ?? 0
      if (line.object === 'usage_stream_receipt') {
        through = line.lines ?? 0
        counts.streamsCutOff--
      }
      if (line.object === 'usage_result' && line.status !== 202)
        journal.broken(`${line.id} was answered ${line.state} in a stream`)
    }
  } catch {
    // Cut off: what follows the last acknowledgement is sent again.
  }
  return through
}

function linesOf(events: readonly SentEvent[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let sent = 0
  return new ReadableStream({
    pull: async (controller) => {
      const some = events.slice(sent, (sent += 250))
      if (some.length === 0) return controller.close()
      await systemClock.sleep(10)
      return controller.enqueue(
        encoder.encode(some.map((event) => `${JSON.stringify(cloudEvent(event))}\n`).join('')),
      )
    },
  })
}

type AnswerLine = {
  readonly object: string
  readonly through?: number
  readonly lines?: number
  readonly status?: number
  readonly id?: string
  readonly state?: string
}

async function* answerLines(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerLine> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line) as AnswerLine
  }
}
