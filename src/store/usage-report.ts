import { and, eq } from 'drizzle-orm'
import { hourMilliseconds } from '../domain/calendar.ts'
import { enqueue, type Ringing } from './enqueue.ts'
import { workItem } from './schema.ts'
import type { Unit } from './unit-of-work.ts'

/** Work that begins later than this from now cannot begin before a request that is at work has been committed. */
const safeDistanceMilliseconds = 60_000

/**
 * Asks for usage to be reported at `dueAt`. There is one such item, and every request that brings usage wants it, so the row is left alone
 * when it will come soon enough anyway: else all requests would queue for one row.
 */
async function askForUsageReport(unit: Unit, dueAt: Date, ringing: Ringing): Promise<void> {
  const [held] = await unit.tx
    .select({ state: workItem.state, dueAt: workItem.dueAt })
    .from(workItem)
    .where(and(eq(workItem.queue, 'report-usage'), eq(workItem.subject, 'all')))
  const safeFrom = new Date(ringing.clock.now().getTime() + safeDistanceMilliseconds)
  if (held?.state === 'ready' && held.dueAt <= dueAt && held.dueAt >= safeFrom) return
  await enqueue(unit, [{ queue: 'report-usage', subject: 'all', dueAt }], ringing)
}

/** Asks for hours to be reported as soon as the first of them has ended. */
export async function askForReportOf(
  unit: Unit,
  hours: readonly { readonly startsAt: Date }[],
  ringing: Ringing,
): Promise<void> {
  if (hours.length === 0) return
  const first = hours.reduce(
    (least, { startsAt }) => Math.min(least, startsAt.getTime()),
    Number.POSITIVE_INFINITY,
  )
  await askForUsageReport(unit, new Date(first + hourMilliseconds), ringing)
}
