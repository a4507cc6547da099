import { sql, type SQL } from 'drizzle-orm'
import { Big } from 'big.js'
import { addUse, periodsToSum, roll, type UsageDelta } from '../domain/entitlement-standing.ts'
import { inputRows } from './json.ts'
import { usageStanding } from './schema.ts'
import { saveMoves, type StoredStanding } from './standing-rows.ts'
import { databaseOf, rowsOf, type Store, type Unit } from './unit-of-work.ts'
import { usageOfRanges } from './usage-windows.ts'

/** A customer's use that was added to an hour: one event, or several together. */
export type CountedUse = {
  readonly customerId: string
  readonly meter: string
  readonly occurredAt: Date
  readonly value: string
}

const hourMilliseconds = 3_600_000

/** What events add to their hours, one delta for each customer, meter and hour. */
export function deltasOf(counted: readonly CountedUse[]): UsageDelta[] {
  const hourOf = ({ occurredAt }: CountedUse) => Math.floor(occurredAt.getTime() / hourMilliseconds)
  const byHour = Map.groupBy(counted, (use) => JSON.stringify([use.customerId, use.meter, hourOf(use)]))
  return [...byHour.values()].map((uses) => {
    const [{ customerId, meter }, startsAt] = [uses[0] as CountedUse, hourOf(uses[0] as CountedUse)]
    const quantity = uses.reduce((sum, { value }) => sum.plus(value), new Big(0)).toFixed()
    return { customerId, meter, startsAt: new Date(startsAt * hourMilliseconds), quantity }
  })
}

/**
 * Adds use to the standings whose billing period holds its hour, and writes down the thresholds it crosses. Belongs in the unit that adds the
 * same use to the hours, after them; a standing is read from the hours again whenever it is rolled, so nothing is lost where none matches.
 */
export async function addToStandings(unit: Unit, deltas: readonly UsageDelta[], at: Date): Promise<void> {
  if (deltas.length === 0) return
  await lockCustomers(unit, deltas, 'shared')
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
 * Whoever adds use shares the lock of its customers until the unit ends, and whoever sums up the hours anew holds it alone: so a sum misses no
 * use that is under way, also where the standing was not there yet when it was added. Customers share 64 locks, because the server has
 * room for few.
 */
async function lockCustomers(
  unit: Unit,
  customers: readonly { readonly customerId: string }[],
  mode: 'shared' | 'alone',
): Promise<void> {
  const rows = customers.map(({ customerId }) => ({ customer_id: customerId }))
  const lock = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock')
  // In one order, so that two units wait for each other instead of for ever.
  await unit.tx.execute(sql`
    select ${lock}(${lockClass}::integer, bucket)
    from (select distinct ${bucketOf(sql`customer_id`)} as bucket from ${inputRows(rows, 'customer_id text')} order by bucket) ordered`)
}

/** Tells these locks from those of others. */
const lockClass = 20_014

function bucketOf(customerId: SQL): SQL {
  return sql`(hashtext(${customerId}) & 63)`
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
  await lockCustomers(unit, customers, 'alone')
  const due = await lockDue(unit, customers, now)
  const summed = due.map((standing) => ({ standing, periods: periodsToSum(standing, now) }))
  const quantities = await usageOfRanges(
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

/** Rolls every standing whose period is over, the customers of one lock at a time so that the use of all others goes on. Answers how many. */
export async function rollDue(store: Store, now: Date, thresholds?: readonly string[]): Promise<number> {
  for (let rolled = 0; ;) {
    const customerIds = await customersDue(store, now)
    if (customerIds.length === 0) return rolled
    rolled += await store.unitOfWork((unit) => rollStandings(unit, customerIds, now, thresholds))
  }
}

const customersAtOnce = 500

async function customersDue({ read }: Store, now: Date): Promise<string[]> {
  const isDue = sql`rolls_at <= ${now.toISOString()}::timestamptz`
  const rows = await rowsOf<{ customer_id: string }>(
    read,
    sql`
    select distinct customer_id from usage_standing
    where ${isDue} and ${bucketOf(sql`customer_id`)} = (
      select ${bucketOf(sql`customer_id`)} from usage_standing where ${isDue} order by rolls_at limit 1
    )
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
