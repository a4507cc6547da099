import { sql } from 'drizzle-orm'
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
