import { hashOf } from '../../store/fingerprint.ts'
import type { UsageOutcome } from '../../store/accept-corrections.ts'
import { acceptAll } from '../../store/keep-usage.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { isRefusedByDatabase } from '../../store/unit-of-work.ts'
import { keyedEvent } from '../../store/usage-key.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RefusedRow, RowKeeper, SoundRow } from './usage-row-keeper.ts'
import { added, beginning, conflictsOf, unstorableRow } from './usage-row-keeper.ts'

/** Ends a unit of work that was only to show what would come of it. */
class RehearsedError extends Error {
  override readonly name = 'RehearsedError'
}

/**
 * Takes rows as an import would, with the same statements, and undoes every unit of work: it finds what would become of each row, and
 * counts none. Begins at the first line also where an import was stopped.
 */
export function rehearsal(store: Store, clock: Clock): RowKeeper {
  const firsts = new Map<string, string>()
  let standing = beginning
  return { standing: () => standing, keep, end: () => Promise.resolve() }

  async function keep(rows: readonly SoundRow[]): Promise<RefusedRow[]> {
    if (rows.length === 0) return []
    try {
      const found = await outcomesOf(store, rows, clock.now())
      const outcomes = found.map((outcome, index) => asSecond(rows[index] as SoundRow, outcome, firsts))
      standing = added(standing, outcomes)
      return conflictsOf(rows, outcomes)
    } catch (error) {
      if (!isRefusedByDatabase(error)) throw error
      return rows.length === 1 ? setAside(rows[0] as SoundRow) : keepInHalves(rows)
    }
  }

  function setAside({ line }: SoundRow): RefusedRow[] {
    standing = { ...standing, unstorable: standing.unstorable + 1 }
    return [unstorableRow(line)]
  }

  /** Finds the row that the database does not take, as an import does. */
  async function keepInHalves(rows: readonly SoundRow[]): Promise<RefusedRow[]> {
    const middle = Math.floor(rows.length / 2)
    return [...(await keep(rows.slice(0, middle))), ...(await keep(rows.slice(middle)))]
  }
}

async function outcomesOf(store: Store, rows: readonly SoundRow[], at: Date): Promise<UsageOutcome[]> {
  let outcomes: UsageOutcome[] = []
  try {
    await store.unitOfWork(async (unit) => {
      outcomes = await acceptAll(
        unit,
        rows.map(({ event }) => keyedEvent(event)),
        at,
      )
      throw new RehearsedError()
    })
  } catch (error) {
    if (!(error instanceof RehearsedError)) throw error
  }
  return outcomes
}

/** What was undone cannot be found again, so rows that may repeat within the file are remembered here. */
function asSecond(
  { event, isRepeated }: SoundRow,
  outcome: UsageOutcome,
  firsts: Map<string, string>,
): UsageOutcome {
  if (!isRepeated || (outcome !== 'accepted' && outcome !== 'unmatched')) return outcome
  const { source, id, meter, subject, occurredAt, value, properties } = event
  const key = JSON.stringify([source, id])
  const sorted = Object.entries(properties).sort(([left], [right]) => (left < right ? -1 : 1))
  const body = hashOf(JSON.stringify([meter, subject, occurredAt, value, sorted]))
  const first = firsts.get(key)
  firsts.set(key, first ?? body)
  if (first === undefined) return outcome
  return first === body ? 'duplicate' : 'conflict'
}
