import type postgres from 'postgres'
import { keyOf, partsOf, type SentEvent } from './usage-journal.ts'

/** What a hub holds of usage otherwise than a journal says, as sentences; empty lists where they agree. */
export type Disagreements = {
  readonly lost: readonly string[]
  readonly countedTwice: readonly string[]
  readonly neverAcknowledged: readonly string[]
  readonly otherThanSent: readonly string[]
  readonly hours: readonly string[]
  readonly standings: readonly string[]
  readonly told: readonly string[]
}

type RawRow = {
  source: string
  id: string
  meter: string
  subject: string
  occurred_at: Date
  value: string
  customer_id: string | null
}

/**
 * Compares all a hub holds with what clients noted down: raw events one by one, hours, standings, and what was told to the provider of hours that
 * have ended. Everything expected is computed from the journal; `owners` says whose use a subject is.
 */
export async function compareWithJournal(
  sql: postgres.Sql,
  journaled: ReadonlyMap<string, SentEvent>,
  owners: ReadonlyMap<string, string>,
): Promise<Disagreements> {
  return {
    ...(await compareRaw(sql, journaled, owners)),
    ...(await compareHours(sql, hoursOf(journaled.values(), owners))),
    standings: await compareStandings(sql, journaled, owners),
  }
}

async function compareRaw(
  sql: postgres.Sql,
  journaled: ReadonlyMap<string, SentEvent>,
  owners: ReadonlyMap<string, string>,
) {
  const unseen = new Set(journaled.keys())
  const [countedTwice, neverAcknowledged, otherThanSent]: string[][] = [[], [], []]
  const rows = sql<RawRow[]>`
    select source, id, meter, subject, occurred_at, value::text, customer_id from usage_event where source like 'kills/%'`
  for await (const page of rows.cursor(5_000)) {
    for (const row of page) {
      const key = keyOf(row)
      const sent = journaled.get(key)
      if (sent === undefined) neverAcknowledged?.push(key)
      else if (!unseen.delete(key)) countedTwice?.push(key)
      else if (!isAsSent(row, sent, owners)) otherThanSent?.push(`${key}: ${JSON.stringify(row)}`)
    }
  }
  return {
    lost: [...unseen],
    countedTwice: countedTwice ?? [],
    neverAcknowledged: neverAcknowledged ?? [],
    otherThanSent: otherThanSent ?? [],
  }
}

function isAsSent(row: RawRow, sent: SentEvent, owners: ReadonlyMap<string, string>): boolean {
  return (
    partsOf(row.value) === partsOf(sent.value) &&
    row.meter === sent.type &&
    row.subject === sent.subject &&
    row.occurred_at.toISOString() === sent.time &&
    row.customer_id === (owners.get(sent.subject) ?? null)
  )
}

type Counted = { parts: bigint; events: number }

/** What the journal comes to by customer and hour. */
function hoursOf(events: Iterable<SentEvent>, owners: ReadonlyMap<string, string>): Map<string, Counted> {
  const hours = new Map<string, Counted>()
  for (const { subject, type, time, value } of events) {
    const owner = owners.get(subject)
    if (owner === undefined) continue
    const key = `${owner} ${type} ${time.slice(0, 13)}`
    const hour = hours.get(key) ?? { parts: 0n, events: 0 }
    hours.set(key, { parts: hour.parts + partsOf(value), events: hour.events + 1 })
  }
  return hours
}

type HourRow = {
  customer_id: string
  meter: string
  starts_at: Date
  quantity: string
  event_count: string
  told: string
  is_due: boolean
}

async function compareHours(sql: postgres.Sql, expected: ReadonlyMap<string, Counted>) {
  const rows = await sql<HourRow[]>`
    select customer_id, meter, starts_at, quantity::text, event_count::text, reported_quantity::text as told,
      meter = 'tokens' and starts_at + interval '1 hour' <= now() - interval '1 minute' as is_due
    from usage_window`
  const wrong = rows.flatMap((row) => {
    const hour = expected.get(nameOf(row))
    if (hour?.parts === partsOf(row.quantity) && String(hour.events) === row.event_count) return []
    return [
      `${nameOf(row)}: ${row.quantity} in ${row.event_count} events, not ${JSON.stringify(shown(hour))}`,
    ]
  })
  const found = new Set(rows.map(nameOf))
  const missing = [...expected.keys()].filter((key) => !found.has(key)).map((key) => `${key} is missing`)
  const untold = rows
    .filter((row) => row.is_due && partsOf(row.told) !== expected.get(nameOf(row))?.parts)
    .map((row) => `${nameOf(row)}: told ${row.told} of ${row.quantity}`)
  return { hours: [...wrong, ...missing], told: untold }
}

function nameOf({ customer_id: owner, meter, starts_at: startsAt }: HourRow): string {
  return `${owner} ${meter} ${startsAt.toISOString().slice(0, 13)}`
}

function shown(hour: Counted | undefined) {
  return hour === undefined ? null : { parts: hour.parts.toString(), events: hour.events }
}

type StandingRow = { customer_id: string; period_from: Date; period_to: Date; used_units: string }

async function compareStandings(
  sql: postgres.Sql,
  journaled: ReadonlyMap<string, SentEvent>,
  owners: ReadonlyMap<string, string>,
): Promise<string[]> {
  const rows = await sql<StandingRow[]>`
    select customer_id, period_from, period_to, used_units::text from usage_standing where meter = 'tokens' and period_from is not null`
  const events = [...journaled.values()]
  const wrong = rows.flatMap((row) => {
    const [from, to] = [row.period_from.toISOString(), row.period_to.toISOString()]
    const parts = events
      .filter(({ type, subject }) => type === 'tokens' && owners.get(subject) === row.customer_id)
      .filter(({ time }) => from <= time && time < to)
      .reduce((sum, { value }) => sum + partsOf(value), 0n)
    return parts === partsOf(row.used_units)
      ? []
      : [`${row.customer_id}: ${row.used_units} used, not ${parts} parts`]
  })
  const customers = new Set(owners.values())
  return rows.length === customers.size
    ? wrong
    : [...wrong, `${rows.length} standings for ${customers.size} customers`]
}
