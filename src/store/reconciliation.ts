import { and, asc, desc, eq, gt, sql } from 'drizzle-orm'
import { money, type Money } from '../domain/money.ts'
import { inputRows } from './json.ts'
import { reconciliationDifference, reconciliationRun } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** One comparison of two books. */
export type ReconciliationRun = typeof reconciliationRun.$inferSelect

/** One named disagreement. `amount` is what was found less what was expected, where it is money. */
export type FoundDifference = {
  readonly subjectKind: string
  readonly subject: string
  readonly field: string
  readonly expected: string | null
  readonly found: string | null
  readonly amount: Money | null
  readonly cause: string
  /** When what differs happened, to tell how old the difference is. */
  readonly occurredAt: Date | null
}

export type StoredDifference = FoundDifference & {
  readonly runId: string
  readonly ordinal: number
  readonly checkName: string
}

/** What a comparison covered: how many things, and how many of them agree. */
export type Coverage = { readonly population: number; readonly matched: number }

/** Begins a comparison; answers its id. `entity` null compares all. */
export async function startRun(
  unit: Unit,
  checkName: string,
  entity: string | null,
  startedAt: Date,
): Promise<string> {
  const runId = unit.ids.next('run')
  await unit.tx.insert(reconciliationRun).values({ runId, checkName, entity, state: 'running', startedAt })
  return runId
}

const differenceColumns =
  'ordinal integer, subject_kind text, subject text, field text, expected text, found text, amount_minor bigint, currency text, ' +
  'cause text, occurred_at timestamptz'

/** Ends a comparison with its differences, numbered from 1. Throws when the run is not running. */
export async function finishRun(
  unit: Unit,
  runId: string,
  { population, matched }: Coverage,
  differences: readonly FoundDifference[],
  finishedAt: Date,
): Promise<void> {
  const [run] = await unit.tx
    .update(reconciliationRun)
    .set({ state: 'finished', finishedAt, population, matched, differenceCount: differences.length })
    .where(and(eq(reconciliationRun.runId, runId), eq(reconciliationRun.state, 'running')))
    .returning({ checkName: reconciliationRun.checkName })
  if (run === undefined) throw new Error(`Reconciliation run ${runId} is not running`)
  if (differences.length === 0) return
  await unit.tx.execute(sql`
    insert into reconciliation_difference (run_id, ordinal, check_name, subject_kind, subject, field, expected, found, amount_minor,
      currency, cause, occurred_at)
    select ${runId}, ordinal, ${run.checkName}, subject_kind, subject, field, expected, found, amount_minor, currency, cause,
      occurred_at
    from ${inputRows(differences.map(differenceRow), differenceColumns)}`)
}

function differenceRow({ amount, subjectKind, occurredAt, ...difference }: FoundDifference, index: number) {
  return {
    ...difference,
    ordinal: index + 1,
    subject_kind: subjectKind,
    occurred_at: occurredAt,
    amount_minor: amount?.amountMinor ?? null,
    currency: amount?.currency ?? null,
  }
}

/** Ends a comparison that could not be made: not knowing is not agreeing. */
export async function failRun(unit: Unit, runId: string, why: string, finishedAt: Date): Promise<void> {
  await unit.tx
    .update(reconciliationRun)
    .set({ state: 'failed', finishedAt, stateDetail: why })
    .where(and(eq(reconciliationRun.runId, runId), eq(reconciliationRun.state, 'running')))
}

/** The last run of each check that has ended, for each entity it was made for. */
export async function latestRuns(reader: Reader): Promise<ReconciliationRun[]> {
  return databaseOf(reader)
    .selectDistinctOn([reconciliationRun.checkName, reconciliationRun.entity])
    .from(reconciliationRun)
    .where(sql`${reconciliationRun.state} <> 'running'`)
    .orderBy(
      reconciliationRun.checkName,
      reconciliationRun.entity,
      desc(reconciliationRun.startedAt),
      desc(reconciliationRun.runId),
    )
}

/** The differences of a run in their order, after `afterOrdinal`. */
export async function differencesOf(
  reader: Reader,
  runId: string,
  { afterOrdinal = 0, limit = 1000 }: { afterOrdinal?: number; limit?: number } = {},
): Promise<StoredDifference[]> {
  const rows = await databaseOf(reader)
    .select()
    .from(reconciliationDifference)
    .where(and(eq(reconciliationDifference.runId, runId), gt(reconciliationDifference.ordinal, afterOrdinal)))
    .orderBy(asc(reconciliationDifference.ordinal))
    .limit(limit)
  return rows.map(({ amountMinor, currency, ...row }) => ({
    ...row,
    amount: amountMinor === null || currency === null ? null : money(currency, amountMinor),
  }))
}

/** What the differences of a run come to in each currency. */
export async function differenceTotals(reader: Reader, runId: string): Promise<Money[]> {
  const rows = await rowsOf<{ currency: string; amount: string }>(
    reader,
    sql`
    select currency, sum(amount_minor) as amount from reconciliation_difference
    where run_id = ${runId} and currency is not null group by currency order by currency`,
  )
  return rows.map((row) => money(row.currency, BigInt(row.amount)))
}
