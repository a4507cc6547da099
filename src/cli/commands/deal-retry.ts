import { dealCan } from '../../domain/deal.ts'
import { dealOut } from '../../http/api/deal-shapes.ts'
import { dealNamed } from '../../http/deal-detail.ts'
import { replay } from '../../http/replay.ts'
import { silentDoorbell } from '../../jobs/doorbell.ts'
import { systemClock } from '../../ports/clock.ts'
import { recordAct } from '../../store/audit.ts'
import { setDealStates } from '../../store/deal-changes.ts'
import type { DealCase } from '../../store/deals.ts'
import { loadDeals } from '../../store/deals.ts'
import { enqueue } from '../../store/enqueue.ts'
import { listExceptions } from '../../store/exceptions.ts'
import type { Store, Unit } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { exitNameOf, sentenceOf } from '../failures.ts'
import { commandActor } from './actor.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import type { Waiting } from './see-through.ts'
import { handedSentence, seeThrough } from './see-through.ts'

export type DealRetryOptions = CommonOptions & Waiting

const mostIssues = 200

type Refused = { readonly id: string; readonly error: unknown }

/** `tieout deals retry`. One of several that cannot be taken up does not hold the others. */
export function retryDeals(
  session: Session,
  ids: readonly string[],
  options: DealRetryOptions,
): Promise<Outcome> {
  return withDatabase(session, async (database) => {
    const { store } = database
    const taken: DealCase[] = []
    const refused: Refused[] = []
    for (const id of ids) {
      const held = await takeUp(store, id).catch((error: unknown) => void refused.push({ id, error }))
      if (held !== undefined) taken.push(held)
    }
    const [only] = refused
    if (only !== undefined && taken.length === 0) throw only.error
    const handed = await seeThrough(session, database, () => subjectsOf(store, taken), options)
    const now = await loadDeals(
      store.read,
      taken.map(({ caseId }) => caseId),
    )
    const names = now.map(({ name, dealId, state }) => `${name ?? dealId}: ${state}`)
    return {
      data: {
        deals: now.map(dealOut),
        refused: refused.map(({ id, error }) => ({ id, code: exitNameOf(error), detail: sentenceOf(error) })),
        handed_to: handed,
      },
      text: [...names, handedSentence(handed), ...refused.map(({ error }) => sentenceOf(error))].join('\n'),
      ...endOf(now, refused, handed === 'done'),
    }
  })
}

function endOf(now: readonly DealCase[], refused: readonly Refused[], isDone: boolean): Partial<Outcome> {
  const stopped = now.find(({ state }) => state === 'exception')
  const next = stopped === undefined ? {} : { next: `tieout deals show ${stopped.dealId}` }
  return refused.length > 0 || (isDone && stopped !== undefined) ? { ...next, exit: 'partial' } : next
}

/** Puts a deal on the work list again. Throws ProblemError when it is not known, CommandError in a state that does not allow it. */
async function takeUp(store: Store, id: string): Promise<DealCase> {
  return store.unitOfWork(async (unit) => {
    const held = await dealNamed(unit, id)
    if (!dealCan('retry', held.state)) {
      throw new CommandError(
        'conflict',
        `The deal ${held.name ?? held.dealId} is ${held.state}: only one that is stopped or ignored can be taken up again.`,
        `tieout deals show ${held.dealId}`,
      )
    }
    await retry(unit, held)
    return held
  })
}

async function retry(unit: Unit, { caseId, state, crm, org, dealId }: DealCase): Promise<void> {
  const actor = commandActor()
  const ringing = { clock: systemClock, doorbell: silentDoorbell }
  const now = systemClock.now()
  if (state === 'ignored') await setDealStates(unit, [{ caseId, action: 'retry', to: 'seen' }], now)
  const open = await listExceptions(unit, { caseId, state: 'open', limit: mostIssues })
  await replay(unit, open, actor, ringing)
  await enqueue(unit, [{ queue: 'intake-deal', subject: `${crm}:${org}:${dealId}` }], ringing)
  await recordAct(
    unit,
    { actor, action: 'deal-retried', subjectKind: 'deal', subject: caseId, detail: { state } },
    now,
  )
}

/** Under which names work about the deals may be on the list. */
async function subjectsOf(store: Store, taken: readonly DealCase[]): Promise<string[]> {
  const now = await loadDeals(
    store.read,
    taken.map(({ caseId }) => caseId),
  )
  return now.flatMap(({ crm, org, dealId, caseId, contractId }) => [
    `${crm}:${org}:${dealId}`,
    caseId,
    ...(contractId === null ? [] : [contractId]),
  ])
}
