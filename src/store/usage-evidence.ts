import { and, asc, eq, gt, gte, lt, or } from 'drizzle-orm'
import { usageEvent } from './schema.ts'
import { databaseOf, type Reader } from './unit-of-work.ts'
import type { UsageRange } from './usage-windows.ts'

const hourMilliseconds = 3_600_000
const eventsAtOnce = 2_000

const columns = {
  eventKey: usageEvent.eventKey,
  source: usageEvent.source,
  id: usageEvent.id,
  subject: usageEvent.subject,
  occurredAt: usageEvent.occurredAt,
  receivedAt: usageEvent.receivedAt,
  value: usageEvent.value,
  properties: usageEvent.properties,
}

/** An event as it was kept. */
export type KeptEvent = Omit<Awaited<ReturnType<typeof pageOf>>[number], 'eventKey'>

/**
 * Every event of a customer and meter in a range of time, in the order of their time, page by page. An hour is read at a time, because that is what
 * the index finds.
 */
export async function* eventsOfRange(reader: Reader, range: UsageRange): AsyncGenerator<KeptEvent[]> {
  for (let from = range.from; from < range.to;) {
    const nextHour = (Math.floor(from.getTime() / hourMilliseconds) + 1) * hourMilliseconds
    const to = new Date(Math.min(nextHour, range.to.getTime()))
    for (let after: Place | null = null; ;) {
      const page = await pageOf(reader, { ...range, from, to }, after)
      if (page.length > 0) yield page.map(({ eventKey: _key, ...event }) => event)
      if (page.length < eventsAtOnce) break
      after = page.at(-1) ?? null
    }
    from = to
  }
}

type Place = { readonly occurredAt: Date; readonly eventKey: string }

async function pageOf(reader: Reader, { customerId, meter, from, to }: UsageRange, after: Place | null) {
  const { occurredAt, eventKey } = usageEvent
  const beyond =
    after === null
      ? undefined
      : or(
          gt(occurredAt, after.occurredAt),
          and(eq(occurredAt, after.occurredAt), gt(eventKey, after.eventKey)),
        )
  const isOfHour = and(gte(occurredAt, after?.occurredAt ?? from), lt(occurredAt, to))
  return databaseOf(reader)
    .select(columns)
    .from(usageEvent)
    .where(and(eq(usageEvent.customerId, customerId), eq(usageEvent.meter, meter), isOfHour, beyond))
    .orderBy(asc(occurredAt), asc(eventKey))
    .limit(eventsAtOnce)
}
