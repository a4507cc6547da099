import { isRatedByUs } from '../domain/billing-plan/metered-price.ts'
import { isCommitted } from '../domain/commitment.ts'
import { isUsage } from '../domain/contract.ts'
import { settlementsOf } from '../domain/settlement.ts'
import { useRange, type UseRange } from '../domain/use-range.ts'
import { settledFrom } from '../store/contract-lookup.ts'
import { enqueue } from '../store/enqueue.ts'
import { unbilledHours } from '../store/usage-charges.ts'
import type { UsagePair } from '../store/usage-due.ts'
import { soldTo, type RoutedHour } from './bill-late-use.ts'
import type { JobContext } from './job.ts'

/** The time in which use of a pair is rated by us, and the part of it that should be settled by now; null before the first period has ended. */
export type RatedTerm = {
  readonly contractId: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly settled: UseRange | null
}

/** Finds when use of a pair is of a line that the provider cannot price: no meter is told of it. */
export async function ratedTerms(pair: UsagePair, context: JobContext): Promise<RatedTerm[]> {
  const now = context.clock.now()
  const from = await settledFrom(context.store.read)
  return (await soldTo(pair, context)).flatMap(({ contractId, version, zone }) => {
    const { terms } = version
    const settlements = settlementsOf(version, zone, from)
    const rated = terms.lines
      .filter(isUsage)
      .filter((line) => line.meter === pair.meter && isRatedByUs(line, terms.currency))
    return rated.map((sold) => {
      const ended = settlements.filter(
        ({ kind, line, dueAt }) => kind === 'rated-usage' && line.lineId === sold.lineId && dueAt <= now,
      )
      const [first, last] = [ended[0], ended.at(-1)]
      return {
        contractId,
        ...useRange(sold, terms, terms, zone),
        settled: first && last ? { startsAt: first.startsAt, endsAt: last.endsAt } : null,
      }
    })
  })
}

/** Asks to settle anew where use came, or was corrected, after its period had been settled. */
export async function askToSettleRated(
  pair: UsagePair,
  terms: readonly RatedTerm[],
  context: JobContext,
): Promise<void> {
  for (const { contractId, settled } of terms) {
    if (settled === null) continue
    const hours = await unbilledHours(context.store.read, pair, settled)
    if (hours.length > 0) await askToSettle([contractId], context)
  }
}

/**
 * Asks to settle commitments anew of which use came after its billing period had ended. Before the use is told or charged, because nobody would ask
 * afterwards if we ended in between.
 */
export async function askToSettleCommitted(hours: readonly RoutedHour[], context: JobContext): Promise<void> {
  const now = context.clock.now()
  const contracts = hours.flatMap(({ place }) =>
    place !== null && place.endsAt <= now && isCommitted(place.line) ? [place.version.contractId] : [],
  )
  await askToSettle([...new Set(contracts)], context)
}

/** Asks to settle contracts. */
export async function askToSettle(contractIds: readonly string[], context: JobContext): Promise<void> {
  if (contractIds.length === 0) return
  await context.store.unitOfWork((unit) =>
    enqueue(
      unit,
      contractIds.map((subject) => ({ queue: 'settle-usage', subject })),
      context,
    ),
  )
}
