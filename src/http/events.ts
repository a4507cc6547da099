import type { Context } from 'hono'
import type { EventReading } from '../domain/event-reading.ts'
import type { RefusedCorrection, UsageOutcome } from '../store/accept-corrections.ts'
import { requireScope } from './access/authenticate.ts'
import { TooManyWaiting, type UsageContext, type UsageIntake } from './accept-usage.ts'
import { readEvents, type EventsRead } from './event-forms.ts'
import { addEventStream, readItem, type ReadItem, type StreamContext } from './event-stream.ts'
import { describeEvents, type EventResult } from './events-description.ts'
import { answerWithin, type Api, type ApiEnv } from './foundation.ts'
import { ProblemError, type ProblemPart } from './problem.ts'
import { turns } from './turns.ts'

export type EventsContext = UsageContext & StreamContext

const longestWaitMilliseconds = 10_000

/**
 * Usage events, as CloudEvents 1.0: structured, batch or binary, or a stream of them. An event that is answered `accepted` is stored for good.
 * A batch is answered item by item (207 when some were refused), and the good ones are kept whatever the others are.
 */
export function addEvents(app: Api, context: EventsContext, intake: UsageIntake): void {
  describeEvents(app)
  const larger = turns(largeAtOnce, largeWaiting)
  const middleware = [answerWithin(longestWaitMilliseconds), requireScope('usage:write', context)] as const
  app.post('/v1/events', ...middleware, async (c) => {
    const take = async () => {
      const { kind, items } = await readItems(c.req.raw, context.clock.now())
      return { kind, results: await takeIn(items, intake) }
    }
    const taking = isLarge(c.req.raw) ? larger.take(take) : take()
    const { kind, results } = await (taking ?? Promise.reject(new TooManyWaiting())).catch(refuseWhenFull)
    if (kind === 'single') return answerOne(c, results[0] as EventResult)
    return c.json(receipt(results), results.some(({ status }) => status !== 202) ? 207 : 202)
  })
  addEventStream(app, (items) => takeIn(items, intake), context)
}

/** A request whose length is beyond this, or is not told, is not read before its turn: what waits unread costs no memory. */
const largeBytes = 65_536
const largeAtOnce = 4
const largeWaiting = 256

function isLarge({ headers }: Request): boolean {
  const length = headers.get('content-length')
  return length === null || Number(length) > largeBytes
}

/** Reads what a request holds. */
async function readItems(
  request: Request,
  now: Date,
): Promise<{ readonly kind: EventsRead['kind']; readonly items: ReadItem[] }> {
  const read = await readEvents(request)
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
  const sound = items.flatMap(({ reading }) => (reading.kind === 'sound' ? [reading.event] : []))
  const outcomes = sound.length === 0 ? [] : await intake(sound)
  let taken = 0
  return items.map(({ document, reading }, index) => {
    if (reading.kind === 'refused') return { index, ...refusalOf(document, reading) }
    return { index, ...resultOf(reading, outcomes[taken++] as UsageOutcome) }
  })
}

function refusalOf(
  item: unknown,
  { state, faults }: Extract<EventReading, { kind: 'refused' }>,
): Omit<EventResult, 'index'> {
  const status = state === 'too-large' ? 413 : 422
  const names = { source: textIn(item, 'source'), id: textIn(item, 'id') }
  return { ...names, status, state, duplicate: false, late: false, errors: [...faults] }
}

function textIn(item: unknown, name: string): string | null {
  if (typeof item !== 'object' || item === null || !Object.hasOwn(item, name)) return null
  const value = (item as Record<string, unknown>)[name]
  return typeof value === 'string' ? value.slice(0, 512) : null
}

function resultOf(
  { event: { source, id }, late }: Extract<EventReading, { kind: 'sound' }>,
  outcome: UsageOutcome,
): Omit<EventResult, 'index'> {
  if (typeof outcome === 'object')
    return { source, id, duplicate: false, late, ...refusedCorrection(outcome) }
  const isConflict = outcome === 'conflict'
  return {
    source,
    id,
    status: isConflict ? 409 : 202,
    state: outcome,
    duplicate: outcome === 'duplicate',
    late,
    ...(isConflict ? { errors: [conflict] } : {}),
  }
}

function refusedCorrection({ fault }: RefusedCorrection): Pick<EventResult, 'status' | 'state' | 'errors'> {
  const isUnknown = fault.code === 'unknown-event'
  return {
    status: isUnknown ? 404 : 409,
    state: isUnknown ? 'unknown-event' : 'not-corrected',
    errors: [fault],
  }
}

const conflict: ProblemPart = {
  pointer: '/id',
  code: 'event-conflict',
  message: 'Another event has this source and id. The first one stays.',
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
