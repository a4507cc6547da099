import { and, count, desc, eq, inArray, lt, notInArray, sql, type SQL } from 'drizzle-orm'
import type { Issue } from '../domain/issue.ts'
import { money, type Money } from '../domain/money.ts'
import { fingerprintOf } from './fingerprint.ts'
import { among, inputRows } from './json.ts'
import { exception, type ExceptionState } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** Why something cannot go on, or could not. */
export type Exception = typeof exception.$inferSelect

/** What a set of issues is about, and the queue whose work they stop. */
export type IssueSubject = {
  readonly queue: string
  readonly subjectKind: string
  readonly subject: string
  readonly caseId: string | null
}

/** Who settled an exception, and how. */
export type Resolution = { readonly by: string; readonly resolution: string; readonly at: Date }

const issueColumns =
  'exception_id text, issue_key text, code text, field text, found text, sentence text, action text, owner text, cause text, ' +
  'amount_minor bigint, currency text'

/**
 * Makes `issues` the standing set of a subject in a queue: new ones open, the same ones stay as they are (an ignored one stays
 * ignored), gone ones resolve. Issues are the same when code, field, value found and cause are. Answers how many opened.
 */
export async function openIssues(
  unit: Unit,
  subject: IssueSubject,
  issues: readonly Issue[],
  at: Date,
): Promise<number> {
  const rows = issueRows(unit, issues)
  await resolveGone(unit, subject, Object.keys(rows), at)
  if (issues.length === 0) return 0
  const opened = await rowsOf<{ is_new: boolean }>(
    unit,
    sql`
    insert into exception (exception_id, issue_key, code, field, found, sentence, action, owner, cause, amount_minor, currency,
      queue, subject_kind, subject, case_id, state, opened_at)
    select exception_id, issue_key, code, field, found, sentence, action, owner, cause, amount_minor, currency,
      ${subject.queue}, ${subject.subjectKind}, ${subject.subject}, ${subject.caseId}, 'open', ${at.toISOString()}::timestamptz
    from ${inputRows(Object.values(rows), issueColumns)} order by issue_key
    on conflict (queue, subject_kind, subject, issue_key) where state <> 'resolved' do update set
      sentence = excluded.sentence, action = excluded.action, owner = excluded.owner,
      amount_minor = excluded.amount_minor, currency = excluded.currency
    returning xmax = 0 as is_new`,
  )
  return opened.filter((row) => row.is_new).length
}

function issueRows(unit: Unit, issues: readonly Issue[]): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    issues.map(({ amount, ...issue }) => {
      const key = fingerprintOf([issue.code, issue.field, issue.found, issue.cause]).slice(0, 32)
      const row = {
        ...issue,
        exception_id: unit.ids.next('exc'),
        issue_key: key,
        amount_minor: amount?.amountMinor ?? null,
        currency: amount?.currency ?? null,
      }
      return [key, row]
    }),
  )
}

/**
 * Opens one issue for each of many subjects, unless it stands already; bulk. Other issues of the subjects stay as they are. Answers how
 * many opened.
 */
export async function openEach(
  unit: Unit,
  items: readonly { readonly subject: IssueSubject; readonly issue: Issue }[],
  at: Date,
): Promise<number> {
  if (items.length === 0) return 0
  const rows = items.flatMap(({ subject, issue }) =>
    Object.values(issueRows(unit, [issue])).map((row) => ({
      ...row,
      queue: subject.queue,
      subject_kind: subject.subjectKind,
      subject: subject.subject,
      case_id: subject.caseId,
    })),
  )
  const opened = await rowsOf(
    unit,
    sql`
    insert into exception (exception_id, issue_key, code, field, found, sentence, action, owner, cause, amount_minor, currency,
      queue, subject_kind, subject, case_id, state, opened_at)
    select exception_id, issue_key, code, field, found, sentence, action, owner, cause, amount_minor, currency,
      queue, subject_kind, subject, case_id, 'open', ${at.toISOString()}::timestamptz
    from ${inputRows(rows, `${issueColumns}, queue text, subject_kind text, subject text, case_id text`)}
    order by queue, subject_kind, subject, issue_key
    on conflict (queue, subject_kind, subject, issue_key) where state <> 'resolved' do nothing
    returning 1`,
  )
  return opened.length
}

async function resolveGone(
  unit: Unit,
  subject: IssueSubject,
  standingKeys: readonly string[],
  at: Date,
): Promise<void> {
  await unit.tx
    .update(exception)
    .set({ state: 'resolved', resolvedAt: at, resolvedBy: subject.queue, resolution: 'no longer found' })
    .where(
      and(
        isAbout(subject),
        sql`${exception.state} <> 'resolved'`,
        notInArray(exception.issueKey, among(standingKeys)),
      ),
    )
}

function isAbout(subject: Omit<IssueSubject, 'caseId'>): SQL | undefined {
  return and(
    eq(exception.queue, subject.queue),
    eq(exception.subjectKind, subject.subjectKind),
    eq(exception.subject, subject.subject),
  )
}

