import { startOfDay, type TimeZone } from '../domain/calendar.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import type { Clock } from '../ports/clock.ts'
import type { Doorbell } from '../ports/doorbell.ts'
import { openEach } from '../store/exceptions.ts'
import { acceptEvents, type AcceptedEvent } from '../store/usage.ts'
import { coverageOf, type Coverage } from '../store/usage-coverage.ts'
import { askForUsageReport } from '../store/usage-report.ts'
import type { Store, Unit } from '../store/unit-of-work.ts'
import { afterEnd, changedEvent, unknownMeter, unmatchedUsage, type UsageIssue } from './usage-issues.ts'

export type UsageContext = {
  readonly store: Store
  readonly doorbell: Doorbell<Unit['tx']>
  readonly clock: Clock
  readonly checkpoint: Checkpoint
  /** Where the settings of the books are at hand: they tell where a contract's last day ends. */
  readonly books?: { readonly entities: readonly { readonly id: string; readonly timeZone: TimeZone }[] }
}

const hourMilliseconds = 3_600_000

/** Keeps usage events for good, asks for their report, and opens what a person must decide, all in one unit. Answers in the order given. */
export async function acceptUsage(
  events: readonly UsageEvent[],
  context: UsageContext,
): Promise<AcceptedEvent[]> {
  const { store, clock } = context
  const now = clock.now()
  const outcomes = await store.unitOfWork(async (unit) => {
    const became = await acceptEvents(unit, events, now)
    const accepted = events.filter((_event, index) => became[index] === 'accepted')
    if (accepted.length > 0) await askForUsageReport(unit, earliestReport(accepted), context)
    await openEach(unit, await issuesOf(unit, events, became, context), now)
    return became
  })
  context.checkpoint('usage-after-commit')
  return outcomes
}

/** The end of the first hour that events lie in. */
function earliestReport(events: readonly UsageEvent[]): Date {
  const first = Math.min(...events.map(({ occurredAt }) => occurredAt.getTime()))
  return new Date((Math.floor(first / hourMilliseconds) + 1) * hourMilliseconds)
}

async function issuesOf(
  unit: Unit,
  events: readonly UsageEvent[],
  outcomes: readonly AcceptedEvent[],
  context: UsageContext,
): Promise<UsageIssue[]> {
  const having = (outcome: AcceptedEvent) => events.filter((_event, index) => outcomes[index] === outcome)
  const coverage = await coverageOf(
    unit,
    distinct(having('accepted'), ({ subject, meter }) => [subject, meter]),
  )
  return [
    ...distinct(having('unmatched'), ({ subject }) => [subject]).map(unmatchedUsage),
    ...distinct(having('conflict'), ({ source, id }) => [source, id]).map(changedEvent),
    ...coverage.flatMap((found) => uncovered(found, having('accepted'), context)),
  ]
}

/** One event of each key. */
function distinct(
  events: readonly UsageEvent[],
  keyOf: (event: UsageEvent) => readonly string[],
): UsageEvent[] {
  return [...new Map(events.map((event) => [JSON.stringify(keyOf(event)), event])).values()]
}

/** Use that no contract prices: of a meter nobody sold, or after the last contract's end. */
function uncovered(coverage: Coverage, events: readonly UsageEvent[], context: UsageContext): UsageIssue[] {
  const own = events.filter(({ subject, meter }) => subject === coverage.subject && meter === coverage.meter)
  if (coverage.contracts.length === 0) return [unknownMeter(coverage)]
  const ends = coverage.contracts.map((contract) => endOf(contract, context))
  const isAfterEnd = own.some(({ occurredAt }) => ends.every((end) => occurredAt >= end))
  return isAfterEnd ? [afterEnd(coverage)] : []
}

/** The last time zone in which a day ends: where no settings tell the entity's, no use counts as late that may not be. */
const lastZone = 'Etc/GMT+12'

function endOf({ entity, endsBefore }: Coverage['contracts'][number], { books }: UsageContext): Date {
  const zone = books?.entities.find(({ id }) => id === entity)?.timeZone ?? lastZone
  return startOfDay(zone, endsBefore)
}
