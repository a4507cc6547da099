import type { TermChange } from '../domain/amendment.ts'
import { entityOf } from '../domain/books.ts'
import { dateIn } from '../domain/calendar.ts'
import type { ContractTerms, ContractVersion } from '../domain/contract.ts'
import { recordAct } from '../store/audit.ts'
import type { StoredContract } from '../store/contracts.ts'
import { insertContractVersions } from '../store/contracts.ts'
import type { DealCase } from '../store/deals.ts'
import { enqueue } from '../store/enqueue.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { JobContext } from './job.ts'
import { provisioningOf } from './provisioning-work.ts'

/** What the CRM says now of a deal whose contract is live, and in what it differs; nothing of it moves money. */
export type HarmlessChange = {
  readonly held: DealCase
  readonly contract: StoredContract
  readonly snapshotId: string
  readonly mappingVersionId: string
  readonly terms: ContractTerms
  readonly changes: readonly TermChange[]
}

/** Makes a change that moves no money the contract's next version, writes down that the hub did, and has billing follow it. */
export async function takeOver(
  unit: Unit,
  { held, contract, snapshotId, mappingVersionId, terms, changes }: HarmlessChange,
  context: JobContext,
): Promise<void> {
  const now = context.clock.now()
  const zone = entityOf(context.books, terms.entity)?.timeZone ?? 'UTC'
  const version: ContractVersion = {
    ...contract.version,
    version: contract.version.version + 1,
    dealSnapshotId: snapshotId,
    mappingVersionId,
    effectiveOn: dateIn(zone, now),
    terms,
  }
  const { contractId, customerId } = contract
  await insertContractVersions(unit, [{ caseId: held.caseId, customerId, version }], now)
  const fields = changes.map(({ path }) => path)
  const detail = { version: version.version, fields }
  const act = { action: 'contract-changed', subjectKind: 'contract', subject: contractId, detail }
  await recordAct(unit, { actor: 'hub', ...act }, now)
  if (fields.every((path) => path.startsWith('provenance.'))) return
  await enqueue(unit, [provisioningOf(contractId, held, terms)], context)
}
