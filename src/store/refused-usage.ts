import { and, asc, eq, sql } from 'drizzle-orm'
import { issueOf } from '../domain/sentence.ts'
import { openEach, openIssues, type IssueSubject } from './exceptions.ts'
import { exception, refusedUsage, type RefusedSample } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** Events of one batch that were refused for one code; `samples` are a few of them, the latest first. */
export type Refusals = {
  readonly code: string
  readonly count: number
  readonly samples: readonly RefusedSample[]
}

/** How many samples are kept for a source and a code. */
export const mostSamples = 5

/**
 * Counts events that a source sent and that were refused, keeps the latest few as they came, and holds one exception open for each code, with the
 * count and the latest place.
 */
export async function keepRefusals(
  unit: Unit,
  source: string,
  refusals: readonly Refusals[],
  at: Date,
): Promise<void> {
  // In the order of their codes, so that two readers of one source do not lock each other out.
  for (const refused of [...refusals].sort((left, right) => (left.code < right.code ? -1 : 1))) {
    const count = await addUp(unit, source, refused, at)
    const subject = about(source, refused.code)
    await endIgnoring(unit, subject)
    await openIssues(unit, subject, [refusedIssue(source, refused, count)], at)
  }
}

async function addUp(unit: Unit, source: string, refused: Refusals, at: Date): Promise<string> {
  const [row] = await rowsOf<{ event_count: string }>(
    unit,
    sql`
    insert into refused_usage as held (source, code, event_count, samples, first_at, last_at)
    values (${source}, ${refused.code}, ${refused.count}, ${JSON.stringify(refused.samples)}::jsonb,
      ${at.toISOString()}::timestamptz, ${at.toISOString()}::timestamptz)
    on conflict (source, code) do update set event_count = held.event_count + excluded.event_count,
      samples = jsonb_path_query_array(excluded.samples || held.samples, ${`$[0 to ${mostSamples - 1}]`}::jsonpath),
      last_at = excluded.last_at
    returning event_count`,
  )
  return String(row?.event_count)
}

/** Whoever ignored what was refused so far has not seen what is refused now. */
async function endIgnoring(unit: Unit, { queue, subjectKind, subject }: IssueSubject): Promise<void> {
  await unit.tx
    .update(exception)
    .set({ state: 'resolved' })
    .where(
      and(
        eq(exception.queue, queue),
        eq(exception.subjectKind, subjectKind),
        eq(exception.subject, subject),
        eq(exception.state, 'ignored'),
      ),
    )
}

function refusedIssue(source: string, { code, samples }: Refusals, count: string) {
  const { place = '', why = '' } = samples[0] ?? {}
  return issueOf({
    code: 'USAGE_REFUSED',
    field: 'event',
    label: `Usage from ${source}`,
    found: null,
    // The sentence ends with a stop of its own.
    details: { reason: code, count, place, why: why.replace(/\.$/, '') },
    cause: `${source} sends events that are refused: ${code}`,
  })
}

/** Tells of events that were gone before they could be read; each gap is an exception of its own. */
export async function keepGap(
  unit: Unit,
  source: string,
  partition: string,
  gap: string,
  at: Date,
): Promise<void> {
  const issue = issueOf({
    code: 'EVENT_GAP',
    field: 'position',
    label: `Usage from ${source} ${partition}`,
    found: gap,
    cause: `${source} no longer has all of ${partition}`,
  })
  await openEach(unit, [{ subject: about(source, partition), issue }], at)
}

/** No queue works these: what mends them is done at the sender. */
function about(source: string, part: string): IssueSubject {
  return { queue: 'accept-usage', subjectKind: 'usage-source', subject: `${source} ${part}`, caseId: null }
}

/** Every count of refused events with its samples, by source and code. */
export async function listRefusedUsage(reader: Reader): Promise<(typeof refusedUsage.$inferSelect)[]> {
  return databaseOf(reader)
    .select()
    .from(refusedUsage)
    .orderBy(asc(refusedUsage.source), asc(refusedUsage.code))
}
