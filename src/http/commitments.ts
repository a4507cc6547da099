import type { BooksSettings } from '../domain/books.ts'
import { usageStandings, type UsageStanding } from '../domain/entitlement.ts'
import { forecastLine, type Forecast } from '../domain/entitlement-forecast.ts'
import { loadContracts, type StoredContract } from '../store/contracts.ts'
import { mostUsedStandings, type StandingHead } from '../store/standing-overview.ts'
import type { Reader } from '../store/unit-of-work.ts'
import { billingDayOf, zoneOf } from './usage-standings.ts'

/** A customer's commitment as it burns down: what was used of a line, what that costs, and where it leads. */
export type Commitment = {
  readonly customerName: string
  readonly contractNumber: string
  readonly standing: UsageStanding
  readonly forecast: Forecast | null
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
  const contracts = await loadContracts(reader, [...new Set(heads.map(({ contractId }) => contractId))])
  const byId = new Map(contracts.map((held) => [held.contractId, held]))
  return heads.flatMap((head) => {
    const held = byId.get(head.contractId)
    return held === undefined ? [] : commitmentOf(head, held, books, now)
  })
}

function commitmentOf(
  { customerName, lineId, usedUnits }: StandingHead,
  held: StoredContract,
  books: BooksSettings,
  now: Date,
): Commitment[] {
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
