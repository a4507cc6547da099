import { mostBytesAnEvent } from '../domain/event-reading.ts'
import type { Clock } from '../ports/clock.ts'
import { TooManyWaiting } from './accept-usage.ts'
import { requireScope, type AccessContext } from './access/authenticate.ts'
import { mediaTypeOf, requireMediaType } from './body.ts'
import type { ReadItem } from './event-results.ts'
import { describeEventStream, type EventResult } from './events-description.ts'
import type { Api } from './foundation.ts'
import { GatheredLines, type NumberedItem } from './gathered-lines.ts'
import { linesOf } from './line-reader.ts'
import { textStream } from './text-stream.ts'

/** Takes events in; answers what became of each. */
export type TakeIn = (items: readonly ReadItem[]) => Promise<EventResult[]>

export type StreamContext = AccessContext & { readonly report: (error: unknown) => void }

const streamTypes = ['application/x-ndjson', 'application/jsonl']

/** Calls to the intake under way at once: what they hold, and what is gathered for the next, is all that a stream holds in memory. */
const callsAtOnce = 4
/** Acknowledgements are seldom, because a sender may read none of them before it has sent all. */
const linesAnAcknowledgement = 10_000
const fullWaitMilliseconds = 50

/**
 * A stream of events, a CloudEvent a line, of any length: read as fast as events can be kept, in constant memory. The answer is lines as
 * well: one for each event that is neither accepted nor had been sent before, one now and then that says through which line everything is kept for good, and a
 * last one with the totals. Without that last line the stream did not end well, and what follows the last acknowledgement is to be sent again.
 */
export function addEventStream(app: Api, takeIn: TakeIn, context: StreamContext): void {
  describeEventStream(app)
  app.post('/v1/events/stream', requireScope('usage:write', context), (c) => {
    requireMediaType(c.req.raw, streamTypes)
    const answers = answersTo(c.req.raw.body ?? emptyBody(), takeIn, context)
    return c.body(textStream(answers), 200, { 'content-type': mediaTypeOf(c.req.raw) })
  })
}

type Totals = { lines: number; accepted: number; unmatched: number; duplicates: number; refused: number }

type Call = {
  readonly firstLine: number
  readonly lastLine: number
  readonly results: Promise<EventResult[]>
}

async function* answersTo(
  body: ReadableStream<Uint8Array>,
  takeIn: TakeIn,
  context: StreamContext,
): AsyncGenerator<string> {
  const totals: Totals = { lines: 0, accepted: 0, unmatched: 0, duplicates: 0, refused: 0 }
  const calls: Call[] = []
  let acknowledged = 0
  let isWhole = true
  try {
    for await (const call of callsFor(body, takeIn, context.clock)) {
      calls.push(call)
      if (calls.length < callsAtOnce) continue
      // It leaves the queue once it is settled, so that one that fails ends the counting there.
      yield* settled(calls[0] as Call, totals)
      calls.shift()
      if (totals.lines - acknowledged < linesAnAcknowledgement) continue
      acknowledged = totals.lines
      yield `${JSON.stringify({ object: 'usage_acknowledgement', through: acknowledged })}\n`
    }
  } catch (error) {
    context.report(error)
    isWhole = false
  }
  // What was handed over is waited for whatever happened, so that the last line tells what is kept.
  const rest = calls.splice(0)
  await Promise.allSettled(rest.map(({ results }) => results))
  try {
    for (const call of rest) yield* settled(call, totals)
  } catch (error) {
    context.report(error)
    isWhole = false
  }
  const { lines: through } = totals
  const last = isWhole
    ? { object: 'usage_stream_receipt', ...totals }
    : { object: 'usage_stream_failure', through, detail: failed }
  yield `${JSON.stringify(last)}\n`
}

const failed = 'The stream could not be kept to its end. Send what follows the line named by `through` again.'

/** Gathers lines, and hands them to the intake; the lines are numbered from 1, empty ones too. */
async function* callsFor(
  body: ReadableStream<Uint8Array>,
  takeIn: TakeIn,
  clock: Clock,
): AsyncGenerator<Call> {
  let lineNumber = 0
  let firstLine = 1
  let gathered = new GatheredLines()
  const call = (): Call => {
    const results = resultsOf(gathered.items(), takeIn, clock)
    // Whoever waits for its turn hears of it; until then a failure is nobody's.
    results.catch(() => undefined)
    const made = { firstLine, lastLine: lineNumber, results }
    gathered = new GatheredLines()
    firstLine = lineNumber + 1
    return made
  }
  for await (const lines of linesOf(body, mostBytesAnEvent)) {
    for (const line of lines) {
      gathered.add(++lineNumber, line, clock.now())
      if (gathered.isFull) yield call()
    }
  }
  if (lineNumber >= firstLine) yield call()
}

async function resultsOf(
  numbered: readonly NumberedItem[],
  takeIn: TakeIn,
  clock: Clock,
): Promise<EventResult[]> {
  const numbers = numbered.map(({ number }) => number)
  const became = await keepTrying(
    takeIn,
    numbered.map(({ item }) => item),
    clock,
  )
  return became.map((result, index) => ({ ...result, index: numbers[index] ?? 0 }))
}

/** A stream waits where a request is told to come back. */
async function keepTrying(takeIn: TakeIn, items: readonly ReadItem[], clock: Clock): Promise<EventResult[]> {
  for (;;) {
    try {
      return await takeIn(items)
    } catch (error) {
      if (!(error instanceof TooManyWaiting)) throw error
      await clock.sleep(fullWaitMilliseconds)
    }
  }
}

/** Counts what became of a call, and tells of each event that somebody should look at. */
async function* settled({ firstLine, lastLine, results }: Call, totals: Totals): AsyncGenerator<string> {
  for (const result of await results) {
    if (result.state === 'accepted') totals.accepted++
    else if (result.state === 'duplicate') totals.duplicates++
    else yield `${JSON.stringify({ object: 'usage_result', ...lineOf(result) })}\n`
    if (result.state === 'unmatched') totals.unmatched++
    if (result.status !== 202) totals.refused++
  }
  totals.lines += lastLine - firstLine + 1
}

function lineOf({ index, ...result }: EventResult) {
  return { line: index, ...result }
}

function emptyBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() })
}
