import { sql } from 'drizzle-orm'
import { BatchUse } from '../domain/batch-use.ts'
import { dateIn } from '../domain/calendar.ts'
import type { MeterBook } from '../domain/meter-book.ts'
import type { MeterUse } from '../domain/usage.ts'
import { bookOf, meterBookMemory, sharedMeterBook, type MeterBookMemory } from './meter-book-memory.ts'
import { ownersOfSubjects, type OwnersOf } from './owners-memory.ts'
import { keepIdsAhead, storedEvents, type EventBody } from './stored-events.ts'
import { addUse } from './usage-pending.ts'
import { laneOf, type KeyedEvent } from './usage-key.ts'
import { usageColumns, usageRows } from './usage-rows.ts'
import { copyRows, rowsOf, type Unit } from './unit-of-work.ts'

/**
 * What became of a usage event. `unmatched`: kept, but its subject names no customer, or several. `duplicate`: we had it already.
 * `conflict`: we have another event under its source and id; this one is not kept.
 */
export type AcceptedEvent = 'accepted' | 'unmatched' | 'duplicate' | 'conflict'

/** What may be known before events are accepted. */
export type Beliefs = {
  /** Whether none of them is believed to have come this month already. */
  readonly areNew?: boolean
  /** What a process remembers of the definitions of meters; without it nothing is remembered. */
  readonly meters?: MeterBookMemory
  /** Finds whom subjects name; without it the database is asked. */
  readonly ownersOf?: OwnersOf
}

/**
 * Keeps usage events, each once for its source and id, and writes down what they add to their customers' hours; bulk, answers in the order given.
 * Whoever writes in the same lanes waits until the unit ends, so that what is looked up here stays true. Where none of them is believed to
 * have come this month already, nor twice here, that is not looked at, and 23505 says that it was not so.
 */
export async function acceptEvents(
  unit: Unit,
  events: readonly KeyedEvent[],
  receivedAt: Date,
  beliefs: Beliefs = {},
): Promise<AcceptedEvent[]> {
  return (await acceptUse(unit, events, receivedAt, beliefs)).became
}

/** What became of events, and of which meters they are use. */
type Acceptance = { readonly became: AcceptedEvent[]; readonly uses: readonly MeterUse[] }

/** As `acceptEvents`; tells also by which meters the accepted events are counted, as their definitions say. */
export async function acceptUse(
  unit: Unit,
  events: readonly KeyedEvent[],
  receivedAt: Date,
  { areNew = false, meters = meterBookMemory(), ownersOf = ownersOfSubjects }: Beliefs = {},
): Promise<Acceptance> {
  if (events.length === 0) return { became: [], uses: [] }
  const book = await bookOf(unit, meters, await lockLanes(unit, events, receivedAt))
  const firsts = areNew ? null : firstsOf(events)
  const each = firsts === null ? events : [...firsts.values()]
  const [stored, owners] = await Promise.all([
    storedEvents(unit, each, areNew ? receivedAt : null),
    ownersOf(unit, subjectsOf(events)),
  ])
  const fresh = stored.size === 0 ? each : each.filter(({ key }) => !stored.has(key))
  const uses = await keep(unit, fresh, { owners, book, receivedAt })
  const became = events.map(({ event, key }): AcceptedEvent => {
    const held = stored.get(key)
    const first = held ?? (firsts === null ? event : firsts.get(key)?.event)
    if (held === undefined && first === event) return owners.has(event.subject) ? 'accepted' : 'unmatched'
    return first !== undefined && isSame(first, event) ? 'duplicate' : 'conflict'
  })
  return { became, uses }
}

/** Of each key the first event. */
function firstsOf(events: readonly KeyedEvent[]): Map<string, KeyedEvent> {
  const firsts = new Map<string, KeyedEvent>()
  for (const item of events) if (!firsts.has(item.key)) firsts.set(item.key, item)
  return firsts
}

/**
 * Takes the lanes in one order, so that two units wait for each other instead of for ever, and makes sure of the month's table. What is asked for each
 * batch is planned once: its plans do not depend on what they are asked for. Answers which publication of meters holds until the unit ends; it
 * is shared before any lane, because who publishes waits for everybody who shares it.
 */
export async function lockLanes(
  unit: Unit,
  events: readonly KeyedEvent[],
  receivedAt: Date,
): Promise<number> {
  const lanes = [...new Set(events.map(laneOf))].sort().map(String)
  const [row] = await rowsOf<{ serial: string }>(
    unit,
    sql`
    select set_config('plan_cache_mode', 'force_generic_plan', true), keep_usage_month(${dateIn('UTC', receivedAt)}::date),
      ${sharedMeterBook} as serial,
      (select count(pg_advisory_xact_lock(hashtextextended('usage lane ' || lane, 0)))
        from unnest(${`{${lanes.join()}}`}::text[]) as lane)`,
  )
  return Number(row?.serial)
}

/** Makes the table for the events that come in a month, where there is none yet. */
export async function keepUsageMonth(unit: Unit, at: Date): Promise<void> {
  await unit.tx.execute(sql`select keep_usage_month(${dateIn('UTC', at)}::date)`)
}

/** Whether two events under one source and id say the same; what they correct is not looked at. */
export function isSame(left: EventBody, right: EventBody): boolean {
  const [names, others] = [Object.keys(left.properties), Object.keys(right.properties)]
  return (
    left.meter === right.meter &&
    left.subject === right.subject &&
    left.value === right.value &&
    left.occurredAt.getTime() === right.occurredAt.getTime() &&
    names.length === others.length &&
    names.every((name) => left.properties[name] === right.properties[name])
  )
}

/** Whom events say they are of. */
export function subjectsOf(events: readonly KeyedEvent[]): Set<string> {
  const subjects = new Set<string>()
  for (const { event } of events) subjects.add(event.subject)
  return subjects
}

type Keeping = {
  readonly owners: ReadonlyMap<string, string>
  readonly book: MeterBook
  readonly receivedAt: Date
}

/** Writes new events, and what those that have an owner add to hours. Answers of which meters they are use. */
async function keep(
  unit: Unit,
  fresh: readonly KeyedEvent[],
  { owners, book, receivedAt }: Keeping,
): Promise<readonly MeterUse[]> {
  if (fresh.length === 0) return []
  const use = new BatchUse(book)
  for (const { event, key } of fresh) {
    const customerId = owners.get(event.subject)
    if (customerId !== undefined) use.take(customerId, event, key)
  }
  await addUse(unit, use, receivedAt)
  await copyRows(unit, 'usage_event', usageColumns, usageRows(fresh, owners, receivedAt))
  // After the rows, which say so by 23505 where one of them was here or comes twice.
  await keepIdsAhead(unit, fresh, receivedAt)
  return use.uses
}
