import { sql } from 'drizzle-orm'
import { BatchUse } from '../domain/batch-use.ts'
import { hourMilliseconds } from '../domain/calendar.ts'
import { typesOf, type MeterBook } from '../domain/meter-book.ts'
import type { MeterUse, UsageCorrection, UsageEvent } from '../domain/usage.ts'
import { faultOfCorrection, type CorrectionFault } from '../domain/usage-correction.ts'
import { resolveSubject } from './exceptions.ts'
import { inputRows } from './json.ts'
import { bookOf, meterBookMemory, type MeterBookMemory } from './meter-book-memory.ts'
import { isPutAway } from './meter-events.ts'
import type { PointHour } from './meter-points.ts'
import { ownersOfSubjects } from './owners-memory.ts'
import { keepIdsAhead } from './stored-events.ts'
import { copyRows, rowsOf, type Unit } from './unit-of-work.ts'
import { isSame, lockLanes, subjectsOf, type AcceptedEvent } from './usage.ts'
import { countsNothing } from './usage-corrections.ts'
import { usageKey, type KeyedEvent } from './usage-key.ts'
import { addUse } from './usage-pending.ts'
import { usageColumns, usageRows } from './usage-rows.ts'

/** A correction that was not taken, and why. */
export type RefusedCorrection = { readonly fault: CorrectionFault }

/** What became of an event, which may be a correction. */
export type UsageOutcome = AcceptedEvent | RefusedCorrection

/** Whether an event corrects another. */
export function isCorrection({ event }: KeyedEvent): boolean {
  return event.corrects !== undefined
}

/** Puts what became of plain events and of corrections, each in their own order, into the order of all of them. */
export function inOrderOf(
  items: readonly KeyedEvent[],
  plain: readonly UsageOutcome[],
  corrections: readonly UsageOutcome[],
): UsageOutcome[] {
  let [takenPlain, takenCorrections] = [0, 0]
  return items.map((item) =>
    isCorrection(item)
      ? (corrections[takenCorrections++] as UsageOutcome)
      : (plain[takenPlain++] as UsageOutcome),
  )
}

/**
 * Waits for whoever writes events of these keys, or of the keys they correct, and holds them until the unit ends; in one order, so before
 * anything else. Answers the definitions of meters that hold until then.
 */
export async function lockForCorrections(
  unit: Unit,
  items: readonly KeyedEvent[],
  receivedAt: Date,
  meters: MeterBookMemory = meterBookMemory(),
): Promise<MeterBook> {
  const originals = items.filter(isCorrection).map(({ event }) => ({ event, key: originalKeyOf(event) }))
  return bookOf(unit, meters, await lockLanes(unit, [...items, ...originals], receivedAt))
}

/** What became of corrections, of which meters they are use, and the hours that have to be counted anew from the events that are left. */
export type AcceptedCorrections = {
  readonly became: UsageOutcome[]
  readonly uses: readonly MeterUse[]
  readonly hours: readonly PointHour[]
}

/**
 * Keeps corrections, each once for its source and id, and writes down what they take from hours and add to them; bulk, answers in the order
 * given, in which one may correct what an earlier one brought. The caller holds `lockForCorrections`, and has kept what else came.
 */
export async function acceptCorrections(
  unit: Unit,
  items: readonly KeyedEvent[],
  receivedAt: Date,
  book: MeterBook,
): Promise<AcceptedCorrections> {
  const known = await knownEvents(
    unit,
    items.flatMap(({ key, event }) => [key, originalKeyOf(event)]),
  )
  const owners = await ownersOfSubjects(unit, subjectsOf(items))
  await notePutAway(unit, items, known, book)
  const fresh: FreshCorrection[] = []
  const became = items.map((item): UsageOutcome => {
    const { event, key } = item
    const held = known.get(key)
    if (held !== undefined) return isSameCorrection(held, event) ? 'duplicate' : 'conflict'
    const original = known.get(originalKeyOf(event)) ?? null
    const fault = faultOfCorrection(event, original)
    if (fault !== null || original === null) return { fault: fault as CorrectionFault }
    const isRetraction = event.corrects?.kind === 'retraction'
    const customerId = isRetraction ? original.customerId : (owners.get(event.subject) ?? null)
    known.set(key, { ...event, customerId, isRetraction, correctedBy: null, isPutAway: false })
    original.correctedBy = event.id
    fresh.push({ item, customerId, original })
    return isRetraction || customerId !== null ? 'accepted' : 'unmatched'
  })
  const change = new BatchUse(book)
  for (const correction of fresh) addChange(change, correction)
  await keep(unit, fresh, change, receivedAt)
  return { became, uses: change.uses, hours: change.recounted }
}

/** Finds originals whose hour would have to be counted anew, and cannot be. */
async function notePutAway(
  unit: Unit,
  items: readonly KeyedEvent[],
  known: ReadonlyMap<string, KnownEvent>,
  book: MeterBook,
): Promise<void> {
  for (const key of new Set(items.map(({ event }) => originalKeyOf(event)))) {
    const original = known.get(key)
    if (original === undefined || original.customerId === null) continue
    const trial = new BatchUse(book)
    trial.remove(original.customerId, original, key)
    for (const { customerId, meter, startsAt: from } of trial.recounted) {
      const to = new Date(from.getTime() + hourMilliseconds)
      original.isPutAway ||= await isPutAway(unit, { customerId, types: typesOf(book, meter), from, to })
    }
  }
}

