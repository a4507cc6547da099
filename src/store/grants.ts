import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import type { Flag } from '../domain/entitlement.ts'
import type { StandingTerms } from '../domain/entitlement-standing.ts'
import { among, inputRows } from './json.ts'
import { contract, grantedFeature, usageStanding } from './schema.ts'
import { databaseOf, type Reader, type Unit } from './unit-of-work.ts'

/** What a version of a contract gives its customer: features between two instants, and use of meters. */
export type Grant = {
  readonly contractId: string
  readonly customerId: string
  readonly version: number
  readonly features: Readonly<Record<string, Flag>>
  readonly grantedFrom: Date
  readonly grantedTo: Date
  readonly standings: readonly StandingTerms[]
}

/** Contracts with a version that their customers' rights have not been made from, in order of the ids. */
export async function contractsToGrant(reader: Reader, limit: number): Promise<string[]> {
  const rows = await databaseOf(reader)
    .select({ contractId: contract.contractId })
    .from(contract)
    .where(
      and(
        sql`${contract.grantedVersion} is distinct from ${contract.currentVersion}`,
        ne(contract.state, 'ended'),
      ),
    )
    .orderBy(contract.contractId)
    .limit(limit)
  return rows.map(({ contractId }) => contractId)
}

/** Keeps contracts from getting another version until the unit ends. Answers those that are not ended. */
export async function lockForGrant(unit: Unit, contractIds: readonly string[]): Promise<string[]> {
  const rows = await unit.tx
    .select({ contractId: contract.contractId })
    .from(contract)
    .where(and(inArray(contract.contractId, among(contractIds)), ne(contract.state, 'ended')))
    .orderBy(contract.contractId)
    .for('update')
  return rows.map(({ contractId }) => contractId)
}

const featureColumns =
  'customer_id text, feature text, contract_id text, value jsonb, granted_from timestamptz, granted_to timestamptz'

const standingColumns =
  'customer_id text, meter text, contract_id text, line_id text, time_zone text, starts_on date, ends_before date, ' +
  'period_months integer, included_units numeric, limit_units numeric, thresholds jsonb'

/** Makes what contracts give from their versions, in place of what they gave before. A standing waits to be rolled, which sums its use up. */
export async function saveGrants(unit: Unit, grants: readonly Grant[], at: Date): Promise<void> {
  if (grants.length === 0) return
  await withdraw(unit, grants)
  await insertFeatures(unit, grants.flatMap(featureRows))
  await upsertStandings(unit, grants.flatMap(standingRows), at)
  const versions = grants.map(({ contractId, version }) => ({ contract_id: contractId, version }))
  await unit.tx.execute(sql`
    update contract held set granted_version = input.version
    from ${inputRows(versions, 'contract_id text, version integer')} where held.contract_id = input.contract_id`)
}

/** Takes away all that a contract gives. */
export async function withdrawGrants(unit: Unit, contractId: string): Promise<void> {
  await unit.tx.delete(grantedFeature).where(eq(grantedFeature.contractId, contractId))
  await unit.tx.delete(usageStanding).where(eq(usageStanding.contractId, contractId))
}

/** Takes away the features of contracts, and the standings of lines that they no longer have. */
async function withdraw(unit: Unit, grants: readonly Grant[]): Promise<void> {
  const contractIds = grants.map(({ contractId }) => contractId)
  const kept = grants.flatMap(standingRows)
  await unit.tx.delete(grantedFeature).where(inArray(grantedFeature.contractId, among(contractIds)))
  await unit.tx.execute(sql`
    delete from usage_standing held where contract_id in ${among(contractIds)} and not exists (
      select from ${inputRows(kept, standingColumns)}
      where input.contract_id = held.contract_id and input.line_id = held.line_id and input.meter = held.meter
    )`)
}

function featureRows({ features, customerId, contractId, grantedFrom, grantedTo }: Grant) {
  return Object.entries(features).map(([feature, value]) => ({
    customer_id: customerId,
    feature,
    contract_id: contractId,
    value,
    granted_from: grantedFrom,
    granted_to: grantedTo,
  }))
}

function standingRows({ standings, customerId, contractId }: Grant) {
  return standings.map((terms) => ({
    customer_id: customerId,
    meter: terms.meter,
    contract_id: contractId,
    line_id: terms.lineId,
    time_zone: terms.timeZone,
    starts_on: terms.startsOn,
    ends_before: terms.endsBefore,
    period_months: terms.periodMonths,
    included_units: terms.includedUnits,
    limit_units: terms.limitUnits,
    thresholds: terms.thresholds,
  }))
}

async function insertFeatures(
  unit: Unit,
  rows: readonly ReturnType<typeof featureRows>[number][],
): Promise<void> {
  if (rows.length === 0) return
  await unit.tx.execute(sql`
    insert into granted_feature (customer_id, feature, contract_id, value, granted_from, granted_to)
    select * from ${inputRows(rows, featureColumns)}`)
}

/** In the order of the keys, as everybody who locks several. */
async function upsertStandings(
  unit: Unit,
  rows: readonly ReturnType<typeof standingRows>[number][],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return
  const now = sql`${at.toISOString()}::timestamptz`
  await unit.tx.execute(sql`
    insert into usage_standing (customer_id, meter, contract_id, line_id, time_zone, starts_on, ends_before, period_months,
      included_units, limit_units, thresholds, used_units, crossed_percent, rolls_at, changed_at)
    select input.*, 0, 0, ${now}, ${now} from ${inputRows(rows, standingColumns)}
    order by customer_id, meter, contract_id, line_id
    on conflict (customer_id, meter, contract_id, line_id) do update set
      time_zone = excluded.time_zone, starts_on = excluded.starts_on, ends_before = excluded.ends_before,
      period_months = excluded.period_months, included_units = excluded.included_units, limit_units = excluded.limit_units,
      thresholds = excluded.thresholds, rolls_at = excluded.rolls_at, changed_at = excluded.changed_at`)
}
