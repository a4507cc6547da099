import { sql } from 'drizzle-orm'
import { HourlyUseSum, type HourlyUse } from '../domain/hourly-use.ts'
import type { UsageOutcome } from './accept-corrections.ts'
import { acceptAll } from './keep-usage.ts'
import { rowsOf, type Store, type Unit } from './unit-of-work.ts'
import type { KeyedEvent } from './usage-key.ts'

/** What would become of events, and what they would add to hours or take from them. */
export type RehearsedUsage = {
  readonly outcomes: readonly UsageOutcome[]
  readonly hours: readonly HourlyUse[]
}

/** Ends a unit of work that was only to show what would come of it. */
class RehearsedError extends Error {
  override readonly name = 'RehearsedError'
}

/** Takes events with the statements that keep them, and undoes all of it. What their writers hold is held for as long. */
export async function rehearseUsage(
  store: Store,
  items: readonly KeyedEvent[],
  at: Date,
): Promise<RehearsedUsage> {
  let rehearsed: RehearsedUsage = { outcomes: [], hours: [] }
  if (items.length === 0) return rehearsed
  try {
    await store.unitOfWork(async (unit) => {
      const { became: outcomes } = await acceptAll(unit, items, at)
      rehearsed = { outcomes, hours: await hoursWritten(unit) }
      throw new RehearsedError()
    })
  } catch (error) {
    if (!(error instanceof RehearsedError)) throw error
  }
  return rehearsed
}

/** What this unit wrote down to be counted. */
async function hoursWritten(unit: Unit): Promise<HourlyUse[]> {
  const rows = await rowsOf<{ hours: string }>(
    unit,
    sql`select hours from usage_pending where xmin = pg_current_xact_id()::xid`,
  )
  const use = new HourlyUseSum()
  for (const { hours } of rows) use.addLines(hours)
  return use.hours()
}