function originalKeyOf({ source, corrects }: UsageEvent): string {
  return usageKey(source, corrects?.id ?? '')
}

/** An event that is there, whose it is, and what was made of it. */
type KnownEvent = UsageEvent & {
  readonly customerId: string | null
  readonly isRetraction: boolean
  correctedBy: string | null
  isPutAway: boolean
}

type FreshCorrection = {
  readonly item: KeyedEvent
  /** Whose the correcting event is. */
  readonly customerId: string | null
  readonly original: KnownEvent
}

/**
 * What there is of these keys. The rows are held until the unit ends, because an event that just finds its customer counts from then on and is to be
 * taken from that customer's hour.
 */
async function knownEvents(unit: Unit, keys: readonly string[]): Promise<Map<string, KnownEvent>> {
  const rows = await rowsOf<{
    event_key: string
    source: string
    id: string
    customer_id: string | null
    meter: string
    subject: string
    occurred_at: string
    value: string
    properties: Record<string, string>
    kind: UsageCorrection['kind'] | null
    original_id: string | null
    corrected_by: string | null
  }>(
    unit,
    sql`
    select event.event_key, event.source, event.id, event.customer_id, event.meter, event.subject, event.occurred_at, event.value,
      event.properties, made.kind, made.original_id, suffered.correcting_id as corrected_by
    from usage_event event
      left join usage_correction made on made.correcting_key = event.event_key
      left join usage_correction suffered on suffered.original_key = event.event_key
    where event.event_key = any(${`{${keys.join()}}`}::uuid[])
    order by event.event_key for update of event`,
  )
  return new Map(
    rows.map((row) => {
      const { source, id, meter, subject, value, properties, kind, original_id } = row
      return [
        row.event_key.replaceAll('-', ''),
        {
          source,
          id,
          meter,
          subject,
          value,
          properties,
          occurredAt: new Date(row.occurred_at),
          ...(kind === null || original_id === null ? {} : { corrects: { kind, id: original_id } }),
          customerId: row.customer_id,
          isRetraction: kind === 'retraction',
          correctedBy: row.corrected_by,
          isPutAway: false,
        },
      ]
    }),
  )
}

function isSameCorrection(held: UsageEvent, event: UsageEvent): boolean {
  const [one, other] = [held.corrects, event.corrects]
  return isSame(held, event) && one?.kind === other?.kind && one?.id === other?.id
}

async function keep(
  unit: Unit,
  fresh: readonly FreshCorrection[],
  change: BatchUse,
  receivedAt: Date,
): Promise<void> {
  if (fresh.length === 0) return
  await keepIdsAhead(
    unit,
    fresh.map(({ item }) => item),
    receivedAt,
  )
  await addUse(unit, change, receivedAt)
  const rows = fresh.map(({ item, customerId }) =>
    usageRows([item], new Map(customerId === null ? [] : [[item.event.subject, customerId]]), receivedAt),
  )
  await copyRows(unit, 'usage_event', usageColumns, Buffer.concat(rows))
  await keepLinks(unit, fresh, receivedAt)
  const unmatched = fresh.filter(({ original }) => original.customerId === null)
  await settleUnmatched(
    unit,
    unmatched.map(({ original }) => original.subject),
    receivedAt,
  )
}

/** What a correction does: the original is taken from its hour, and what counts in its place is added to its own. */
function addChange(change: BatchUse, { item: { event, key }, customerId, original }: FreshCorrection): void {
  if (original.customerId !== null) change.remove(original.customerId, original, originalKeyOf(event))
  if (event.corrects?.kind === 'replacement' && customerId !== null) change.take(customerId, event, key)
}

const linkColumns =
  'original_key uuid, correcting_key uuid, kind text, source text, original_id text, correcting_id text, customer_id text, meter text, ' +
  'subject text, occurred_at timestamptz, quantity numeric, corrected_at timestamptz'

async function keepLinks(unit: Unit, fresh: readonly FreshCorrection[], receivedAt: Date): Promise<void> {
  const rows = fresh.map(({ item: { event, key }, original }) => ({
    original_key: originalKeyOf(event),
    correcting_key: key,
    kind: event.corrects?.kind,
    source: event.source,
    original_id: original.id,
    correcting_id: event.id,
    customer_id: original.customerId,
    meter: original.meter,
    subject: original.subject,
    occurred_at: original.occurredAt,
    quantity: original.value,
    corrected_at: event.occurredAt,
  }))
  await unit.tx.execute(sql`
    insert into usage_correction (original_key, correcting_key, kind, source, original_id, correcting_id, customer_id, meter, subject,
      occurred_at, quantity, corrected_at, received_at)
    select input.*, ${receivedAt.toISOString()}::timestamptz from ${inputRows(rows, linkColumns)}`)
}

/** Where nothing waits under a name any more, because all of it was taken back, nobody has to say whose it is. */
async function settleUnmatched(unit: Unit, subjects: readonly string[], at: Date): Promise<void> {
  for (const subject of new Set(subjects)) {
    const waiting = await rowsOf(
      unit,
      sql`
      select from usage_event event where subject = ${subject} and customer_id is null
        and not ${countsNothing(sql`event.event_key`)} limit 1`,
    )
    if (waiting.length > 0) continue
    const about = { queue: 'report-usage', subjectKind: 'usage-subject', subject }
    await resolveSubject(unit, about, { by: 'hub', resolution: 'its use was corrected', at })
  }
}
