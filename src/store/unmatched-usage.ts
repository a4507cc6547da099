import { sql } from 'drizzle-orm'
import { BatchUse } from '../domain/batch-use.ts'
import { hourMilliseconds } from '../domain/calendar.ts'
import type { MeterUse } from '../domain/usage.ts'
import { ownersOf } from './customers.ts'
import { among } from './json.ts'
import { shareMeterBook } from './meter-book-memory.ts'
import { keptEventOf, type EventRow, type KeptEvent } from './meter-events.ts'
import { attachCorrections } from './usage-corrections.ts'
import { addUse } from './usage-pending.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** Events that found their customers: how many of each subject, and of which meters they are use, once for each hour. */
export type Attached = {
  readonly events: ReadonlyMap<string, number>
  readonly uses: readonly MeterUse[]
}

/** Events that are held in memory together. */
const eventsAtOnce = 10_000

/** Gives events that wait under these names to the customers who bear them by now, and writes down what they add to their hours; bulk. */
export async function attachUnmatched(unit: Unit, at: Date, subjects: readonly string[]): Promise<Attached> {
  const counts = new Map<string, number>()
  const uses = new Map<string, MeterUse>()
  if (subjects.length === 0) return { events: counts, uses: [] }
  const book = await shareMeterBook(unit)
  for (;;) {
    const kept = await attachSome(unit, subjects)
    const use = new BatchUse(book)
    const voided = await attachCorrections(
      unit,
      kept.map(({ key, customerId }) => ({ event_key: key, customer_id: customerId })),
    )
    for (const { customerId, event, key } of kept.filter((one) => !voided.has(one.key))) {
      use.take(customerId, event, key)
      counts.set(event.subject, (counts.get(event.subject) ?? 0) + 1)
    }
    for (const each of use.uses) noteUse(uses, each)
    await addUse(unit, use, at)
    if (kept.length < eventsAtOnce) return { events: counts, uses: [...uses.values()] }
  }
}

async function attachSome(unit: Unit, subjects: readonly string[]): Promise<KeptEvent[]> {
  const rows = await rowsOf<EventRow>(
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
    returning event.event_key, event.customer_id, event.source, event.id, event.meter, event.subject, event.occurred_at, event.value,
      event.properties`,
  )
  return rows.map(keptEventOf)
}

/** Of an hour its first use. */
function noteUse(uses: Map<string, MeterUse>, { subject, meter, occurredAt }: MeterUse): void {
  const key = JSON.stringify([subject, meter, Math.floor(occurredAt.getTime() / hourMilliseconds)])
  const held = uses.get(key)
  if (held === undefined || occurredAt < held.occurredAt) uses.set(key, { subject, meter, occurredAt })
}