/** Resolves every open exception of a subject in a queue; answers how many. */
export async function resolveSubject(
  unit: Unit,
  subject: Omit<IssueSubject, 'caseId'>,
  { by, resolution, at }: Resolution,
): Promise<number> {
  const resolved = await unit.tx
    .update(exception)
    .set({ state: 'resolved', resolvedAt: at, resolvedBy: by, resolution })
    .where(and(isAbout(subject), eq(exception.state, 'open')))
    .returning({ exceptionId: exception.exceptionId })
  return resolved.length
}

/** Resolves every open exception that stopped work or messages of a queue, now that they are done; bulk. */
export async function resolveDone(
  unit: Unit,
  queue: string,
  subjects: readonly string[],
  at: Date,
): Promise<void> {
  if (subjects.length === 0) return
  await unit.tx
    .update(exception)
    .set({ state: 'resolved', resolvedAt: at, resolvedBy: queue, resolution: 'done' })
    .where(
      and(
        eq(exception.queue, queue),
        inArray(exception.subjectKind, ['work', 'message']),
        inArray(exception.subject, among(subjects)),
        eq(exception.state, 'open'),
      ),
    )
}

/** Settles one open exception by a person's decision; false when it is not open. */
export async function settleException(
  unit: Unit,
  exceptionId: string,
  state: 'resolved' | 'ignored',
  { by, resolution, at }: Resolution,
): Promise<boolean> {
  const settled = await unit.tx
    .update(exception)
    .set({ state, resolvedAt: at, resolvedBy: by, resolution })
    .where(and(eq(exception.exceptionId, exceptionId), eq(exception.state, 'open')))
    .returning({ exceptionId: exception.exceptionId })
  return settled.length > 0
}

/** Exceptions with one cause: how many, since when, and the money they block in each currency. */
export type ExceptionGroup = {
  readonly code: Issue['code']
  readonly cause: string
  readonly owner: Issue['owner']
  readonly count: number
  readonly oldestAt: Date
  readonly amounts: readonly Money[]
}

/** Open exceptions by code and cause, the largest group first. Fixing the cause releases the group. */
export async function exceptionGroups(reader: Reader): Promise<ExceptionGroup[]> {
  const rows = await rowsOf<GroupRow>(
    reader,
    sql`
    select code, cause, min(owner) as owner, sum(count) as count, min(oldest_at) as oldest_at,
      coalesce(json_agg(json_build_array(currency, amount::text) order by currency) filter (where currency is not null), '[]')
        as amounts
    from (
      select code, cause, currency, min(owner) as owner, count(*) as count, min(opened_at) as oldest_at,
        sum(amount_minor) as amount
      from exception where state = 'open' group by code, cause, currency
    ) as by_currency
    group by code, cause order by sum(count) desc, code, cause`,
  )
  return rows.map((row) => ({
    code: row.code,
    cause: row.cause,
    owner: row.owner,
    count: Number(row.count),
    oldestAt: new Date(row.oldest_at),
    amounts: row.amounts.map(([currency, amount]) => money(currency, BigInt(amount))),
  }))
}

type GroupRow = {
  code: Issue['code']
  cause: string
  owner: Issue['owner']
  count: string
  oldest_at: string
  amounts: [string, string][]
}

export type ExceptionFilter = {
  readonly state?: ExceptionState
  readonly code?: Issue['code']
  readonly cause?: string
  readonly caseId?: string
  readonly subjectKind?: string
  readonly subject?: string
  /** The last exception id of the page before. */
  readonly cursor?: string
  readonly limit?: number
}

/** Exceptions, the latest first. */
export async function listExceptions(reader: Reader, filter: ExceptionFilter): Promise<Exception[]> {
  const equal = (['state', 'code', 'cause', 'caseId', 'subjectKind', 'subject'] as const).map((field) =>
    filter[field] === undefined ? undefined : eq(exception[field], filter[field]),
  )
  const before = filter.cursor === undefined ? undefined : lt(exception.exceptionId, filter.cursor)
  return databaseOf(reader)
    .select()
    .from(exception)
    .where(and(...equal, before))
    .orderBy(desc(exception.exceptionId))
    .limit(filter.limit ?? 50)
}

/** How many exceptions are open. */
export async function openExceptionCount(reader: Reader): Promise<number> {
  const [row] = await databaseOf(reader)
    .select({ count: count() })
    .from(exception)
    .where(eq(exception.state, 'open'))
  return row?.count ?? 0
}

/** An exception by its id. */
export async function exceptionOf(reader: Reader, exceptionId: string): Promise<Exception | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(exception)
    .where(eq(exception.exceptionId, exceptionId))
  return row ?? null
}

/** The subjects, each once for its queue, that open exceptions of a cause (and code) stop; to be enqueued when it is fixed. */
export async function stoppedSubjects(
  reader: Reader,
  cause: string,
  code?: Issue['code'],
): Promise<{ queue: string; subjectKind: string; subject: string }[]> {
  return databaseOf(reader)
    .selectDistinct({
      queue: exception.queue,
      subjectKind: exception.subjectKind,
      subject: exception.subject,
    })
    .from(exception)
    .where(
      and(
        eq(exception.cause, cause),
        eq(exception.state, 'open'),
        code === undefined ? undefined : eq(exception.code, code),
      ),
    )
}
