import { sql } from 'drizzle-orm'
import { addUse, periodsToSum, roll, type UsageDelta } from '../domain/entitlement-standing.ts'
import { inputRows } from './json.ts'
import { usageStanding } from './schema.ts'
import { saveMoves, type StoredStanding } from './standing-rows.ts'
import { databaseOf, rowsOf, type Store, type Unit } from './unit-of-work.ts'
import { countedUsageOfRanges } from './usage-windows.ts'

/**
 * Adds use to the standings whose billing period holds its hour, and writes down the thresholds it crosses. Belongs in the unit that adds the
 * same use to the hours, under `lockCounting`; a standing is read from the hours again whenever it is rolled, so nothing is lost where none matches.
 */
export async function addToStandings(unit: Unit, deltas: readonly UsageDelta[], at: Date): Promise<void> {
  if (deltas.length === 0) return
  const held = await lockStandings(unit, deltas)
  const byPair = Map.groupBy(deltas, pairOf)
  const moves = held.map((standing) => addUse(standing, byPair.get(pairOf(standing)) ?? []))
  await saveMoves(
    unit,
    moves.filter(({ standing }, index) => standing.usedUnits !== held[index]?.usedUnits),
    at,
  )
}

function pairOf({ customerId, meter }: { readonly customerId: string; readonly meter: string }): string {
  return `${customerId} ${meter}`
}

/**
 * Whoever adds use to hours and standings, or sums hours up anew, holds this alone until the unit ends: so a sum misses no use that is under way,
 * also where the standing was not there yet when it was added. What is asked under it is planned once: its plans do not depend on what
 * they are asked for.
 */
export async function lockCounting(unit: Unit): Promise<void> {
  await unit.tx.execute(sql`
    select set_config('plan_cache_mode', 'force_generic_plan', true), pg_advisory_xact_lock(hashtextextended('usage counting', 0))`)
}

/** The standings of customers and meters, locked in the order of their keys. */
function lockStandings(unit: Unit, pairs: readonly UsageDelta[]): Promise<StoredStanding[]> {
  const rows = pairs.map(({ customerId, meter }) => ({ customer_id: customerId, meter }))
  return unit.tx
    .select()
    .from(usageStanding)
    .where(
      sql`(${usageStanding.customerId}, ${usageStanding.meter}) in (
        select distinct customer_id, meter from ${inputRows(rows, 'customer_id text, meter text')})`,
    )
    .orderBy(...standingKey)
    .for('update')
}

const standingKey = [
  usageStanding.customerId,
  usageStanding.meter,
  usageStanding.contractId,
  usageStanding.lineId,
] as const

/**
 * Brings the standings of customers to the billing period that holds `now`, from the hours; those that are there already stay. `thresholds`
 * take the place of the ones they had. Answers how many moved.
 */
export async function rollStandings(
  unit: Unit,
  customerIds: readonly string[],
  now: Date,
  thresholds?: readonly string[],
): Promise<number> {
  const customers = customerIds.map((customerId) => ({ customerId }))
  if (customers.length === 0) return 0
  await lockCounting(unit)
  const due = await lockDue(unit, customers, now)
  const summed = due.map((standing) => ({ standing, periods: periodsToSum(standing, now) }))
  const quantities = await countedUsageOfRanges(
    unit,
    summed.flatMap(({ standing: { customerId, meter }, periods }) =>
      periods.map(({ periodFrom: from, periodTo: to }) => ({ customerId, meter, from, to })),
    ),
  )
  const moves = summed.map(({ standing, periods }) =>
    roll({ ...standing, ...(thresholds && { thresholds }) }, now, quantities.splice(0, periods.length)),
  )
  await saveMoves(unit, moves, now)
  return moves.length
}

function lockDue(
  unit: Unit,
  customers: readonly { readonly customerId: string }[],
  now: Date,
): Promise<StoredStanding[]> {
  const rows = customers.map(({ customerId }) => ({ customer_id: customerId }))
  return unit.tx
    .select()
    .from(usageStanding)
    .where(
      sql`${usageStanding.customerId} in (select customer_id from ${inputRows(rows, 'customer_id text')})
        and ${usageStanding.rollsAt} <= ${now.toISOString()}::timestamptz`,
    )
    .orderBy(...standingKey)
    .for('update')
}

/** Rolls every standing whose period is over, some customers at a time so that counting goes on between. Answers how many. */
export async function rollDue(store: Store, now: Date, thresholds?: readonly string[]): Promise<number> {
  for (let rolled = 0; ;) {
    const customerIds = await customersDue(store, now)
    if (customerIds.length === 0) return rolled
    rolled += await store.unitOfWork((unit) => rollStandings(unit, customerIds, now, thresholds))
  }
}

const customersAtOnce = 500

async function customersDue({ read }: Store, now: Date): Promise<string[]> {
  const rows = await rowsOf<{ customer_id: string }>(
    read,
    sql`
    select distinct customer_id from usage_standing where rolls_at <= ${now.toISOString()}::timestamptz
    order by customer_id limit ${customersAtOnce}`,
  )
  return rows.map(({ customer_id }) => customer_id)
}

/** The standings of a customer as they are stored, in the order of their meters. */
export async function standingsOf(store: Pick<Store, 'read'>, customerId: string): Promise<StoredStanding[]> {
  return databaseOf(store.read)
    .select()
    .from(usageStanding)
    .where(sql`${usageStanding.customerId} = ${customerId}`)
    .orderBy(...standingKey)
}
