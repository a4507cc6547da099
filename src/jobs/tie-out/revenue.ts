import { firstDayOf, nextMonth } from '../../domain/calendar.ts'
import { earnedBefore } from '../../domain/earned.ts'
import { formatMoney, money } from '../../domain/money.ts'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import { balancesByContractLine } from '../../store/balances.ts'
import { takenLines } from '../../store/book-lookup.ts'
import { listMonths } from '../../store/months.ts'
import { lastClosedMonth } from '../../store/tie-out-lookup.ts'
import type { JobContext } from '../job.ts'
import { changedObligations, changesByContract } from '../invoice-changes.ts'
import { quantitiesOf } from '../recognize-revenue.ts'
import type { OurBooks } from './books.ts'
import { addTo } from './books.ts'

/**
 * Contract liability less unbilled receivable, as the ledger has them, is billed less earned, as invoices and contract terms have
 * them: the right side is computed anew, from nothing that recognition wrote.
 */
export async function tieOutRevenue(our: OurBooks, context: JobContext): Promise<TieOutResult> {
  const { store, books } = context
  const expected = new Map<string, bigint>()
  for (const { contractId, lineId, netMinor } of our.billed)
    addTo(expected, `${contractId} ${lineId}`, netMinor)
  for (const entity of books.entities) {
    for (const { contractId, lineId, amountMinor } of await takenLines(store.read, entity.id)) {
      addTo(expected, `${contractId} ${lineId}`, -amountMinor)
    }
    const contracts = our.contracts.filter(({ entity: seller }) => seller.id === entity.id)
    const closed = await lastClosedMonth(store.read, entity.id)
    if (closed === null) continue
    const before = firstDayOf(nextMonth(closed))
    const begun = contracts.filter(({ version }) => version.terms.startsOn < before)
    // Use that was received after the close is earned with the next one: a closed month stays as it is.
    const months = await listMonths(store.read, entity.id)
    const closedAt = months.find(({ month }) => month === closed)?.closedAt ?? null
    const quantities = await quantitiesOf(store.read, begun, before, entity.timeZone, closedAt)
    const changes = await changesByContract(store.read, entity.id)
    for (const { contractId, version } of begun) {
      const lines = earnedBefore(
        version,
        before,
        'by-day',
        changedObligations(version, changes.get(contractId)),
        quantities.get(contractId) ?? new Map(),
      )
      for (const { lineId, earnedMinor } of lines) addTo(expected, `${contractId} ${lineId}`, -earnedMinor)
    }
  }
  return compare(expected, await standing(context), our)
}

/** Where the ledger has each contract line. */
async function standing({ store }: JobContext): Promise<Map<string, bigint>> {
  const held = new Map<string, bigint>()
  for (const row of await balancesByContractLine(store.read, ['contract-liability', 'unbilled-receivable'])) {
    addTo(held, `${row.contractId} ${row.lineId ?? ''}`, -row.balance.amountMinor)
  }
  return held
}

function compare(
  expected: ReadonlyMap<string, bigint>,
  held: ReadonlyMap<string, bigint>,
  our: OurBooks,
): TieOutResult {
  const currencies = new Map(
    our.contracts.map(({ contractId, version }) => [contractId, version.terms.currency]),
  )
  const items = new Set([...expected.keys(), ...held.keys()])
  const texts = (sums: ReadonlyMap<string, bigint>) =>
    new Map(
      [...items].map((item) => [
        item,
        formatMoney(money(currencies.get(item.split(' ')[0] ?? '') ?? 'XXX', sums.get(item) ?? 0n)),
      ]),
    )
  return compareBooks(
    'revenue',
    texts(held),
    texts(expected),
    () => 'the ledger does not stand where billed less earned stands',
  )
}
