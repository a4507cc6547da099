import { sql } from 'drizzle-orm'
import type { Crossing, Moved, Standing } from '../domain/entitlement-standing.ts'
import { inputRows } from './json.ts'
import type { usageStanding } from './schema.ts'
import type { Unit } from './unit-of-work.ts'

/** A standing as it is stored. */
export type StoredStanding = typeof usageStanding.$inferSelect

const movedColumns =
  'customer_id text, meter text, contract_id text, line_id text, period_from timestamptz, period_to timestamptz, ' +
  'used_units numeric, crossed_percent numeric, rolls_at timestamptz'

const crossingColumns =
  'crossing_id text, customer_id text, meter text, contract_id text, line_id text, period_from timestamptz, period_to timestamptz, ' +
  'percent numeric, threshold_units numeric, included_units numeric, used_units numeric'

/** Stores where standings have moved to, and each threshold they crossed once for its period. */
export async function saveMoves(unit: Unit, moves: readonly Moved[], at: Date): Promise<void> {
  if (moves.length === 0) return
  const rows = moves.map(({ standing }) => movedRow(standing))
  await unit.tx.execute(sql`
    update usage_standing held set period_from = input.period_from, period_to = input.period_to, used_units = input.used_units,
      crossed_percent = input.crossed_percent, rolls_at = input.rolls_at, changed_at = ${at.toISOString()}::timestamptz
    from ${inputRows(rows, movedColumns)}
    where held.customer_id = input.customer_id and held.meter = input.meter and held.contract_id = input.contract_id
      and held.line_id = input.line_id`)
  const crossed = moves.flatMap(({ standing, crossings }) =>
    crossings.map((crossing) => crossingRow(unit.ids.next('ucr'), standing, crossing)),
  )
  if (crossed.length === 0) return
  await unit.tx.execute(sql`
    insert into usage_threshold_crossed (crossing_id, customer_id, meter, contract_id, line_id, period_from, period_to, percent,
      threshold_units, included_units, used_units, crossed_at)
    select crossing_id, customer_id, meter, contract_id, line_id, period_from, period_to, percent, threshold_units, included_units,
      used_units, ${at.toISOString()}::timestamptz
    from ${inputRows(crossed, crossingColumns)} order by crossing_id
    on conflict (contract_id, line_id, period_from, percent) do nothing`)
}

function keyRow({ customerId, meter, contractId, lineId }: Standing) {
  return { customer_id: customerId, meter, contract_id: contractId, line_id: lineId }
}

function movedRow(standing: Standing) {
  return {
    ...keyRow(standing),
    period_from: standing.periodFrom,
    period_to: standing.periodTo,
    used_units: standing.usedUnits,
    crossed_percent: standing.crossedPercent,
    rolls_at: standing.rollsAt,
  }
}

function crossingRow(crossingId: string, standing: Standing, crossing: Crossing) {
  return {
    crossing_id: crossingId,
    ...keyRow(standing),
    period_from: crossing.periodFrom,
    period_to: crossing.periodTo,
    percent: crossing.percent,
    threshold_units: crossing.thresholdUnits,
    included_units: standing.includedUnits,
    used_units: crossing.usedUnits,
  }
}
