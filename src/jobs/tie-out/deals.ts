import type { DealState } from '../../domain/deal.ts'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Crm, DealChange } from '../../ports/crm.ts'
import { dealStates } from '../../store/deal-lookup.ts'
import type { JobContext } from '../job.ts'
import { connectionOf } from '../job.ts'
import { readPatiently } from './books.ts'

const settled: readonly DealState[] = ['active', 'exception', 'ignored', 'superseded']

/** Every closed-won deal in the CRM is active, an open exception, or ignored by a named rule. */
export async function tieOutDeals({ store, crms, clock }: JobContext): Promise<TieOutResult> {
  const won = new Map<string, string>()
  const held = new Map<string, string>()
  for (const crm of crms.values()) {
    const states = await dealStates(store.read, crm.name, crm.org)
    for (const dealId of await wonDeals(crm, clock)) {
      const item = `${connectionOf(crm)}:${dealId}`
      const state = states.get(dealId)
      won.set(item, 'accounted for')
      if (state !== undefined) held.set(item, settled.includes(state) ? 'accounted for' : state)
    }
  }
  return compareBooks('deals', won, held, (_item, _left, right) =>
    right === null
      ? 'the hub has never seen this deal'
      : `the deal stands at "${right}" and has not come to rest`,
  )
}

type SweptPage = { changes: DealChange[]; mark: string; more: boolean }

/** The deals that are closed-won now; one that changed twice in the listing counts as it was last. */
async function wonDeals(crm: Crm, clock: Clock): Promise<Set<string>> {
  const won = new Set<string>()
  for (let mark: string | null = null, more = true; more;) {
    const from = mark
    const page: SweptPage = await readPatiently(() => crm.sweep(from), `deals of ${crm.name}`, clock)
    for (const { dealId, isClosedWon } of page.changes) {
      if (isClosedWon) won.add(dealId)
      else won.delete(dealId)
    }
    mark = page.mark
    more = page.more
  }
  return won
}
