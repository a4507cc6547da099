import { and, count, desc, eq, inArray, lt, or, sql, type SQL } from 'drizzle-orm'
import type { CrmName, DealState } from '../domain/deal.ts'
import { among, inputRows } from './json.ts'
import { contract, dealCase, dealSnapshot } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'
import type { DealSnapshot } from '../domain/deal.ts'

/** One closing of one deal, as it stands. */
export type DealCase = typeof dealCase.$inferSelect

/** A deal the sweep or a message named. */
export type SeenDeal = {
  readonly crm: CrmName
  readonly org: string
  readonly dealId: string
  readonly modifiedAt: string
}

/** `isNew`: the case was made now. `hasChanged`: new, or modified since we last saw it. */
export type SeenCase = {
  readonly dealId: string
  readonly caseId: string
  readonly state: DealState
  readonly isNew: boolean
  readonly hasChanged: boolean
}

type Key = Pick<SeenDeal, 'crm' | 'org' | 'dealId'>

/**
 * Makes a case for each deal that has none and notes changes of the others; bulk. A deal merged into another counts as that one.
 * Answers one entry for each deal asked, with the latest generation.
 */
export async function upsertSeenDeals(
  unit: Unit,
  deals: readonly SeenDeal[],
  seenAt: Date,
): Promise<SeenCase[]> {
  if (deals.length === 0) return []
  const rows = deals.map((deal, ordinal) => ({
    ordinal,
    case_id: unit.ids.next('case'),
    crm: deal.crm,
    org: deal.org,
    deal_id: deal.dealId,
    modified_at: deal.modifiedAt,
  }))
  const added = await insertCases(unit, rows, seenAt)
  const changed = await noteChanges(unit, rows)
  const latest = await latestCases(unit, rows)
  return latest.map((row, index) => ({
    dealId: (deals[index] as SeenDeal).dealId,
    caseId: row.case_id,
    state: row.state,
    isNew: added.has(row.case_id),
    hasChanged: added.has(row.case_id) || changed.has(row.case_id),
  }))
}

const seenColumns = 'ordinal integer, case_id text, crm text, org text, deal_id text, modified_at text'

/** The rows under the ids they were merged into. */
function resolved(rows: readonly Record<string, unknown>[]): SQL {
  return sql`(
    select ordinal, case_id, crm, org, modified_at, coalesce((
      select into_deal_id from deal_alias alias
      where alias.crm = input.crm and alias.org = input.org and alias.deal_id = input.deal_id
    ), deal_id) as deal_id
    from ${inputRows(rows, seenColumns)}
  ) as deal`
}

async function insertCases(
  unit: Unit,
  rows: readonly Record<string, unknown>[],
  seenAt: Date,
): Promise<Set<string>> {
  const at = seenAt.toISOString()
  const added = await rowsOf<{ case_id: string }>(
    unit,
    sql`
    insert into deal_case (case_id, crm, org, deal_id, generation, state, modified_at, seen_at, changed_at)
    select case_id, crm, org, deal_id, 1, 'seen', modified_at, ${at}::timestamptz, ${at}::timestamptz
    from ${resolved(rows)} order by crm, org, deal_id, ordinal
    on conflict (crm, org, deal_id, generation) do nothing
    returning case_id`,
  )
  return new Set(added.map((row) => row.case_id))
}

/** The latest case of each deal, by the index; joined by itself the planner may read every case of the organisation for each deal. */
const latestCase = sql`lateral (
  select case_id, state from deal_case
  where deal_case.crm = deal.crm and deal_case.org = deal.org and deal_case.deal_id = deal.deal_id
  order by generation desc limit 1
) as latest`

async function noteChanges(unit: Unit, rows: readonly Record<string, unknown>[]): Promise<Set<string>> {
  const changed = await rowsOf<{ case_id: string }>(
    unit,
    sql`
    update deal_case held set modified_at = deal.modified_at from ${resolved(rows)} cross join ${latestCase}
    where held.case_id = latest.case_id and held.modified_at <> deal.modified_at
    returning held.case_id`,
  )
  return new Set(changed.map((row) => row.case_id))
}

function latestCases(
  unit: Unit,
  rows: readonly Record<string, unknown>[],
): Promise<{ case_id: string; state: DealState }[]> {
  return rowsOf(
    unit,
    sql`select latest.case_id, latest.state from ${resolved(rows)} cross join ${latestCase} order by deal.ordinal`,
  )
}

