import type { UsageRow } from '../../../connectors/files/row-identity.ts'
import type { RowRefusal } from '../../../connectors/files/row-reading.ts'
import type { UsageEvent } from '../../domain/usage.ts'
import type { UsageKeeping } from '../../store/keep-usage.ts'
import { keepUsage } from '../../store/keep-usage.ts'
import type { UsageOutcome } from '../../store/accept-corrections.ts'
import type { AcceptedEvent } from '../../store/usage.ts'
import { keyedEvent } from '../../store/usage-key.ts'
import { archivedSinceRead, moveUsagePosition, usagePositionsOf } from '../../store/usage-positions.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { isRefusedByDatabase } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'

/** A row that can be kept. */
export type SoundRow = Extract<UsageRow, { event: UsageEvent }>

/** A row that was not counted. */
export type RefusedRow = RowRefusal & { readonly line: number }

/** The last line that was dealt with, and what became of the rows up to it. */
export type Standing = Readonly<Record<AcceptedEvent | 'uncorrected' | 'unstorable', number>> & {
  readonly line: number
  readonly isFinished: boolean
}

/** What rows of a file are given to, in order. */
export interface RowKeeper {
  standing(): Standing
  /** Keeps rows, and answers those that were not: another event has their source and id, or the database does not take them. */
  keep(rows: readonly SoundRow[]): Promise<RefusedRow[]>
  /** Notes that the file has been gone through. */
  end(): Promise<void>
}

/** The standing before the first row. */
export const beginning: Standing = {
  line: 0,
  accepted: 0,
  unmatched: 0,
  duplicate: 0,
  conflict: 0,
  uncorrected: 0,
  unstorable: 0,
  isFinished: false,
}

/** Under which names the position of a file is kept. */
export type FilePlace = { readonly source: string; readonly partition: string }

/**
 * Counts rows in one unit of work with the position after them, and stands where an import of the same content was stopped. A file that was
 * finished is gone through again, which counts nothing twice. Throws CommandError where another import of the file goes on at the same
 * time, and for a file that was finished and whose events were put away since.
 */
export async function rowKeeper(store: Store, place: FilePlace, keeping: UsageKeeping): Promise<RowKeeper> {
  const { source, partition } = place
  let held = (await usagePositionsOf(store.read, source, [partition])).get(partition) ?? null
  let standing: Standing = held === null ? beginning : { ...beginning, ...(JSON.parse(held) as Standing) }
  if (standing.isFinished) {
    await assertStillKnown(store, place)
    standing = beginning
  }

  return { standing: () => standing, keep, end: () => commit([], { isFinished: true }).then(() => undefined) }

  async function keep(rows: readonly SoundRow[]): Promise<RefusedRow[]> {
    if (rows.length === 0) return []
    try {
      return await commit(rows, { line: rows.at(-1)?.line ?? 0 })
    } catch (error) {
      if (!isRefusedByDatabase(error)) throw error
      return rows.length === 1 ? setAside(rows[0] as SoundRow) : keepInHalves(rows)
    }
  }

  /** Finds the row that the database does not take, so that it does not hold up the others. */
  async function keepInHalves(rows: readonly SoundRow[]): Promise<RefusedRow[]> {
    const middle = Math.floor(rows.length / 2)
    return [...(await keep(rows.slice(0, middle))), ...(await keep(rows.slice(middle)))]
  }

  async function setAside({ line }: SoundRow): Promise<RefusedRow[]> {
    await commit([], { line, unstorable: standing.unstorable + 1 })
    return [unstorableRow(line)]
  }

  async function commit(rows: readonly SoundRow[], changes: Partial<Standing>): Promise<RefusedRow[]> {
    const at = keeping.clock.now()
    const kept = await store.unitOfWork(async (unit) => {
      const events = rows.map(({ event }) => keyedEvent(event))
      const outcomes = events.length === 0 ? [] : await keepUsage(unit, events, at, keeping)
      const next = { ...added(standing, outcomes), ...changes }
      const position = JSON.stringify(next)
      if (position === held) return { next, position, outcomes }
      if (!(await moveUsagePosition(unit, source, { partition, after: held, position }, at))) throw stale()
      return { next, position, outcomes }
    })
    standing = kept.next
    held = kept.position
    return conflictsOf(rows, kept.outcomes)
  }
}

/** What was put away is no longer known by its source and id, so the file would count a second time. */
async function assertStillKnown(store: Store, { source, partition }: FilePlace): Promise<void> {
  const month = await archivedSinceRead(store.read, source, partition)
  if (month === null) return
  throw new CommandError(
    'conflict',
    `This file was imported in ${month}, and what came in ${month} was put away since. It was counted then, and is not counted again.`,
    'tieout usage months',
  )
}

/** A standing after these outcomes. */
export function added(standing: Standing, outcomes: readonly UsageOutcome[]): Standing {
  const counts = { accepted: 0, unmatched: 0, duplicate: 0, conflict: 0, uncorrected: 0 }
  for (const outcome of outcomes) counts[typeof outcome === 'object' ? 'uncorrected' : outcome]++
  return {
    ...standing,
    accepted: standing.accepted + counts.accepted,
    unmatched: standing.unmatched + counts.unmatched,
    duplicate: standing.duplicate + counts.duplicate,
    conflict: standing.conflict + counts.conflict,
    uncorrected: standing.uncorrected + counts.uncorrected,
  }
}

/** The rows that were not taken: under their source and id there is something else, or they correct what they cannot. */
export function conflictsOf(rows: readonly SoundRow[], outcomes: readonly UsageOutcome[]): RefusedRow[] {
  return rows.flatMap(({ line, event }, index) => {
    const outcome = outcomes[index]
    if (typeof outcome === 'object')
      return [{ line, code: outcome.fault.code, reason: outcome.fault.message }]
    if (outcome !== 'conflict') return []
    const reason = `Another event has the source ${event.source} and the id ${event.id}. The first one stays.`
    return [{ line, code: 'event-conflict', reason }]
  })
}

/** A row that breaks no rule of ours, and one of the database's. */
export function unstorableRow(line: number): RefusedRow {
  return { line, code: 'unstorable', reason: 'The database does not take it.' }
}

function stale(): CommandError {
  return new CommandError(
    'conflict',
    'Another import of this file is under way. What it has counted stays counted.',
  )
}
