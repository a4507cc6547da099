import { sql } from 'drizzle-orm'
import { hourMilliseconds } from '../domain/calendar.ts'
import { HourlyUseSum } from '../domain/hourly-use.ts'
import { ownersOf } from './customers.ts'
import { among } from './json.ts'
import { attachCorrections } from './usage-corrections.ts'
import { addPending } from './usage-pending.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** Use of one hour that found its customer; `occurredAt` is its first event. */
export type AttachedUse = {
  readonly subject: string
  readonly meter: string
  readonly occurredAt: Date
  readonly count: number
}

type AttachedEvent = {
  readonly event_key: string
  readonly subject: string
  readonly customer_id: string
  readonly meter: string
  readonly occurred_at: string
  readonly value: string
}

/** Events that are held in memory together. */
const eventsAtOnce = 10_000

/** Gives events that wait under these names to the customers who bear them by now, and writes down what they add to their hours; bulk. */
export async function attachUnmatched(
  unit: Unit,
  at: Date,
  subjects: readonly string[],
): Promise<AttachedUse[]> {
  const attached = new Map<string, AttachedUse>()
  while (subjects.length > 0) {
    const events = await attachSome(unit, subjects)
    const use = new HourlyUseSum()
    const voided = await attachCorrections(unit, events)
    for (const event of events.filter(({ event_key }) => !voided.has(event_key))) {
      use.add(event.customer_id, event.meter, new Date(event.occurred_at), event.value)
      addTo(attached, event)
    }
    await addPending(unit, use, at)
    if (events.length < eventsAtOnce) break
  }
  return [...attached.values()]
}

function attachSome(unit: Unit, subjects: readonly string[]): Promise<AttachedEvent[]> {
  return rowsOf(
    unit,
    sql`
    update usage_event event set customer_id = found.customer_id
    from (
      select waiting.received_on, waiting.event_key, owner.customer_id
      from ${ownersOf(sql`alias in ${among(subjects)}`)} as owner
        join usage_event waiting on waiting.subject = owner.alias and waiting.customer_id is null
      limit ${eventsAtOnce}
    ) as found
    where event.received_on = found.received_on and event.event_key = found.event_key
    returning event.event_key, event.subject, event.customer_id, event.meter, event.occurred_at, event.value`,
  )
}

function addTo(attached: Map<string, AttachedUse>, { subject, meter, occurred_at }: AttachedEvent): void {
  const occurredAt = new Date(occurred_at)
  const key = JSON.stringify([subject, meter, Math.floor(occurredAt.getTime() / hourMilliseconds)])
  const held = attached.get(key) ?? { subject, meter, occurredAt, count: 0 }
  const first = occurredAt < held.occurredAt ? occurredAt : held.occurredAt
  attached.set(key, { ...held, occurredAt: first, count: held.count + 1 })
}
