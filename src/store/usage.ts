import { createHash } from 'node:crypto'
import { inArray, sql, type SQL } from 'drizzle-orm'
import type { UsageEvent } from '../domain/usage.ts'
import { ownersOf } from './customers.ts'
import { hashOf } from './fingerprint.ts'
import { among, inputRows } from './json.ts'
import { usageEvent } from './schema.ts'
import { addToStandings, deltasOf } from './standings.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/**
 * What became of a usage event. `unmatched`: kept, but its subject names no customer, or several. `duplicate`: we had it already.
 * `conflict`: we have another event under its source and id; this one is not kept.
 */
export type AcceptedEvent = 'accepted' | 'unmatched' | 'duplicate' | 'conflict'

type Keyed = { readonly key: string; readonly bodyHash: string; readonly event: UsageEvent }

/**
 * Keeps usage events, each once for its source and id for ever, and adds them to their customers' hours; bulk, answers in the order
 * given. One statement when all are new.
 */
export async function acceptEvents(
  unit: Unit,
  events: readonly UsageEvent[],
  receivedAt: Date,
): Promise<AcceptedEvent[]> {
  if (events.length === 0) return []
  const keyed = events.map((event) => ({ key: eventKey(event), bodyHash: bodyHashOf(event), event }))
  const firsts = new Map(keyed.toReversed().map((item) => [item.key, item]))
  const added = await insertEvents(unit, [...firsts.values()], receivedAt)
  const stored = await storedHashes(
    unit,
    [...firsts.keys()].filter((key) => !added.has(key)),
  )
  return keyed.map((item) => {
    const outcome = added.get(item.key)
    if (outcome !== undefined && firsts.get(item.key) === item) return outcome
    const held = stored.get(item.key) ?? firsts.get(item.key)?.bodyHash
    return held === item.bodyHash ? 'duplicate' : 'conflict'
  })
}

/** The first 16 bytes of SHA-256 over source and id, written as a UUID. */
function eventKey({ source, id }: UsageEvent): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([source, id]))
    .digest('hex')
    .slice(0, 32)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function bodyHashOf({ meter, subject, occurredAt, value, properties }: UsageEvent): string {
  const sorted = Object.entries(properties).sort(([left], [right]) => (left < right ? -1 : 1))
  return hashOf(JSON.stringify([meter, subject, occurredAt, value, sorted]))
}

const eventColumns =
  'event_key uuid, source text, id text, body_hash text, meter text, subject text, occurred_at timestamptz, value numeric, ' +
  'properties jsonb'

async function insertEvents(
  unit: Unit,
  items: readonly Keyed[],
  receivedAt: Date,
): Promise<Map<string, AcceptedEvent>> {
  const rows = items.map(eventRow)
  const at = receivedAt.toISOString()
  const added = await rowsOf<{ event_key: string; customer_id: string | null }>(
    unit,
    sql`
    with input as materialized (select * from ${inputRows(rows, eventColumns)}),
    touched as (
      insert into usage_event (event_key, source, id, body_hash, customer_id, meter, subject, occurred_at, received_at, value,
        properties)
      select event_key, source, id, body_hash, owner.customer_id, meter, subject, occurred_at, ${at}::timestamptz, value, properties
      from input left join ${ownersOf(sql`alias in (select subject from input)`)} as owner on owner.alias = subject
      order by event_key
      on conflict (event_key) do nothing
      returning event_key, customer_id, meter, occurred_at, value
    ),
    added_up as (${addUp(at)})
    select event_key, customer_id from touched`,
  )
  const owners = new Map(added.map((row) => [row.event_key, row.customer_id]))
  const counted = items.flatMap(({ key, event }) => {
    const customerId = owners.get(key) ?? null
    return customerId === null ? [] : [{ ...event, customerId }]
  })
  await addToStandings(unit, deltasOf(counted), receivedAt)
  return new Map([...owners].map(([key, owner]) => [key, owner === null ? 'unmatched' : 'accepted']))
}

function eventRow({ key, bodyHash, event }: Keyed) {
  return {
    event_key: key,
    source: event.source,
    id: event.id,
    body_hash: bodyHash,
    meter: event.meter,
    subject: event.subject,
    occurred_at: event.occurredAt,
    value: event.value,
    properties: event.properties,
  }
}

/** Adds the rows of `touched` to their hours, in the order of their keys so that two writers do not lock each other out. */
function addUp(at: string): SQL {
  return sql`
    insert into usage_window as held (customer_id, meter, starts_at, quantity, event_count, revision, changed_at)
    select customer_id, meter, date_trunc('hour', occurred_at, 'UTC') as starts_at, sum(value), count(*), 1, ${at}::timestamptz
    from touched where customer_id is not null
    group by customer_id, meter, starts_at order by customer_id, meter, starts_at
    on conflict (customer_id, meter, starts_at) do update set
      quantity = held.quantity + excluded.quantity, event_count = held.event_count + excluded.event_count,
      revision = held.revision + 1, changed_at = excluded.changed_at`
}

async function storedHashes(unit: Unit, keys: readonly string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map()
  const rows = await unit.tx
    .select({ key: usageEvent.eventKey, bodyHash: usageEvent.bodyHash })
    .from(usageEvent)
    .where(inArray(usageEvent.eventKey, sql`(select key::uuid from ${among(keys)} as wanted(key))`))
  return new Map(rows.map((row) => [row.key, row.bodyHash]))
}

/** Use of one hour that found its customer; `occurredAt` is its first event. */
export type AttachedUse = {
  readonly subject: string
  readonly meter: string
  readonly occurredAt: Date
  readonly count: number
}

type AttachedRow = {
  subject: string
  customer_id: string
  meter: string
  occurred_at: string
  count: string
  value: string
}

/** Gives events that wait under these names to the customers who bear them by now, and adds them to their hours; bulk. */
export async function attachUnmatched(
  unit: Unit,
  at: Date,
  subjects: readonly string[],
): Promise<AttachedUse[]> {
  if (subjects.length === 0) return []
  const rows = await rowsOf<AttachedRow>(
    unit,
    sql`
    with touched as (
      update usage_event event set customer_id = owner.customer_id
      from ${ownersOf(sql`alias in ${among(subjects)}`)} as owner
      where event.subject = owner.alias and event.customer_id is null
      returning event.event_key, event.subject, event.customer_id, event.meter, event.occurred_at, event.value
    ),
    added_up as (${addUp(at.toISOString())})
    select subject, customer_id, meter, min(occurred_at) as occurred_at, count(*), sum(value) as value from touched
    group by subject, customer_id, meter, date_trunc('hour', occurred_at, 'UTC')`,
  )
  const attached = rows.map((row) => ({ ...row, occurredAt: new Date(row.occurred_at) }))
  const counted = attached.map(({ customer_id: customerId, ...use }) => ({ ...use, customerId }))
  await addToStandings(unit, deltasOf(counted), at)
  return attached.map(({ subject, meter, occurredAt, count }) => ({
    subject,
    meter,
    occurredAt,
    count: Number(count),
  }))
}
