import { sql } from 'drizzle-orm'
import type { CalendarDate } from '../domain/calendar.ts'
import type { StoredContract } from './contracts.ts'
import { loadContracts } from './contracts.ts'
import { among } from './json.ts'
import type { Reader } from './unit-of-work.ts'
import { rowsOf } from './unit-of-work.ts'

/** Contracts with their latest versions by the case they came from; cases without a contract are left out. */
export async function contractsOfCases(
  reader: Reader,
  caseIds: readonly string[],
): Promise<Map<string, StoredContract>> {
  const rows = await rowsOf<{ contract_id: string }>(
    reader,
    sql`select contract_id from contract where case_id in ${among(caseIds)}`,
  )
  if (rows.length === 0) return new Map()
  const contracts = await loadContracts(
    reader,
    rows.map(({ contract_id }) => contract_id),
  )
  return new Map(contracts.map((contract) => [contract.caseId, contract]))
}

/**
 * Contracts that sell use, are billed, run or ended lately, and of which nobody looks after the periods that end; in order of the ids.
 */
export async function contractsToSettle(
  reader: Reader,
  endedAfter: CalendarDate,
  limit: number,
): Promise<string[]> {
  const rows = await rowsOf<{ contract_id: string }>(
    reader,
    sql`
    select contract_id from contract sold
    where subscription_id is not null and ends_before > ${endedAfter}
      and exists (select from usage_standing standing where standing.contract_id = sold.contract_id)
      and not exists (select from work_item item where item.queue = 'settle-usage' and item.subject = sold.contract_id)
    order by contract_id limit ${limit}`,
  )
  return rows.map(({ contract_id }) => contract_id)
}
