import { sql } from 'drizzle-orm'
import type { Flag } from '../domain/entitlement.ts'
import type { Standing } from '../domain/entitlement-standing.ts'
import { ownersOf } from './customers.ts'
import { rowsOf, type Reader } from './unit-of-work.ts'

/** What a check needs of a standing. */
export type CheckedStanding = Pick<
  Standing,
  'includedUnits' | 'limitUnits' | 'usedUnits' | 'periodFrom' | 'periodTo' | 'rollsAt'
>

type StandingRow = {
  customer_id: string
  included_units: string | null
  limit_units: string | null
  used_units: string
  period_from: string | null
  period_to: string | null
  rolls_at: string | null
}

/**
 * The customer a subject names and its standings on a meter: one look at the key of a row, and at the few batches that are not counted yet.
 * Null when the subject names nobody, or several.
 */
export async function standingsToCheck(
  reader: Reader,
  subject: string,
  meter: string,
): Promise<{ customerId: string; standings: CheckedStanding[] } | null> {
  const rows = await rowsOf<StandingRow>(
    reader,
    sql`
    select customer_id, included_units, limit_units, used_units, period_from, period_to, rolls_at
    from standings_to_check(${subject}, ${meter})`,
  )
  const [first] = rows
  return first === undefined ? null : { customerId: first.customer_id, standings: rows.flatMap(standingOf) }
}

function standingOf(row: StandingRow): CheckedStanding[] {
  if (row.included_units === null) return []
  return [
    {
      includedUnits: row.included_units,
      limitUnits: row.limit_units,
      usedUnits: row.used_units,
      periodFrom: instantOf(row.period_from),
      periodTo: instantOf(row.period_to),
      rollsAt: instantOf(row.rolls_at),
    },
  ]
}

function instantOf(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}

/**
 * The customer a subject names and the values its contracts in force give a feature, the earliest contract first; null when the subject
 * names nobody, or several.
 */
export async function featureToCheck(
  reader: Reader,
  subject: string,
  feature: string,
  now: Date,
): Promise<{ customerId: string; values: Flag[] } | null> {
  const at = sql`${now.toISOString()}::timestamptz`
  const rows = await rowsOf<{ customer_id: string; value: Flag | null }>(
    reader,
    sql`
    select owner.customer_id, held.value
    from ${ownersOf(sql`alias = ${subject}`)} as owner
      left join granted_feature held on held.customer_id = owner.customer_id and held.feature = ${feature}
        and held.granted_from <= ${at} and ${at} < held.granted_to
    order by held.contract_id`,
  )
  const [first] = rows
  if (first === undefined) return null
  return { customerId: first.customer_id, values: rows.flatMap(({ value }) => value ?? []) }
}
