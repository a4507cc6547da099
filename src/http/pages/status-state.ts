import type { BooksSettings } from '../../domain/books.ts'
import type { DealState } from '../../domain/deal.ts'
import { money, type Money } from '../../domain/money.ts'
import { countDealsByState } from '../../store/deals.ts'
import { exceptionGroups, listExceptions, type ExceptionGroup } from '../../store/exceptions.ts'
import { blockedMoney } from '../../store/gauges.ts'
import { latestJournals, type StoredJournal } from '../../store/journals.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import { pendingCount } from '../../store/work-overview.ts'
import { loadCommitments, type Commitment } from '../commitments.ts'
import { monthStandings, type MonthStanding } from '../month-overview.ts'
import { tieOutStates, type TieOutState } from '../tie-out-state.ts'

/** A cause with what a person does about it. */
export type Waiting = ExceptionGroup & { readonly action: string }

/** Everything the status page shows, as it stands at one moment. */
export type Status = {
  readonly at: Date
  readonly deals: ReadonlyMap<DealState, number>
  readonly waiting: readonly Waiting[]
  /** How many causes there are in all. */
  readonly causeCount: number
  readonly blocked: readonly Money[]
  readonly tieOuts: readonly TieOutState[]
  readonly months: readonly MonthStanding[]
  readonly journals: readonly StoredJournal[]
  readonly pendingWork: number
  readonly commitments: readonly Commitment[]
}

const shown = { causes: 10, differences: 5, journals: 8, commitments: 8 } as const

/** Reads what the status page shows. */
export async function loadStatus(reader: Reader, books: BooksSettings, now: Date): Promise<Status> {
  const [deals, groups, blocked, tieOuts, months, journals, pendingWork, commitments] = await Promise.all([
    countDealsByState(reader),
    exceptionGroups(reader),
    blockedMoney(reader),
    tieOutStates(reader, shown.differences),
    monthStandings(reader, books, now),
    latestJournals(reader, shown.journals),
    pendingCount(reader),
    loadCommitments(reader, books, now, shown.commitments),
  ])
  return {
    at: now,
    deals: new Map(deals.map(({ state, count }) => [state, count])),
    waiting: await withActions(reader, groups.slice(0, shown.causes)),
    causeCount: groups.length,
    blocked: blocked.map(({ labels, value }) => money(labels['currency'] ?? '', BigInt(value))),
    tieOuts,
    months,
    journals,
    pendingWork,
    commitments,
  }
}

/** Exceptions of one cause ask for one act; any of them tells it. */
function withActions(reader: Reader, groups: readonly ExceptionGroup[]): Promise<Waiting[]> {
  return Promise.all(
    groups.map(async (group) => {
      const [one] = await listExceptions(reader, {
        state: 'open',
        code: group.code,
        cause: group.cause,
        limit: 1,
      })
      return { ...group, action: one?.action ?? '' }
    }),
  )
}
