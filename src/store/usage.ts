import { sql, type SQL } from 'drizzle-orm'
import { decimalOf, finestParts } from '../domain/exact-sum.ts'
import type { UsageDelta } from '../domain/entitlement-standing.ts'
import type { UsageEvent } from '../domain/usage.ts'
import { ownersOf } from './customers.ts'
import { among, inputRows } from './json.ts'
import { addToStandings, deltasOf } from './standings.ts'
import { allLanes, keyedEvent, laneOf, type KeyedEvent } from './usage-key.ts'
import { usageColumns, usageRows } from './usage-rows.ts'
import { copyRows, rowsOf, type Unit } from './unit-of-work.ts'

/**
 * What became of a usage event. `unmatched`: kept, but its subject names no customer, or several. `duplicate`: we had it already.
 * `conflict`: we have another event under its source and id; this one is not kept.
 */
export type AcceptedEvent = 'accepted' | 'unmatched' | 'duplicate' | 'conflict'

/**
 * Keeps usage events, each once for its source and id for ever, and adds them to their customers' hours; bulk, answers in the order
 * given. Whoever writes in the same lanes waits until the unit ends, so that what is looked up here stays true.
 */
export async function acceptEvents(
  unit: Unit,
  events: readonly UsageEvent[],
  receivedAt: Date,
): Promise<AcceptedEvent[]> {
  if (events.length === 0) return []
  const keyed = events.map(keyedEvent)
  const firsts = new Map(keyed.toReversed().map((item) => [item.key, item]))
  await lockLanes(unit, events, receivedAt)
  const [stored, owners] = await Promise.all([
    storedHashes(unit, [...firsts.keys()]),
    ownersOfSubjects(unit, events),
  ])
  const fresh = [...firsts.values()].filter(({ key }) => !stored.has(key))
  await keep(unit, fresh, owners, receivedAt)
  return keyed.map((item) => {
    if (firsts.get(item.key) === item && !stored.has(item.key))
      return owners.has(item.event.subject) ? 'accepted' : 'unmatched'
    const held = stored.get(item.key) ?? firsts.get(item.key)?.bodyHash
    return held === item.bodyHash ? 'duplicate' : 'conflict'
  })
}

/** Takes the lanes in one order, so that two units wait for each other instead of for ever. The table of the month comes first. */
async function lockLanes(unit: Unit, events: readonly UsageEvent[], receivedAt: Date): Promise<void> {
  const lanes = isNearMonthEnd(receivedAt) ? allLanes : [...new Set(events.map(laneOf))].sort()
  await keepUsageMonth(unit, receivedAt)
  await unit.tx.execute(sql`
    select pg_advisory_xact_lock(hashtextextended('usage lane ' || lane, 0))
    from (select lane from ${among(lanes.map(String))} as asked(lane) order by lane) ordered`)
}

/**
 * Within a month its table's index keeps two lanes from taking one key for different subjects; where months meet, there are two tables, and
 * clocks differ, so whoever writes then takes all lanes.
 */
function isNearMonthEnd(at: Date): boolean {
  const monthAt = (milliseconds: number) => new Date(at.getTime() + milliseconds).getUTCMonth()
  return monthAt(-hourMilliseconds) !== monthAt(hourMilliseconds)
}

/** Makes the table for the events that come in a month, where there is none yet. */
export async function keepUsageMonth(unit: Unit, at: Date): Promise<void> {
  await unit.tx.execute(sql`select keep_usage_month(${at.toISOString().slice(0, 10)}::date)`)
}

/** What we have of these keys, in any month, with the hash of each. */
async function storedHashes(unit: Unit, keys: readonly string[]): Promise<Map<string, string>> {
  const rows = await rowsOf<{ event_key: string; body_hash: string }>(
    unit,
    sql`select event_key, body_hash from usage_event where event_key = any(${`{${keys.join()}}`}::uuid[])`,
  )
  return new Map(rows.map((row) => [row.event_key, row.body_hash]))
}

/** The customers that subjects name; those that name none, or several, are left out. */
async function ownersOfSubjects(unit: Unit, events: readonly UsageEvent[]): Promise<Map<string, string>> {
  const subjects = [...new Set(events.map(({ subject }) => subject))]
  const rows = await rowsOf<{ alias: string; customer_id: string }>(
    unit,
    sql`select alias, customer_id from ${ownersOf(sql`alias in ${among(subjects)}`)} as owner`,
  )
  return new Map(rows.map((row) => [row.alias, row.customer_id]))
}

/** Writes new events, and adds those that have an owner to its hours. */
async function keep(
  unit: Unit,
  fresh: readonly KeyedEvent[],
  owners: ReadonlyMap<string, string>,
  receivedAt: Date,
): Promise<void> {
  if (fresh.length === 0) return
  await copyRows(unit, 'usage_event', usageColumns, usageRows(fresh, owners, receivedAt))
  const hours = hoursOf(fresh, owners)
  if (hours.length === 0) return
  const touched = inputRows(
    hours,
    'customer_id text, meter text, starts_at timestamptz, quantity numeric, events bigint',
  )
  await unit.tx.execute(addHours(sql`select * from ${touched}`, receivedAt))
  await addToStandings(unit, hours.map(deltaOf), receivedAt)
}

function deltaOf({ customer_id: customerId, meter, starts_at, quantity }: Hour): UsageDelta {
  return { customerId, meter, startsAt: new Date(starts_at), quantity }
}

const hourMilliseconds = 3_600_000

type Hour = { customer_id: string; meter: string; starts_at: string; quantity: string; events: string }

/** What new events add to each hour of a customer and meter. */
function hoursOf(fresh: readonly KeyedEvent[], owners: ReadonlyMap<string, string>): Hour[] {
  const sums = new Map<string, { first: UsageEvent; hour: number; parts: bigint; events: number }>()
  for (const { event } of fresh) {
    const customerId = owners.get(event.subject)
    if (customerId === undefined) continue
    const hour = Math.floor(event.occurredAt.getTime() / hourMilliseconds)
    const key = `${customerId} ${event.meter} ${hour}`
    const sum = sums.get(key)
    if (sum === undefined) sums.set(key, { first: event, hour, parts: finestParts(event.value), events: 1 })
    else {
      sum.parts += finestParts(event.value)
      sum.events++
    }
  }
  return [...sums.values()].map(({ first, hour, parts, events }) => ({
    customer_id: owners.get(first.subject) ?? '',
    meter: first.meter,
    starts_at: new Date(hour * hourMilliseconds).toISOString(),
    quantity: decimalOf(parts),
    events: String(events),
  }))
}

/** Adds to hours what `touched` has of them, in the order of their keys so that two writers do not lock each other out. */
function addHours(touched: SQL, at: Date): SQL {
  const changedAt = sql`${at.toISOString()}::timestamptz`
  return sql`
    insert into usage_window as held (customer_id, meter, starts_at, quantity, event_count, revision, changed_at)
    select customer_id, meter, starts_at, quantity, events, 1, ${changedAt} from (${touched}) as touched
    order by customer_id, meter, starts_at
    on conflict (customer_id, meter, starts_at) do update set
      quantity = held.quantity + excluded.quantity, event_count = held.event_count + excluded.event_count,
      revision = held.revision + 1, changed_at = excluded.changed_at`
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
    added_up as (${addHours(
      sql`
      select customer_id, meter, date_trunc('hour', occurred_at, 'UTC') as starts_at, sum(value) as quantity, count(*) as events
      from touched group by 1, 2, 3`,
      at,
    )})
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
