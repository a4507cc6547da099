import { tieOuts, type TieOutName } from '../domain/reconcile.ts'
import {
  differencesOf,
  latestRuns,
  type ReconciliationRun,
  type StoredDifference,
} from '../store/reconciliation.ts'
import type { Reader } from '../store/unit-of-work.ts'

/** The latest comparison of two books; `run` is null before the first. */
export type TieOutState = {
  readonly name: TieOutName
  readonly from: string
  readonly to: string
  readonly run: ReconciliationRun | null
  readonly differences: readonly StoredDifference[]
}

/** Whether two books were compared and agree. Not knowing is not agreeing. */
export function tiesOut({ run }: TieOutState): boolean {
  return run?.state === 'finished' && run.differenceCount === 0
}

/** All seven tie-outs in the order of the pipe, with at most `mostDifferences` differences each. */
export async function tieOutStates(reader: Reader, mostDifferences: number): Promise<TieOutState[]> {
  const runs = new Map((await latestRuns(reader)).map((run) => [run.checkName, run]))
  return Promise.all(
    tieOuts.map(async ({ name, from, to }) => {
      const run = runs.get(name) ?? null
      const hasDifferences = run !== null && run.differenceCount > 0
      const differences = hasDifferences
        ? await differencesOf(reader, run.runId, { limit: mostDifferences })
        : []
      return { name, from, to, run, differences }
    }),
  )
}
