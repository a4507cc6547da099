import { hourMilliseconds } from '../domain/calendar.ts'
import { and, asc, eq, gt, gte, inArray, lt, or, sql } from 'drizzle-orm'
import { usageEvent } from './schema.ts'
import { databaseOf, type Reader } from './unit-of-work.ts'
import { countsNothing } from './usage-corrections.ts'

const eventsAtOnce = 2_000

const columns = {
  key: usageEvent.eventKey,
  meter: usageEvent.meter,
  source: usageEvent.source,
  id: usageEvent.id,
  subject: usageEvent.subject,
  occurredAt: usageEvent.occurredAt,
  receivedAt: usageEvent.receivedAt,
  value: usageEvent.value,
  properties: usageEvent.properties,
}

/** An event as it was kept, with what it is known by; its meter is the type it was sent with. */
export type EvidenceEvent = Awaited<ReturnType<typeof pageOf>>[number]

/** Whose events of which types to read, between two instants; `to` is not in it. */
export type EvidenceRange = {
  readonly customerId: string
  readonly types: readonly string[]
  readonly from: Date
  readonly to: Date
}

/**
 * Every event that counts of a customer and some types in a range of time, in the order of their time, page by page. An hour is read at a time, because that is what
 * the index finds.
 */
export async function* eventsOfRange(reader: Reader, range: EvidenceRange): AsyncGenerator<EvidenceEvent[]> {
  for (let from = range.from; from < range.to;) {
    const nextHour = (Math.floor(from.getTime() / hourMilliseconds) + 1) * hourMilliseconds
    const to = new Date(Math.min(nextHour, range.to.getTime()))
    for (let after: Place | null = null; ;) {
      const page = await pageOf(reader, { ...range, from, to }, after)
      if (page.length > 0) yield page
      if (page.length < eventsAtOnce) break
      after = page.at(-1) ?? null
    }
    from = to
  }
}

type Place = { readonly occurredAt: Date; readonly key: string }

async function pageOf(reader: Reader, { customerId, types, from, to }: EvidenceRange, after: Place | null) {
  const { occurredAt, eventKey } = usageEvent
  const beyond =
    after === null
      ? undefined
      : or(gt(occurredAt, after.occurredAt), and(eq(occurredAt, after.occurredAt), gt(eventKey, after.key)))
  const isOfHour = and(gte(occurredAt, after?.occurredAt ?? from), lt(occurredAt, to))
  const counts = sql`not ${countsNothing(sql`${eventKey}`)}`
  return databaseOf(reader)
    .select(columns)
    .from(usageEvent)
    .where(
      and(
        eq(usageEvent.customerId, customerId),
        inArray(usageEvent.meter, [...types]),
        isOfHour,
        beyond,
        counts,
      ),
    )
    .orderBy(asc(occurredAt), asc(eventKey))
    .limit(eventsAtOnce)
}
