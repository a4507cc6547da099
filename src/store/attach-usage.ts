import { sql } from 'drizzle-orm'
import type { MeterUse } from '../domain/usage.ts'
import { ownersOf } from './customers.ts'
import { enqueue, type Ringing } from './enqueue.ts'
import { openEach, resolveSubject } from './exceptions.ts'
import { coverageOf } from './usage-coverage.ts'
import type { Sellers } from './usage-due.ts'
import { uncoveredUse } from './usage-issues.ts'
import { attachUnmatched } from './unmatched-usage.ts'
import { rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** What giving usage to its customers needs: who sells, where that is at hand, and how to ask for the report. */
export type Attaching = Ringing & { readonly books?: { readonly entities: Sellers } }

/**
 * Gives usage that waits under these names to the customers who bear them by now: it is counted, its exception is settled, and its report
 * is asked for. What no contract covers opens an exception, as it would have at the door. One indexed query when nothing waits. Answers
 * how many events found their customer.
 */
export async function attachUsage(
  unit: Unit,
  subjects: readonly string[],
  context: Attaching,
  by = 'hub',
): Promise<number> {
  const now = context.clock.now()
  const { events, uses } = await attachUnmatched(unit, now, [...new Set(subjects)])
  if (events.size === 0) return 0
  for (const [subject, count] of events) {
    const about = { queue: 'report-usage', subjectKind: 'usage-subject', subject }
    await resolveSubject(unit, about, { by, resolution: `${count} events found their customer`, at: now })
  }
  const coverage = await coverageOf(
    unit,
    uses.map(({ subject, meter }) => ({ subject, meter })),
  )
  const issues = coverage.flatMap((found) =>
    uncoveredUse(found, timesOf(uses, found), context.books?.entities),
  )
  await openEach(unit, issues, now)
  await enqueue(unit, [{ queue: 'report-usage', subject: 'all' }], context)
  return [...events.values()].reduce((sum, count) => sum + count, 0)
}

function timesOf(uses: readonly MeterUse[], of: { subject: string; meter: string }): Date[] {
  return uses
    .filter(({ subject, meter }) => subject === of.subject && meter === of.meter)
    .map(({ occurredAt }) => occurredAt)
}

/** Names under which usage waits although a customer bears them: it came while the customer was being made. */
export async function waitingWithOwner(reader: Reader): Promise<string[]> {
  const waiting = sql`
    select subject from exception
    where queue = 'report-usage' and subject_kind = 'usage-subject' and state = 'open'`
  const rows = await rowsOf<{ alias: string }>(
    reader,
    sql`select alias from ${ownersOf(sql`alias in (${waiting})`)} as owner order by alias`,
  )
  return rows.map(({ alias }) => alias)
}
