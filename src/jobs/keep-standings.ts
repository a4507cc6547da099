import { entityOf, type BooksSettings } from '../domain/books.ts'
import { billingInstant } from '../domain/billing-plan/instant.ts'
import { startOfDay } from '../domain/calendar.ts'
import { standingTermsOf, usualThresholds } from '../domain/entitlement-standing.ts'
import { loadContracts, type StoredContract } from '../store/contracts.ts'
import { contractsToGrant, lockForGrant, saveGrants, type Grant } from '../store/grants.ts'
import { aggregateAnew } from '../store/recount-points.ts'
import { lockCounting, rollDue } from '../store/standings.ts'
import type { JobContext } from './job.ts'

type StandingContext = Pick<JobContext, 'store' | 'clock' | 'books' | 'settings'>

const contractsAtOnce = 200

/**
 * Makes what contracts give their customers wherever a version is new, and brings every standing to the billing period that is under way. From
 * state alone: whoever calls it late, or twice, leaves the same.
 */
export async function keepStandings(context: StandingContext): Promise<void> {
  const { store, clock, settings } = context
  for (;;) {
    const contractIds = await contractsToGrant(store.read, contractsAtOnce)
    if (contractIds.length === 0) break
    await grant(contractIds, context)
  }
  await rollDue(store, clock.now(), settings.usageThresholds ?? usualThresholds)
}

async function grant(contractIds: readonly string[], context: StandingContext): Promise<void> {
  const { store, clock, books, settings } = context
  const thresholds = settings.usageThresholds ?? usualThresholds
  await store.unitOfWork(async (unit) => {
    const contracts = await loadContracts(unit, await lockForGrant(unit, contractIds))
    // Before any standing is, as whoever counts does.
    await lockCounting(unit)
    await saveGrants(
      unit,
      contracts.map((held) => grantOf(held, books, thresholds)),
      clock.now(),
    )
    const customerIds = [...new Set(contracts.map(({ customerId }) => customerId))]
    await aggregateAnew(unit, customerIds, clock.now())
  })
}

function grantOf(
  { contractId, customerId, entity, version: { version, terms } }: StoredContract,
  books: BooksSettings,
  thresholds: readonly string[],
): Grant {
  const zone = entityOf(books, entity)?.timeZone ?? 'UTC'
  return {
    contractId,
    customerId,
    version,
    features: terms.entitlements,
    grantedFrom: startOfDay(zone, terms.startsOn),
    grantedTo: billingInstant(zone, terms.endsBefore),
    standings: standingTermsOf(terms, zone, thresholds),
  }
}
