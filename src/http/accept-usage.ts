import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import type { Clock } from '../ports/clock.ts'
import type { Doorbell } from '../ports/doorbell.ts'
import { openEach } from '../store/exceptions.ts'
import { acceptEvents, type AcceptedEvent } from '../store/usage.ts'
import { coverageOf } from '../store/usage-coverage.ts'
import type { Sellers } from '../store/usage-due.ts'
import { changedEvent, uncoveredUse, unmatchedUsage, type UsageIssue } from '../store/usage-issues.ts'
import { askForUsageReport } from '../store/usage-report.ts'
import type { Store, Unit } from '../store/unit-of-work.ts'

export type UsageContext = {
  readonly store: Store
  readonly doorbell: Doorbell<Unit['tx']>
  readonly clock: Clock
  readonly checkpoint: Checkpoint
  /** Where the settings of the books are at hand: they tell where a contract's days begin and end. */
  readonly books?: { readonly entities: Sellers }
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
  const accepted = having('accepted')
  const coverage = await coverageOf(
    unit,
    distinct(accepted, ({ subject, meter }) => [subject, meter]),
  )
  const timesOf = (of: { subject: string; meter: string }) =>
    accepted
      .filter(({ subject, meter }) => subject === of.subject && meter === of.meter)
      .map(({ occurredAt }) => occurredAt)
  return [
    ...distinct(having('unmatched'), ({ subject }) => [subject]).map(unmatchedUsage),
    ...distinct(having('conflict'), ({ source, id }) => [source, id]).map(changedEvent),
    ...coverage.flatMap((found) => uncoveredUse(found, timesOf(found), context.books?.entities)),
  ]
}

/** One event of each key. */
function distinct(
  events: readonly UsageEvent[],
  keyOf: (event: UsageEvent) => readonly string[],
): UsageEvent[] {
  return [...new Map(events.map((event) => [JSON.stringify(keyOf(event)), event])).values()]
}
