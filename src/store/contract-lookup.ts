import { eq, sql } from 'drizzle-orm'
import type { StoredContract } from './contracts.ts'
import { loadContracts } from './contracts.ts'
import { among } from './json.ts'
import { contract, settlementStart } from './schema.ts'
import type { Reader, Unit } from './unit-of-work.ts'
import { databaseOf, rowsOf } from './unit-of-work.ts'

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
  return new Map(contracts.map((held) => [held.caseId, held]))
}

/**
 * Contracts of any age that sell use, are billed, may have something left to be settled, and of which nobody looks after the periods that end; in
 * order of the ids.
 */
export async function contractsToSettle(reader: Reader, limit: number): Promise<string[]> {
  const rows = await rowsOf<{ contract_id: string }>(
    reader,
    sql`
    select contract_id from contract sold
    where subscription_id is not null and (settled_before is null or settled_before < ends_before)
      and exists (select from usage_standing standing where standing.contract_id = sold.contract_id)
      and not exists (select from work_item item where item.queue = 'settle-usage' and item.subject = sold.contract_id)
    order by contract_id limit ${limit}`,
  )
  return rows.map(({ contract_id }) => contract_id)
}

/** Notes that nothing is left to be settled of a contract, unless use comes late. */
export async function noteSettled(unit: Unit, { contractId, version }: StoredContract): Promise<void> {
  await unit.tx
    .update(contract)
    .set({ settledBefore: version.terms.endsBefore })
    .where(eq(contract.contractId, contractId))
}

/** Finds from when on ended periods are settled; null where all of them are. */
export async function settledFrom(reader: Reader): Promise<Date | null> {
  const [row] = await databaseOf(reader).select().from(settlementStart)
  return row?.settledFrom ?? null
}
