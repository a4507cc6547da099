import { addHours } from './added-hours.ts'
import { countReadings } from './count-readings.ts'
import type { Ringing } from './enqueue.ts'
import { addToStandings, lockCounting } from './standings.ts'
import { countLevels } from './usage-levels.ts'
import { isUsePending, takePending } from './usage-pending.ts'
import { askForReportOf } from './usage-report.ts'
import type { Store, Unit } from './unit-of-work.ts'

/** Batches counted in one unit of work, which bounds its memory. */
const batchesAtOnce = 32

/**
 * Counts all use that is pending: adds it to its hours and standings, and asks for its report. Levels that hold on are counted as far as the
 * hour under way. Whoever decides about money by the hours calls this first. Answers how many batches were counted.
 */
export async function countUsage(store: Store, ringing: Ringing): Promise<number> {
  let total = 0
  while (await isUsePending(store.read)) {
    const counted = await store.unitOfWork((unit) => countPending(unit, ringing))
    total += counted
    if (counted < batchesAtOnce) break
  }
  await countLevels(store, ringing)
  return total
}

/** Counts all that is pending within a unit, which holds up whoever else counts until it ends. */
export async function countAllPending(unit: Unit, ringing: Ringing): Promise<void> {
  while ((await countPending(unit, ringing)) === batchesAtOnce);
}

/** Counts the oldest of what is pending, within a unit; one unit at a time does so. Answers how many batches it were. */
export async function countPending(unit: Unit, ringing: Ringing): Promise<number> {
  await lockCounting(unit)
  const { hours: use, readings, rows } = await takePending(unit, batchesAtOnce)
  const hours = use.hours()
  if (hours.length === 0) return rows
  const at = ringing.clock.now()
  await addHours(unit, hours, at)
  const deltas = readings.isEmpty ? hours : [...hours, ...(await countReadings(unit, readings, at))]
  await addToStandings(unit, deltas, at)
  await askForReportOf(unit, deltas, ringing)
  return rows
}
