import type { Difference, TieOutName } from '../../domain/reconcile.ts'
import { tieOuts } from '../../domain/reconcile.ts'
import { tieOutStates } from '../../http/tie-out-state.ts'
import type { TiedOut } from '../../jobs/reconcile-books.ts'
import { tieOut } from '../../jobs/reconcile-books.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { patientClock } from '../patient-clock.ts'
import type { CommandDatabase } from './command-database.ts'
import { withDatabase } from './command-database.ts'
import { commandHub } from './command-hub.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'

export type TieOutOptions = CommonOptions & { readonly last?: boolean; readonly fromEvents?: boolean }

/** One pair of books and what comparing them gave. */
type Compared = {
  readonly name: TieOutName
  readonly from: string
  readonly to: string
  /** Null when the comparison could not be made. */
  readonly population: number | null
  readonly differenceCount: number
  readonly differences: readonly Difference[]
  readonly failed: string | null
  readonly comparedAt: Date | null
}

/** How long a command waits in all for vendors that are busy. */
const patienceMilliseconds = 10_000

const differencesShown = 20
const differencesKept = 1_000

/** `tieout tie-out`. */
export function tieOutCommand(
  session: Session,
  { last, fromEvents = false }: TieOutOptions,
): Promise<Outcome> {
  return withDatabase(session, async (database) => {
    const compared =
      last === true ? await lastCompared(database.store) : await compareNow(session, database, fromEvents)
    const count = compared.reduce((total, { differenceCount }) => total + differenceCount, 0)
    const unknown = compared.filter(({ failed }) => failed !== null)
    return {
      data: { ties_out: count === 0 && unknown.length === 0, tie_outs: compared.map(comparedOut) },
      text: textOf(compared, count),
      ...(count > 0 ? { exit: 'differences' as const, next: 'tieout ledger trace <id>' } : {}),
      ...(count === 0 && unknown.length > 0 ? { exit: 'provider' as const, next: 'tieout doctor' } : {}),
    }
  })
}

async function compareNow(session: Session, database: CommandDatabase, anew: boolean): Promise<Compared[]> {
  const hub = await commandHub(session, database, false)
  session.progress.say('Comparing the books')
  const now = hub.context.clock.now()
  const clock = patientClock(hub.context.clock, patienceMilliseconds)
  return (await tieOut({ ...hub.context, clock }, { anew })).map((result) => comparedOf(result, now))
}

function comparedOf(result: TiedOut, comparedAt: Date): Compared {
  const { from, to } = tieOuts.find(({ name }) => name === result.name) ?? { from: '', to: '' }
  const head = { name: result.name, from, to, comparedAt }
  if ('failed' in result)
    return { ...head, population: null, differenceCount: 0, differences: [], failed: result.failed }
  const { population, differences } = result
  return { ...head, population, differenceCount: differences.length, differences, failed: null }
}

async function lastCompared(store: Store): Promise<Compared[]> {
  const states = await tieOutStates(store.read, differencesKept)
  return states.map(({ name, from, to, run, differences }) => ({
    name,
    from,
    to,
    population: run?.state === 'finished' ? run.population : null,
    differenceCount: run?.differenceCount ?? 0,
    differences: differences.map(({ subject, expected, found, cause }) => ({
      tieOut: name,
      item: subject,
      left: expected,
      right: found,
      cause,
    })),
    failed: run === null ? 'never compared' : run.state === 'failed' ? (run.stateDetail ?? 'failed') : null,
    comparedAt: run?.finishedAt ?? null,
  }))
}

function comparedOut({ differenceCount, comparedAt, differences, ...compared }: Compared) {
  return {
    ...compared,
    compared_at: comparedAt?.toISOString() ?? null,
    difference_count: differenceCount,
    differences: differences.map(({ item, left, right, cause }) => ({ item, left, right, cause })),
  }
}

function textOf(compared: readonly Compared[], count: number): string {
  const widest = Math.max(...compared.map(({ name }) => name.length))
  const lines = compared.map(
    (pair) => `  ${mark(pair)} ${pair.name.padEnd(widest)}  ${pair.from} = ${pair.to}: ${saidOf(pair)}`,
  )
  const differences = compared.flatMap((pair) => pair.differences.map((difference) => ({ pair, difference })))
  const shown = differences
    .slice(0, differencesShown)
    .flatMap(({ pair, difference }) => [
      `  ${pair.name}: ${difference.item}`,
      `    ${difference.left ?? 'nothing'} against ${difference.right ?? 'nothing'}: ${difference.cause}`,
    ])
  const rest = count - Math.min(count, differencesShown)
  return [
    ...lines,
    ...(shown.length === 0 ? [] : ['', 'Differences', ...shown]),
    ...(rest > 0 ? [`  … and ${rest} more: tieout tie-out --last --json has them`] : []),
  ].join('\n')
}

function mark({ failed, differenceCount }: Compared): string {
  if (failed !== null) return '?'
  return differenceCount === 0 ? '✓' : '✗'
}

function saidOf({ failed, population, differenceCount }: Compared): string {
  if (failed !== null) return `could not be compared (${failed})`
  return `${population ?? 0} compared, ${differenceCount} difference${differenceCount === 1 ? '' : 's'}`
}
