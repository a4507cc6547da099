import { sql } from 'drizzle-orm'
import type { CrmName, DealState } from '../domain/deal.ts'
import { among } from './json.ts'
import type { Reader } from './unit-of-work.ts'
import { rowsOf } from './unit-of-work.ts'

/** The latest case of a deal, as far as a sweep must know it. */
export type KnownDeal = {
  readonly dealId: string
  readonly caseId: string
  readonly state: DealState
  readonly name: string | null
  readonly modifiedAt: string
}

/** Latest cases of deals by their ids in the CRM; deals without a case are left out. Merged deals answer under the id asked. */
export async function knownDeals(
  reader: Reader,
  crm: CrmName,
  org: string,
  dealIds: readonly string[],
): Promise<Map<string, KnownDeal>> {
  const rows = await rowsOf<{
    asked: string
    case_id: string
    state: DealState
    name: string | null
    modified_at: string
  }>(
    reader,
    sql`
    select distinct on (asked.deal_id) asked.deal_id as asked, held.case_id, held.state, held.name, held.modified_at
    from ${among(dealIds)} as asked(deal_id)
    left join deal_alias alias on alias.crm = ${crm} and alias.org = ${org} and alias.deal_id = asked.deal_id
    join deal_case held on held.crm = ${crm} and held.org = ${org}
      and held.deal_id = coalesce(alias.into_deal_id, asked.deal_id)
    order by asked.deal_id, held.generation desc`,
  )
  return new Map(
    rows.map((row) => [
      row.asked,
      {
        dealId: row.asked,
        caseId: row.case_id,
        state: row.state,
        name: row.name,
        modifiedAt: row.modified_at,
      },
    ]),
  )
}

/** Every deal of a CRM that has a case, with where the latest stands: the hub's side of the first tie-out. */
export async function dealStates(reader: Reader, crm: CrmName, org: string): Promise<Map<string, DealState>> {
  const rows = await rowsOf<{ deal_id: string; state: DealState }>(
    reader,
    sql`select distinct on (deal_id) deal_id, state from deal_case where crm = ${crm} and org = ${org}
      order by deal_id, generation desc`,
  )
  return new Map(rows.map((row) => [row.deal_id, row.state]))
}

/** Cases with an open exception of a queue, among those asked. */
export async function casesWithOpenException(
  reader: Reader,
  queue: string,
  caseIds: readonly string[],
): Promise<Set<string>> {
  const rows = await rowsOf<{ case_id: string }>(
    reader,
    sql`select distinct case_id from exception where state = 'open' and queue = ${queue} and case_id in ${among(caseIds)}`,
  )
  return new Set(rows.map((row) => row.case_id))
}

/** The first open exception's sentence of each case that has one. */
export async function firstSentences(
  reader: Reader,
  caseIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await rowsOf<{ case_id: string; sentence: string }>(
    reader,
    sql`select distinct on (case_id) case_id, sentence from exception
      where state = 'open' and case_id in ${among(caseIds)} order by case_id, opened_at, exception_id`,
  )
  return new Map(rows.map((row) => [row.case_id, row.sentence]))
}
