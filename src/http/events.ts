import type { Context } from 'hono'
import type { UsageEvent } from '../domain/usage.ts'
import type { AcceptedEvent } from '../store/usage.ts'
import { requireScope } from './access/authenticate.ts'
import { usageIntake, type UsageContext, type UsageIntake } from './accept-usage.ts'
import { CloudEvent, usageEventOf } from './cloud-event.ts'
import { isTooLarge, mostBytesAnEvent, readEvents } from './event-forms.ts'
import { addEventStream, type StreamContext } from './event-stream.ts'
import { describeEvents, type EventResult } from './events-description.ts'
import { partsOf } from './faults.ts'
import { answerWithin, type Api, type ApiEnv } from './foundation.ts'
import { TooManyWaiting } from './joined.ts'
import { ProblemError, type ProblemPart } from './problem.ts'
import { quickEvent } from './quick-event.ts'

export type EventsContext = UsageContext & StreamContext

const longestWaitMilliseconds = 10_000
const futureToleranceMilliseconds = 300_000
const lateAfterMilliseconds = 35 * 86_400_000

/**
 * Usage events, as CloudEvents 1.0: structured, batch or binary, or a stream of them. An event that is answered `accepted` is stored for good.
 * A batch is answered item by item (207 when some were refused), and the good ones are kept whatever the others are.
 */
export function addEvents(app: Api, context: EventsContext): void {
  describeEvents(app)
  const intake = usageIntake(context)
  const accept = (items: readonly unknown[]) => takeIn(items, intake, context.clock.now())
  const middleware = [answerWithin(longestWaitMilliseconds), requireScope('usage:write', context)] as const
  app.post('/v1/events', ...middleware, async (c) => {
    const read = await readEvents(c.req.raw)
    const items = read.kind === 'single' ? [read.event] : read.events
    const results = await accept(items).catch(refuseWhenFull)
    if (read.kind === 'single') return answerOne(c, results[0] as EventResult)
    return c.json(receipt(results), results.some(({ status }) => status !== 202) ? 207 : 202)
  })
  addEventStream(app, accept, context)
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

type Checked =
  | { readonly kind: 'sound'; readonly event: UsageEvent; readonly late: boolean }
  | { readonly kind: 'refused'; readonly result: Omit<EventResult, 'index'> }

async function takeIn(items: readonly unknown[], intake: UsageIntake, now: Date): Promise<EventResult[]> {
  const checked = items.map((item) => check(item, now))
  const sound = checked.flatMap((item) => (item.kind === 'sound' ? [item.event] : []))
  const outcomes = sound.length === 0 ? [] : await intake(sound)
  let taken = 0
  return checked.map((item, index) => {
    if (item.kind === 'refused') return { index, ...item.result }
    return { index, ...resultOf(item, outcomes[taken++] as AcceptedEvent) }
  })
}

function check(item: unknown, now: Date): Checked {
  const quick = quickEvent(item)
  if (quick !== null && quick.occurredAt.getTime() - now.getTime() <= futureToleranceMilliseconds)
    return { kind: 'sound', event: quick, late: isLate(quick, now) }
  return checkWhole(item, now)
}

function isLate({ occurredAt }: UsageEvent, now: Date): boolean {
  return now.getTime() - occurredAt.getTime() > lateAfterMilliseconds
}

function checkWhole(item: unknown, now: Date): Checked {
  if (item instanceof ProblemError) return { kind: 'refused', result: unreadable(item) }
  const names = { source: textIn(item, 'source'), id: textIn(item, 'id') }
  const refuse = (status: 413 | 422, state: EventResult['state'], errors: ProblemPart[]): Checked => ({
    kind: 'refused',
    result: { ...names, status, state, duplicate: false, late: false, errors },
  })
  if (isTooLarge(item))
    return refuse(413, 'too-large', [
      { pointer: '', code: 'event-too-large', message: `An event has at most ${mostBytesAnEvent} bytes.` },
    ])
  const parsed = CloudEvent.safeParse(item)
  if (!parsed.success) return refuse(422, 'invalid', parsed.error.issues.flatMap(partsOf))
  const event = usageEventOf(parsed.data)
  if (event.occurredAt.getTime() - now.getTime() > futureToleranceMilliseconds)
    return refuse(422, 'invalid', [
      { pointer: '/time', code: 'future', message: 'The time lies more than five minutes ahead.' },
    ])
  return { kind: 'sound', event, late: isLate(event, now) }
}

/** A line of a stream that is no JSON: the fault came in place of the event. */
function unreadable({ problem }: ProblemError): Omit<EventResult, 'index'> {
  const { code, detail } = problem
  const errors = [{ pointer: '', code, message: detail }]
  const isLong = problem.status === 413
  const [status, state] = isLong ? ([413, 'too-large'] as const) : ([422, 'invalid'] as const)
  return { source: null, id: null, status, state, duplicate: false, late: false, errors }
}

function textIn(item: unknown, name: string): string | null {
  if (typeof item !== 'object' || item === null || !Object.hasOwn(item, name)) return null
  const value = (item as Record<string, unknown>)[name]
  return typeof value === 'string' ? value.slice(0, 512) : null
}

function resultOf(
  { event: { source, id }, late }: Extract<Checked, { kind: 'sound' }>,
  outcome: AcceptedEvent,
): Omit<EventResult, 'index'> {
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
  if (status === 409) throw new ProblemError({ status, code: 'event-conflict', detail, errors })
  if (status === 413) throw new ProblemError({ status, code: 'event-too-large', detail, errors })
  if (status === 422) throw new ProblemError({ status, code: 'invalid-event', detail, errors })
  return c.json(receipt([result]), 202)
}
