import { sql, type SQL } from 'drizzle-orm'
import { dateIn } from '../domain/calendar.ts'
import { timeOfEvent } from '../domain/id-time.ts'
import type { UsageEvent } from '../domain/usage.ts'
import { inputRows } from './json.ts'
import type { KeyedEvent } from './usage-key.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** What makes two events under one source and id the same. */
export type EventBody = Pick<UsageEvent, 'meter' | 'subject' | 'occurredAt' | 'value' | 'properties'>

/** As much may an id be ahead of the clock of whoever takes its event. */
const aheadMilliseconds = 86_400_000

/**
 * What we have under the keys of events, in any month, or in any but that of an instant. An id that says when it was made cannot have come
 * before, so only the months since then are looked at, and the few whose ids were ahead of their time.
 */
export async function storedEvents(
  unit: Unit,
  events: readonly KeyedEvent[],
  exceptIn: Date | null,
): Promise<Map<string, EventBody>> {
  const [timed, others]: [KeyedEvent[], KeyedEvent[]] = [[], []]
  let since = Number.POSITIVE_INFINITY
  for (const item of events) {
    const madeAt = timeOfEvent(item.event)
    if (madeAt === null) others.push(item)
    else {
      timed.push(item)
      since = Math.min(since, madeAt)
    }
  }
  const rows = [
    ...(others.length === 0 ? [] : await lookUp(unit, others, isElsewhere(exceptIn))),
    ...(timed.length === 0
      ? []
      : await lookUpSince(unit, timed, new Date(since - aheadMilliseconds), exceptIn)),
  ]
  return new Map(rows.map(bodyOf))
}

type EventRow = {
  readonly event_key: string
  readonly meter: string
  readonly subject: string
  readonly occurred_at: string
  readonly value: string
  readonly properties: Record<string, string>
}

function bodyOf({ event_key: key, occurred_at: occurredAt, ...row }: EventRow): [string, EventBody] {
  return [key.replaceAll('-', ''), { ...row, occurredAt: new Date(occurredAt) }]
}

const body = sql.raw(
  'event.event_key, event.meter, event.subject, event.occurred_at, event.value, event.properties',
)

function keysOf(events: readonly KeyedEvent[]): SQL {
  return sql`any(${`{${events.map(({ key }) => key).join()}}`}::uuid[])`
}

function isElsewhere(exceptIn: Date | null): SQL {
  if (exceptIn === null) return sql`true`
  const month = sql`date_trunc('month', ${dateIn('UTC', exceptIn)}::date::timestamp)`
  return sql`(received_on < ${month} or received_on >= ${month} + interval '1 month')`
}

function lookUp(unit: Unit, events: readonly KeyedEvent[], where: SQL): Promise<EventRow[]> {
  return rowsOf(
    unit,
    sql`select ${body} from usage_event event where event_key = ${keysOf(events)} and ${where}`,
  )
}

function lookUpSince(
  unit: Unit,
  events: readonly KeyedEvent[],
  since: Date,
  exceptIn: Date | null,
): Promise<EventRow[]> {
  const day = sql`${dateIn('UTC', since)}::date`
  return rowsOf(
    unit,
    sql`
    select ${body} from usage_event event
    where event_key = ${keysOf(events)} and received_on >= ${day} and ${isElsewhere(exceptIn)}
    union all
    select ${body} from usage_id_ahead ahead join usage_event event using (event_key, received_on)
    where ahead.event_key = ${keysOf(events)} and ahead.received_on < ${day}`,
  )
}

/** Remembers which of these events have ids that are ahead of their receipt, because they are not looked for where they are. */
export async function keepIdsAhead(
  unit: Unit,
  events: readonly KeyedEvent[],
  receivedAt: Date,
): Promise<void> {
  const latest = receivedAt.getTime() + aheadMilliseconds
  const ahead = events.filter(({ event }) => (timeOfEvent(event) ?? 0) > latest)
  if (ahead.length === 0) return
  const rows = ahead.map(({ key }) => ({ event_key: key, received_on: dateIn('UTC', receivedAt) }))
  await unit.tx.execute(sql`
    insert into usage_id_ahead (event_key, received_on)
    select event_key, received_on from ${inputRows(rows, 'event_key uuid, received_on date')}
    on conflict (event_key) do update set received_on = excluded.received_on`)
}
