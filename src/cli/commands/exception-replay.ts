import { formatMoney, money, sum } from '../../domain/money.ts'
import { exceptionOut } from '../../http/api/exception-shapes.ts'
import { replay } from '../../http/replay.ts'
import { silentDoorbell } from '../../jobs/doorbell.ts'
import { systemClock } from '../../ports/clock.ts'
import { recordAct } from '../../store/audit.ts'
import { loadDeals } from '../../store/deals.ts'
import type { Exception } from '../../store/exceptions.ts'
import { listExceptions } from '../../store/exceptions.ts'
import type { Reader, Store } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { commandActor } from './actor.ts'
import { withDatabase } from './command-database.ts'
import { assertAskable, confirm } from './confirm.ts'
import { groupKey } from './exception-list.ts'
import { exceptionNamed } from './exception-show.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import type { Handed, Waiting } from './see-through.ts'
import { handedSentence, seeThrough } from './see-through.ts'

export type ReplayOptions = CommonOptions &
  Waiting & {
    readonly cause?: string
    readonly group?: string
    readonly all?: boolean
    readonly dryRun?: boolean
    readonly yes?: boolean
  }

/** `tieout exceptions replay`. Throws CommandError for an unclear wish, and for more than one without `--yes` where nobody can be asked. */
export function replayExceptions(
  session: Session,
  ids: readonly string[],
  options: ReplayOptions,
): Promise<Outcome> {
  assertOneWay(ids, options)
  const isBulk = ids.length !== 1 && options.dryRun !== true
  if (isBulk) assertAskable(options)
  return withDatabase(session, async (database) => {
    const { store } = database
    const chosen = await choose(store.read, ids, options)
    if (chosen.length === 0) return nothingChosen(options)
    if (options.dryRun === true) return rehearsed(chosen)
    session.progress.pause()
    if (isBulk) await confirm(`Take up ${countOf(chosen)}${waiting(chosen)}?`, options)
    session.progress.say(`Taking up ${chosen.length} exceptions`)
    const taken = await takeUp(store, chosen, options)
    const handed = await seeThrough(session, database, () => subjectsOf(store, chosen), options)
    return replayed(store, chosen, taken, handed)
  })
}

function assertOneWay(ids: readonly string[], { cause, group, all }: ReplayOptions): void {
  const ways = [ids.length > 0, cause !== undefined, group !== undefined, all === true].filter(Boolean).length
  if (ways === 1) return
  throw new CommandError(
    'usage',
    'Say which exceptions: ids, or one of --cause, --group and --all.',
    'tieout exceptions list',
  )
}

async function choose(reader: Reader, ids: readonly string[], options: ReplayOptions): Promise<Exception[]> {
  if (ids.length > 0) {
    const named = await Promise.all(ids.map((id) => exceptionNamed(reader, id)))
    const settled = named.find(({ state }) => state !== 'open')
    if (settled !== undefined) {
      throw new CommandError('conflict', `The exception ${settled.exceptionId} is ${settled.state} already.`)
    }
    return named
  }
  const open = await allOpen(reader, options.cause)
  return options.group === undefined ? open : open.filter((held) => groupKey(held) === options.group)
}

const pageSize = 1_000

async function allOpen(reader: Reader, cause: string | undefined): Promise<Exception[]> {
  const found: Exception[] = []
  for (;;) {
    const cursor = found.at(-1)?.exceptionId
    const filter = {
      state: 'open' as const,
      limit: pageSize,
      ...(cause ? { cause } : {}),
      ...(cursor ? { cursor } : {}),
    }
    const page = await listExceptions(reader, filter)
    found.push(...page)
    if (page.length < pageSize) return found
  }
}

function nothingChosen({ all, group, cause }: ReplayOptions): Outcome {
  if (all === true) return { data: { chosen: 0, taken_up: 0 }, text: 'Nothing waits for a person.' }
  throw new CommandError(
    'not-found',
    `No open exception has the ${group === undefined ? `cause ${cause ?? ''}` : `group ${group}`}.`,
    'tieout exceptions list',
  )
}

function rehearsed(chosen: readonly Exception[]): Outcome {
  const text = [
    `${countOf(chosen)}${waiting(chosen)} would be taken up. Nothing was changed.`,
    ...chosen.slice(0, 20).map(({ queue, sentence }) => `  ${queue}: ${sentence}`),
    ...(chosen.length > 20 ? [`  … and ${chosen.length - 20} more`] : []),
  ].join('\n')
  return { data: { dry_run: true, chosen: chosen.length, exceptions: chosen.map(exceptionOut) }, text }
}

function takeUp(store: Store, chosen: readonly Exception[], options: ReplayOptions): Promise<number> {
  const actor = commandActor()
  const { cause, group, all } = options
  return store.unitOfWork(async (unit) => {
    const taken = await replay(unit, chosen, actor, { clock: systemClock, doorbell: silentDoorbell })
    const subject =
      cause ?? group ?? (all === true ? 'all' : chosen.map(({ exceptionId }) => exceptionId).join(' '))
    const act = { action: 'exceptions-replayed', subjectKind: 'cause', subject, detail: { taken } }
    await recordAct(unit, { actor, ...act }, systemClock.now())
    return taken
  })
}

/** Work about what was stopped, and about what its deals have become meanwhile. */
async function subjectsOf(store: Store, chosen: readonly Exception[]): Promise<string[]> {
  const deals = await loadDeals(
    store.read,
    chosen.flatMap(({ caseId }) => caseId ?? []),
  )
  return [
    ...chosen.map(({ subject }) => subject),
    ...deals.flatMap(({ crm, org, dealId, contractId }) => [`${crm}:${org}:${dealId}`, contractId ?? '']),
  ]
}

async function replayed(
  store: Store,
  chosen: readonly Exception[],
  taken: number,
  handed: Handed,
): Promise<Outcome> {
  const data = { chosen: chosen.length, taken_up: taken, handed_to: handed }
  if (handed !== 'done') return { data, text: `${countOf(chosen)} taken up. ${handedSentence(handed)}` }
  const cases = new Set(chosen.flatMap(({ caseId }) => caseId ?? []))
  const open = await allOpen(store.read, undefined)
  const ids = new Set(chosen.map(({ exceptionId }) => exceptionId))
  const left = open.filter(
    (held) => ids.has(held.exceptionId) || (held.caseId !== null && cases.has(held.caseId)),
  )
  if (left.length === 0)
    return { data: { ...data, left: 0 }, text: `${countOf(chosen)} taken up, and all are settled.` }
  return {
    data: { ...data, left: left.length },
    text: `${countOf(chosen)} taken up; ${left.length} still wait for a person.`,
    exit: 'partial',
    next: 'tieout exceptions list',
  }
}

function countOf(chosen: readonly Exception[]): string {
  return chosen.length === 1 ? 'One exception' : `${chosen.length} exceptions`
}

/** What the exceptions hold back, by currency. */
function waiting(chosen: readonly Exception[]): string {
  const amounts = chosen.flatMap(({ amountMinor, currency }) =>
    amountMinor === null || currency === null ? [] : [money(currency, amountMinor)],
  )
  const sums = [...Map.groupBy(amounts, ({ currency }) => currency)].map(([currency, each]) =>
    formatMoney(sum(currency, each)),
  )
  return sums.length === 0 ? '' : ` holding back ${sums.join(' and ')}`
}
