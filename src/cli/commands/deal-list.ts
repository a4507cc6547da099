import type { DealState } from '../../domain/deal.ts'
import { formatMoney, fromDecimal } from '../../domain/money.ts'
import { dealOut } from '../../http/api/deal-shapes.ts'
import type { DealCase } from '../../store/deals.ts'
import { countDealsByState, listDeals } from '../../store/deals.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import { outputWidth, table } from './table.ts'

export type DealListOptions = CommonOptions & {
  readonly state?: DealState
  readonly limit: number
  readonly after?: string
}

/** `tieout deals list`. */
export function listDealsCommand(
  session: Session,
  { state, limit, after }: DealListOptions,
): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const wanted = { limit: limit + 1, ...(state ? { state } : {}), ...(after ? { cursor: after } : {}) }
    const found = await listDeals(store.read, wanted)
    const deals = found.slice(0, limit)
    const next = found.length > limit ? (deals.at(-1)?.caseId ?? null) : null
    const counts = await countDealsByState(store.read)
    return {
      data: {
        deals: deals.map(dealOut),
        counts: Object.fromEntries(counts.map((row) => [row.state, row.count])),
        next_after: next,
      },
      text: deals.length === 0 ? emptyText(state, counts.length) : dealTable(deals),
      ...nextOf(deals, next, state),
    }
  })
}

function emptyText(state: DealState | undefined, known: number): string {
  if (state !== undefined && known > 0) return `No deal is in the state ${state}.`
  return 'No deals yet. They appear when the CRM tells of one, or at the next sweep.'
}

function dealTable(deals: readonly DealCase[]): string {
  const columns = [
    { heading: 'DEAL' },
    { heading: 'NAME', narrows: true },
    { heading: 'ACCOUNT', narrows: true },
    { heading: 'STATE' },
    { heading: 'AMOUNT', side: 'right' as const },
    { heading: 'CLOSED' },
  ]
  const rows = deals.map((deal) => [
    deal.dealId,
    deal.name ?? '',
    deal.accountName ?? '',
    deal.state,
    dealAmount(deal),
    deal.closedOn ?? '',
  ])
  return table(columns, rows, outputWidth())
}

/** The amount as the CRM wrote it, for people where it is a sound one. */
export function dealAmount({ amount, currency }: Pick<DealCase, 'amount' | 'currency'>): string {
  if (amount === null || currency === null) return amount ?? ''
  try {
    return formatMoney(fromDecimal(currency, amount))
  } catch {
    return `${amount} ${currency}`
  }
}

function nextOf(deals: readonly DealCase[], after: string | null, state: DealState | undefined) {
  const stateOption = state === undefined ? '' : ` --state ${state}`
  if (after !== null) return { next: `tieout deals list${stateOption} --after ${after}` }
  const stopped = deals.find((deal) => deal.state === 'exception')
  return stopped === undefined ? {} : { next: `tieout deals show ${stopped.dealId}` }
}
