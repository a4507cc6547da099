import type { MeterUse, UsageEvent } from '../domain/usage.ts'
import { coveredUse, type CoveredUse } from './covered-use.ts'
import type { Ringing } from './enqueue.ts'
import { openEach } from './exceptions.ts'
import {
  acceptCorrections,
  inOrderOf,
  isCorrection,
  lockForCorrections,
  type AcceptedCorrections,
  type UsageOutcome,
} from './accept-corrections.ts'
import { acceptUse } from './usage.ts'
import { countAllPending } from './count-usage.ts'
import type { PointHour } from './meter-points.ts'
import { recountPoints } from './recount-points.ts'
import { askForReportOf } from './usage-report.ts'
import type { KeyedEvent } from './usage-key.ts'
import type { MeterBookMemory } from './meter-book-memory.ts'
import type { OwnersOf } from './owners-memory.ts'
import type { Sellers } from './usage-due.ts'
import { unmatchedUsage, type UsageIssue } from './usage-issues.ts'
import type { Unit } from './unit-of-work.ts'

/** What keeping usage needs besides the unit. */
export type UsageKeeping = Ringing & {
  /** Where the settings of the books are at hand: they tell where a contract's days begin and end. */
  readonly books?: { readonly entities: Sellers }
  /** What a process remembers of who covers what; without it nothing is remembered. */
  readonly covered?: CoveredUse
  /** What a process remembers of the definitions of meters; without it nothing is remembered. */
  readonly meters?: MeterBookMemory
  /** Finds whom subjects name; without it the database is asked. */
  readonly ownersOf?: OwnersOf
}

/**
 * Keeps usage events for good, corrections after the others, and opens what a person must decide about those that were kept. Answers in the
 * order given; what becomes of a `conflict` or a refused correction is up to the way it came. `areNew` is what `acceptUse` takes.
 */
export async function keepUsage(
  unit: Unit,
  items: readonly KeyedEvent[],
  at: Date,
  keeping: UsageKeeping,
  beliefs: { readonly areNew?: boolean } = {},
): Promise<UsageOutcome[]> {
  const { meters, ownersOf } = keeping
  const remembered = { ...(meters && { meters }), ...(ownersOf && { ownersOf }) }
  const { became, uses, hours } = items.some(isCorrection)
    ? await acceptAll(unit, items, at, meters)
    : { ...(await acceptUse(unit, items, at, { ...beliefs, ...remembered })), hours: [] }
  await recountCorrected(unit, hours, at, keeping)
  // A retraction is no use, so nobody has to say whose it is.
  const unmatched = items.flatMap(({ event }, index) =>
    became[index] === 'unmatched' && event.corrects?.kind !== 'retraction' ? [event] : [],
  )
  await openEach(unit, await issuesOf(unit, uses, unmatched, keeping), at)
  return became
}

/**
 * Accepts events and corrections; what is corrected may come in the same call, so corrections are taken last. Answers as
 * `acceptCorrections`, for all of them.
 */
export async function acceptAll(
  unit: Unit,
  items: readonly KeyedEvent[],
  at: Date,
  meters?: MeterBookMemory,
): Promise<AcceptedCorrections> {
  const book = await lockForCorrections(unit, items, at, meters)
  const plain = await acceptUse(
    unit,
    items.filter((item) => !isCorrection(item)),
    at,
    { ...(meters && { meters }) },
  )
  const corrections = await acceptCorrections(unit, items.filter(isCorrection), at, book)
  const became = inOrderOf(items, plain.became, corrections.became)
  return { became, uses: [...plain.uses, ...corrections.uses], hours: corrections.hours }
}

/** Hours of meters that do not add up are made anew from the events that are left; what is pending of them must be counted before. */
async function recountCorrected(
  unit: Unit,
  hours: readonly PointHour[],
  at: Date,
  keeping: Pick<UsageKeeping, 'clock' | 'doorbell'>,
): Promise<void> {
  if (hours.length === 0) return
  await countAllPending(unit, keeping)
  const deltas = await recountPoints(unit, hours, at)
  await askForReportOf(unit, deltas, keeping)
}

async function issuesOf(
  unit: Unit,
  uses: readonly MeterUse[],
  unmatched: readonly UsageEvent[],
  { clock, books, covered = coveredUse(clock, books?.entities) }: UsageKeeping,
): Promise<UsageIssue[]> {
  return [
    ...distinctEvents(unmatched, ({ subject }) => [subject]).map(unmatchedUsage),
    ...(await covered(unit, uses)),
  ]
}

/** One event of each key. */
export function distinctEvents(
  events: readonly UsageEvent[],
  keyOf: (event: UsageEvent) => readonly string[],
): UsageEvent[] {
  return [...new Map(events.map((event) => [JSON.stringify(keyOf(event)), event])).values()]
}
