import type { CreatedRange } from './table.ts'
import { firstWhere } from './table.ts'

/** An Event object. `body` is its JSON, frozen when it happened; `pending` counts deliveries not yet answered with 2xx. */
export type LoggedEvent = {
  readonly id: string
  readonly type: string
  readonly created: number
  readonly objectId: string
  readonly body: string
  readonly thin: boolean
  sequence: number
  pending: number
  /** Whether any endpoint gave up or still fails. */
  failed: boolean
}

export type EventQuery = {
  readonly types: readonly string[] | null
  readonly limit: number
  readonly startingAfter?: string | undefined
  readonly endingBefore?: string | undefined
  readonly created?: CreatedRange | undefined
  readonly where: (event: LoggedEvent) => boolean
}

/** Stripe's own memory of events: 30 days, newest first. */
export type EventLog = {
  add(event: Omit<LoggedEvent, 'sequence'>): LoggedEvent
  get(id: string): LoggedEvent | undefined
  /** Null when the cursor names no event. */
  page(query: EventQuery): { events: LoggedEvent[]; hasMore: boolean } | null
  size(): number
}

const thirtyDays = 30 * 86_400

/** Makes an empty log; `now` is the twin's unix second. */
export function createEventLog(now: () => number): EventLog {
  const byId = new Map<string, LoggedEvent>()
  const all = createQueue()
  const byType = new Map<string, EventQueue>()
  let sequence = 0
  const forgetOld = () => {
    const oldest = now() - thirtyDays
    for (const event of all.dropBefore(oldest)) {
      byId.delete(event.id)
      byType.get(event.type)?.dropBefore(oldest)
    }
  }
  const queueOf = (type: string) => {
    const known = byType.get(type)
    if (known) return known
    const queue = createQueue()
    byType.set(type, queue)
    return queue
  }
  return {
    size: () => byId.size,
    get: (id) => {
      forgetOld()
      return byId.get(id)
    },
    add: (event) => {
      forgetOld()
      const logged = { ...event, sequence: sequence++ }
      byId.set(logged.id, logged)
      all.add(logged)
      queueOf(logged.type).add(logged)
      return logged
    },
    page: (query) => {
      forgetOld()
      const list = query.types?.length === 1 ? queueOf(query.types[0] ?? '').live() : all.live()
      const cursor = query.startingAfter ?? query.endingBefore
      const at = cursor === undefined ? undefined : byId.get(cursor)?.sequence
      if (cursor !== undefined && at === undefined) return null
      return query.endingBefore === undefined ? older(list, at, query) : newer(list, at ?? 0, query)
    },
  }
}

type EventQueue = {
  add(event: LoggedEvent): void
  dropBefore(created: number): LoggedEvent[]
  live(): readonly LoggedEvent[]
}

/** A list that forgets from the front; the front is cut off only now and then, so that forgetting stays cheap. */
function createQueue(): EventQueue {
  let events: LoggedEvent[] = []
  let start = 0
  const cut = () => {
    events = events.slice(start)
    start = 0
  }
  return {
    add: (event) => void events.push(event),
    dropBefore: (created) => {
      const dropped: LoggedEvent[] = []
      while (start < events.length && (events[start] as LoggedEvent).created < created)
        dropped.push(events[start++] as LoggedEvent)
      if (start > 1024 && start * 2 > events.length) cut()
      return dropped
    },
    live: () => {
      if (start > 0) cut()
      return events
    },
  }
}

function older(list: readonly LoggedEvent[], before: number | undefined, query: EventQuery) {
  const { gt = -1, gte = -1, lt = Infinity, lte = Infinity } = query.created ?? {}
  const beyond = firstWhere(list, (event) => event.created >= lt || event.created > lte)
  const from =
    before === undefined
      ? beyond
      : Math.min(
          beyond,
          firstWhere(list, (event) => event.sequence >= before),
        )
  const events: LoggedEvent[] = []
  for (let index = from - 1; index >= 0; index--) {
    const event = list[index] as LoggedEvent
    if (event.created <= gt || event.created < gte) break
    if (!fits(event, query)) continue
    if (events.length === query.limit) return { events, hasMore: true }
    events.push(event)
  }
  return { events, hasMore: false }
}

function newer(list: readonly LoggedEvent[], after: number, query: EventQuery) {
  const { gt = -1, gte = -1, lt = Infinity, lte = Infinity } = query.created ?? {}
  const events: LoggedEvent[] = []
  for (let index = firstWhere(list, (event) => event.sequence > after); index < list.length; index++) {
    const event = list[index] as LoggedEvent
    if (event.created >= lt || event.created > lte) break
    if (event.created <= gt || event.created < gte || !fits(event, query)) continue
    if (events.length === query.limit) return { events: events.toReversed(), hasMore: true }
    events.push(event)
  }
  return { events: events.toReversed(), hasMore: false }
}

function fits(event: LoggedEvent, { types, where }: EventQuery): boolean {
  return (types === null || types.includes(event.type)) && where(event)
}
