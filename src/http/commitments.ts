import type { BooksSettings } from '../domain/books.ts'
import { usageStandings, type UsageStanding } from '../domain/entitlement.ts'
import { forecastLine, type Forecast } from '../domain/entitlement-forecast.ts'
import { loadContracts, type StoredContract } from '../store/contracts.ts'
import { mostUsedStandings, type StandingHead } from '../store/standing-overview.ts'
import type { Reader } from '../store/unit-of-work.ts'
import { thresholdsCrossedAt } from '../store/threshold-lookup.ts'
import { billingDayOf, zoneOf } from './usage-standings.ts'

/** A customer's commitment as it burns down: what was used of a line, what that costs, and where it leads. */
export type Commitment = {
  readonly customerName: string
  readonly contractNumber: string
  readonly standing: UsageStanding
  readonly forecast: Forecast | null
  /** Percentages of what is included that were reached in the period, and when the hub told of each. */
  readonly told: readonly { readonly percent: string; readonly at: Date }[]
}

/** The commitments that are used up furthest, from their standings. */
export async function loadCommitments(
  reader: Reader,
  books: BooksSettings,
  now: Date,
  limit: number,
): Promise<Commitment[]> {
  const heads = await mostUsedStandings(reader, now, limit)
  if (heads.length === 0) return []
  const contractIds = [...new Set(heads.map(({ contractId }) => contractId))]
  const contracts = await loadContracts(reader, contractIds)
  const crossed = await thresholdsCrossedAt(reader, contractIds, now)
  const byId = new Map(contracts.map((held) => [held.contractId, held]))
  return heads.flatMap((head) => {
    const held = byId.get(head.contractId)
    if (held === undefined) return []
    const told = crossed
      .filter(({ contractId, lineId }) => contractId === head.contractId && lineId === head.lineId)
      .map(({ percent, crossedAt }) => ({ percent, at: crossedAt }))
    return commitmentOf(head, held, books, now).map((commitment) => ({ ...commitment, told }))
  })
}

function commitmentOf(
  { customerName, lineId, usedUnits }: StandingHead,
  held: StoredContract,
  books: BooksSettings,
  now: Date,
): Omit<Commitment, 'told'>[] {
  const { number, version } = held
  return usageStandings(version.terms, billingDayOf(held, books, now), new Map([[lineId, usedUnits]]))
    .filter((standing) => standing.lineId === lineId)
    .map((standing) => ({
      customerName,
      contractNumber: number,
      standing,
      forecast: forecastLine(version.terms, standing, zoneOf(held, books), now),
    }))
}
