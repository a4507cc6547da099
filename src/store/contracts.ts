import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm'
import { decodeTerms, encodeTerms, type ContractVersion } from '../domain/contract.ts'
import { fingerprintOf } from './fingerprint.ts'
import { among, inputRows } from './json.ts'
import { contract, contractVersion, type ContractState } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A contract as it stands; its terms are in its versions. */
export type Contract = typeof contract.$inferSelect

/** A contract with its latest version. */
export type StoredContract = Contract & { readonly version: ContractVersion }

export type NewContractVersion = {
  readonly caseId: string
  readonly customerId: string
  readonly version: ContractVersion
}

const versionColumns =
  'contract_id text, case_id text, customer_id text, version integer, generation integer, deal_snapshot_id text, ' +
  'mapping_version_id text, effective_on date, treatment text, terms jsonb, content_hash text, entity text, currency text, ' +
  'starts_on date, ends_before date'

/**
 * Adds contract versions; bulk. A first version makes the contract, which gets its number; a later one moves its dates. The same
 * version again does nothing; throws when a version number is taken by other terms.
 */
export async function insertContractVersions(
  unit: Unit,
  added: readonly NewContractVersion[],
  createdAt: Date,
): Promise<void> {
  if (added.length === 0) return
  const rows = added.map(versionRow)
  const at = createdAt.toISOString()
  await unit.tx.execute(sql`
    insert into contract as held (contract_id, case_id, generation, customer_id, entity, currency, state, current_version,
      starts_on, ends_before, created_at)
    select contract_id, case_id, generation, customer_id, entity, currency, 'drafted', version, starts_on, ends_before,
      ${at}::timestamptz
    from ${inputRows(rows, versionColumns)} order by contract_id
    on conflict (contract_id) do update set
      current_version = excluded.current_version, starts_on = excluded.starts_on, ends_before = excluded.ends_before
    where excluded.current_version > held.current_version`)
  await unit.tx.execute(sql`
    insert into contract_version (contract_id, version, generation, deal_snapshot_id, mapping_version_id, effective_on,
      treatment, terms, content_hash, created_at)
    select contract_id, version, generation, deal_snapshot_id, mapping_version_id, effective_on, treatment, terms, content_hash,
      ${at}::timestamptz
    from ${inputRows(rows, versionColumns)}
    on conflict (contract_id, version) do nothing`)
  await refuseOtherTerms(unit, rows)
}

function versionRow({ caseId, customerId, version }: NewContractVersion) {
  const terms = encodeTerms(version.terms)
  return {
    contract_id: version.contractId,
    case_id: caseId,
    customer_id: customerId,
    version: version.version,
    generation: version.generation,
    deal_snapshot_id: version.dealSnapshotId,
    mapping_version_id: version.mappingVersionId,
    effective_on: version.effectiveOn,
    treatment: version.treatment,
    terms,
    content_hash: fingerprintOf(terms),
    entity: version.terms.entity,
    currency: version.terms.currency,
    starts_on: version.terms.startsOn,
    ends_before: version.terms.endsBefore,
  }
}

async function refuseOtherTerms(unit: Unit, rows: readonly ReturnType<typeof versionRow>[]): Promise<void> {
  const [other] = await rowsOf<{ contract_id: string; version: number }>(
    unit,
    sql`
    select contract_id, version from ${inputRows(rows, versionColumns)} join contract_version stored using (contract_id, version)
    where stored.content_hash <> input.content_hash limit 1`,
  )
  if (other !== undefined)
    throw new Error(`Contract ${other.contract_id} has other terms in its version ${other.version}`)
}

/** Contracts by id with their latest versions, in order of the ids. */
export async function loadContracts(
  reader: Reader,
  contractIds: readonly string[],
): Promise<StoredContract[]> {
  const rows = await withVersions(reader)
    .where(inArray(contract.contractId, among(contractIds)))
    .orderBy(asc(contract.contractId))
  return rows.map(stored)
}

/** The contract of a case, with its latest version. */
export async function contractOfCase(reader: Reader, caseId: string): Promise<StoredContract | null> {
  const [row] = await withVersions(reader).where(eq(contract.caseId, caseId))
  return row === undefined ? null : stored(row)
}

/** The contract billed by a subscription, with its latest version. */
export async function contractBySubscription(
  reader: Reader,
  subscriptionId: string,
): Promise<StoredContract | null> {
  const [row] = await withVersions(reader).where(eq(contract.subscriptionId, subscriptionId))
  return row === undefined ? null : stored(row)
}

/** Contracts of a customer, with their latest versions. */
export async function contractsOfCustomer(reader: Reader, customerId: string): Promise<StoredContract[]> {
  const rows = await withVersions(reader)
    .where(eq(contract.customerId, customerId))
    .orderBy(asc(contract.contractId))
  return rows.map(stored)
}

/** Every contract of an entity in one of `states`, a page at a time, in order of the ids. */
export async function* contractsOfEntity(
  reader: Reader,
  entity: string,
  states: readonly ContractState[] = ['active', 'ended'],
  pageSize = 500,
): AsyncGenerator<StoredContract[]> {
  for (let after = ''; ;) {
    const rows = await withVersions(reader)
      .where(
        and(
          eq(contract.entity, entity),
          inArray(contract.state, [...states]),
          gt(contract.contractId, after),
        ),
      )
      .orderBy(asc(contract.contractId))
      .limit(pageSize)
    if (rows.length === 0) return
    const page = rows.map(stored)
    yield page
    after = (page.at(-1) as StoredContract).contractId
  }
}

/** All versions of a contract, the first one first. */
export async function versionsOfContract(reader: Reader, contractId: string): Promise<ContractVersion[]> {
  return (await datedVersionsOfContract(reader, contractId)).map(({ version }) => version)
}

/** All versions of a contract with the time each was written down, the first one first. */
export async function datedVersionsOfContract(
  reader: Reader,
  contractId: string,
): Promise<{ version: ContractVersion; createdAt: Date }[]> {
  const rows = await databaseOf(reader)
    .select()
    .from(contractVersion)
    .where(eq(contractVersion.contractId, contractId))
    .orderBy(asc(contractVersion.version))
  return rows.map((row) => ({ version: decodeVersion(row), createdAt: row.createdAt }))
}

/** Contracts without their terms, the latest first. `cursor` is the last contract id of the page before. */
export async function listContracts(
  reader: Reader,
  { state, cursor, limit = 50 }: { state?: ContractState; cursor?: string; limit?: number } = {},
): Promise<Contract[]> {
  return databaseOf(reader)
    .select()
    .from(contract)
    .where(
      and(
        state === undefined ? undefined : eq(contract.state, state),
        cursor === undefined ? undefined : sql`${contract.contractId} < ${cursor}`,
      ),
    )
    .orderBy(desc(contract.contractId))
    .limit(limit)
}

function withVersions(reader: Reader) {
  return databaseOf(reader)
    .select({ head: contract, version: contractVersion })
    .from(contract)
    .innerJoin(
      contractVersion,
      and(
        eq(contractVersion.contractId, contract.contractId),
        eq(contractVersion.version, contract.currentVersion),
      ),
    )
    .$dynamic()
}

type VersionRow = typeof contractVersion.$inferSelect

function stored({ head, version }: { head: Contract; version: VersionRow }): StoredContract {
  return { ...head, version: decodeVersion(version) }
}

function decodeVersion(row: VersionRow): ContractVersion {
  const { contentHash: _hash, createdAt: _createdAt, terms, ...version } = row
  return { ...version, terms: decodeTerms(terms) }
}