/** Starts the next generation of a deal that was closed again after it had left closed-won; answers the new case. */
export async function startGeneration(unit: Unit, deal: SeenDeal, seenAt: Date): Promise<string> {
  const at = seenAt.toISOString()
  const [row] = await rowsOf<{ case_id: string }>(
    unit,
    sql`
    insert into deal_case (case_id, crm, org, deal_id, generation, state, modified_at, seen_at, changed_at)
    select ${unit.ids.next('case')}, ${deal.crm}, ${deal.org}, ${deal.dealId}, coalesce(max(generation), 0) + 1, 'seen',
      ${deal.modifiedAt}, ${at}::timestamptz, ${at}::timestamptz
    from deal_case where crm = ${deal.crm} and org = ${deal.org} and deal_id = ${deal.dealId}
    returning case_id`,
  )
  return row?.case_id as string
}

/** Remembers that a deal was merged into another. */
export async function mergeDeal(unit: Unit, deal: Key, intoDealId: string, noticedAt: Date): Promise<void> {
  await unit.tx.execute(sql`
    insert into deal_alias (crm, org, deal_id, into_deal_id, noticed_at)
    values (${deal.crm}, ${deal.org}, ${deal.dealId}, ${intoDealId}, ${noticedAt.toISOString()}::timestamptz)
    on conflict do nothing`)
}

/** Cases by id, in no order. */
export async function loadDeals(reader: Reader, caseIds: readonly string[]): Promise<DealCase[]> {
  return databaseOf(reader)
    .select()
    .from(dealCase)
    .where(inArray(dealCase.caseId, among(caseIds)))
}

/** Snapshots by id. */
export async function loadSnapshots(
  reader: Reader,
  snapshotIds: readonly string[],
): Promise<{ snapshotId: string; caseId: string; content: DealSnapshot; takenAt: Date }[]> {
  return databaseOf(reader)
    .select({
      snapshotId: dealSnapshot.snapshotId,
      caseId: dealSnapshot.caseId,
      content: dealSnapshot.content,
      takenAt: dealSnapshot.takenAt,
    })
    .from(dealSnapshot)
    .where(inArray(dealSnapshot.snapshotId, among(snapshotIds)))
}

/** How many cases stand in each state. */
export async function countDealsByState(reader: Reader): Promise<{ state: DealState; count: number }[]> {
  return databaseOf(reader)
    .select({ state: dealCase.state, count: count() })
    .from(dealCase)
    .groupBy(dealCase.state)
}

/** Cases, the latest seen first. `cursor` is the last case id of the page before. */
export async function listDeals(
  reader: Reader,
  { state, cursor, limit = 50 }: { state?: DealState; cursor?: string; limit?: number },
): Promise<DealCase[]> {
  return databaseOf(reader)
    .select()
    .from(dealCase)
    .where(
      and(
        state === undefined ? undefined : eq(dealCase.state, state),
        cursor === undefined ? undefined : lt(dealCase.caseId, cursor),
      ),
    )
    .orderBy(desc(dealCase.caseId))
    .limit(limit)
}

/** Cases whose state or message sales has not been told in the CRM yet, the oldest change first. */
export async function dealsToWriteBack(
  reader: Reader,
  limit: number,
  { crm, org }: { crm: CrmName; org: string },
): Promise<DealCase[]> {
  return databaseOf(reader)
    .select()
    .from(dealCase)
    .where(sql`(written_at is null or written_at < changed_at) and crm = ${crm} and org = ${org}`)
    .orderBy(dealCase.changedAt)
    .limit(limit)
}

/** Cases that any id names: ours, the CRM's, the contract's id or number, or the subscription's; at most 20. */
export async function findDeals(reader: Reader, id: string): Promise<DealCase[]> {
  const rows = await databaseOf(reader)
    .select({ found: dealCase })
    .from(dealCase)
    .leftJoin(contract, eq(contract.caseId, dealCase.caseId))
    .where(
      or(
        eq(dealCase.caseId, id),
        eq(dealCase.dealId, id),
        eq(contract.contractId, id),
        eq(contract.number, id.toUpperCase()),
        eq(contract.subscriptionId, id),
      ),
    )
    .orderBy(desc(dealCase.caseId))
    .limit(20)
  return rows.map((row) => row.found)
}
