import type { Context } from 'hono'
import { requireScope } from './access/authenticate.ts'
import { TooManyWaiting, type UsageContext, type UsageIntake } from './accept-usage.ts'
import { futureToleranceMilliseconds } from '../domain/event-reading.ts'
import { plainReceipt } from './plain-receipt.ts'
import { readEvents, type EventsRead, type UnparsedEvents } from './event-forms.ts'
import { readItem, resultsOf, soundEvents, type ReadItem } from './event-results.ts'
import { addEventStream, type StreamContext } from './event-stream.ts'
import { describeEvents, type EventResult } from './events-description.ts'
import { answerWithin, type Api, type ApiEnv } from './foundation.ts'
import { ProblemError, type ProblemPart } from './problem.ts'
import { turns, type Turns } from './turns.ts'

export type EventsContext = UsageContext & StreamContext

const longestWaitMilliseconds = 10_000

/**
 * Usage events, as CloudEvents 1.0: structured, batch or binary, or a stream of them. An event that is answered `accepted` is stored for good.
 * A batch is answered item by item (207 when some were refused), and the good ones are kept whatever the others are.
 */
export function addEvents(app: Api, context: EventsContext, intake: UsageIntake): void {
  describeEvents(app)
  const [larger, parsed] = [turns(largeAtOnce, largeWaiting), turns(parsedAtOnce, largeAtOnce)]
  const middleware = [answerWithin(longestWaitMilliseconds), requireScope('usage:write', context)] as const
  app.post('/v1/events', ...middleware, async (c) => {
    const body = await readEvents(c.req.raw)
    const isLarge = body.bytes > largeBytes
    const parse = () => answerParsed(c, body.parse(), intake, context.clock.now())
    const take = async () => {
      const answer = await answerPlain(c, body, intake, context.clock.now())
      return answer ?? (isLarge ? inTurn(parsed, parse) : parse())
    }
    return (isLarge ? inTurn(larger, take) : take()).catch(refuseWhenFull)
  })
  addEventStream(app, (items) => takeIn(items, intake), context)
}

/** A longer body is not read before its turn. What is not plain takes ten times its bytes once it is parsed, so of that fewer have a turn. */
const largeBytes = 65_536
const largeAtOnce = 12
const largeWaiting = 64
const parsedAtOnce = 6

async function inTurn(order: Turns, take: () => Promise<Response>): Promise<Response> {
  const taking = order.take(take)
  if (taking === null) throw new TooManyWaiting()
  return taking
}

/** Takes in a batch where it stands; null, and nothing done, where it is no plain one. */
async function answerPlain(
  c: Context<ApiEnv>,
  body: UnparsedEvents,
  intake: UsageIntake,
  now: Date,
): Promise<Response | null> {
  const plain = body.plain(now.getTime() + futureToleranceMilliseconds)
  if (plain === null) return null
  const { bytes, refused } = plainReceipt(plain, await intake(plain.events), now)
  return c.body(bytes, refused > 0 ? 207 : 202, { 'content-type': 'application/json' })
}

async function answerParsed(
  c: Context<ApiEnv>,
  read: EventsRead,
  intake: UsageIntake,
  now: Date,
): Promise<Response> {
  const { kind, items } = itemsOf(read, now)
  const results = await takeIn(items, intake)
  if (kind === 'single') return answerOne(c, results[0] as EventResult)
  return c.json(receipt(results), results.some(({ status }) => status !== 202) ? 207 : 202)
}

/** What a request holds. */
function itemsOf(
  read: EventsRead,
  now: Date,
): { readonly kind: EventsRead['kind']; readonly items: ReadItem[] } {
  const documents = read.kind === 'single' ? [read.event] : read.events
  return { kind: read.kind, items: documents.map((document) => readItem(document, now)) }
}

function refuseWhenFull(error: unknown): never {
  if (!(error instanceof TooManyWaiting)) throw error
  throw new ProblemError({
    status: 429,
    code: 'usage-queue-full',
    detail: 'More usage is coming in than can be written. Send this again in a second.',
    headers: { 'retry-after': '1' },
  })
}

async function takeIn(items: readonly ReadItem[], intake: UsageIntake): Promise<EventResult[]> {
  const sound = soundEvents(items)
  return resultsOf(items, sound.length === 0 ? [] : await intake(sound))
}

function receipt(results: readonly EventResult[]) {
  const counted = (state: EventResult['state']) => results.filter((result) => result.state === state).length
  return {
    object: 'usage_receipt' as const,
    accepted: counted('accepted'),
    unmatched: counted('unmatched'),
    duplicates: counted('duplicate'),
    refused: results.filter(({ status }) => status !== 202).length,
    results: [...results],
  }
}

/** One event by itself is answered as itself: what is wrong with it is wrong with the request. */
function answerOne(c: Context<ApiEnv>, result: EventResult): Response {
  const { status, errors = [] } = result
  const detail = errors.map(({ pointer, message }) => `${pointer || 'The event'}: ${message}`).join(' ')
  if (status === 404) throw new ProblemError({ status, code: 'unknown-event', detail, errors })
  if (status === 409) throw new ProblemError({ status, code: conflictCode(errors), detail, errors })
  if (status === 413) throw new ProblemError({ status, code: 'event-too-large', detail, errors })
  if (status === 422) throw new ProblemError({ status, code: 'invalid-event', detail, errors })
  return c.json(receipt([result]), 202)
}

function conflictCode([first]: readonly ProblemPart[]):
  | 'event-conflict'
  | 'event-corrected'
  | 'correction-mismatch' {
  return first?.code === 'event-corrected' || first?.code === 'correction-mismatch'
    ? first.code
    : 'event-conflict'
}
