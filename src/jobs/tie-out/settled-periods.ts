import { Big } from 'big.js'
import { money, type Money } from '../../domain/money.ts'
import { owedOf, settlementsOf, type Settlement } from '../../domain/settlement.ts'
import { settledFrom } from '../../store/contract-lookup.ts'
import { endedEarly } from '../../store/tie-out-lookup.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import type { ChargedUse } from '../../store/usage-charges.ts'
import { dueInRanges, countedUsageOfRanges } from '../../store/usage-windows.ts'
import type { JobContext } from '../job.ts'
import type { SoldContract } from './books.ts'

/** How long a period, or late use of it, may wait to be settled before it is missed: a hub may have been away. */
const graceMilliseconds = 86_400_000

/** A period that we settle, what it comes to by the terms of its contract, and what was charged for it. */
export type SettledPeriod = { readonly item: string; readonly owed: Money; readonly charged: Money }

type Sought = {
  readonly sold: SoldContract
  readonly settlement: Settlement
  readonly item: string
  readonly isCharged: boolean
}

/**
 * The periods that were settled, and those that should have been. Use that came since counts once it is charged, or has waited for too long; a commitment of
 * which late use is still to be billed is left out, because what is missing to it is about to change. So is what was not charged because the subscription ended early, which
 * a person was told.
 */
export async function settledPeriods(
  contracts: readonly SoldContract[],
  charges: readonly ChargedUse[],
  { store, clock }: JobContext,
): Promise<SettledPeriod[]> {
  const charged = new Map<string, bigint>()
  for (const charge of charges) {
    const { contractId, lineId, periodStartsOn, reason, amountMinor } = charge
    const item = `${contractId} ${lineId} ${periodStartsOn} ${reason}`
    charged.set(item, (charged.get(item) ?? 0n) + amountMinor)
  }
  const from = await settledFrom(store.read)
  const excepted = await endedEarly(store.read)
  const missedBefore = new Date(clock.now().getTime() - graceMilliseconds)
  const isMissed = ({ contractId }: SoldContract, dueAt: Date) =>
    dueAt <= missedBefore && !excepted.has(contractId)
  const sought = contracts.flatMap((sold) =>
    settlementsOf(sold.version, sold.entity.timeZone, from)
      .map((settlement): Sought => {
        const item = itemOf(sold, settlement)
        return { sold, settlement, item, isCharged: charged.has(item) }
      })
      .filter(({ isCharged, settlement: { dueAt } }) => isCharged || isMissed(sold, dueAt)),
  )
  const quantities = await quantitiesOf(sought, missedBefore, store.read)
  return sought.flatMap(({ sold, settlement, item }, index) => {
    const { currency } = sold.version.terms
    const used = quantities[index]
    if (used === undefined) return []
    return [
      { item, owed: owedOf(settlement, used, currency), charged: money(currency, charged.get(item) ?? 0n) },
    ]
  })
}

function itemOf(
  { contractId }: SoldContract,
  { kind, line, period }: Pick<Settlement, 'kind' | 'line' | 'period'>,
): string {
  return `${contractId} ${line.lineId} ${period.startsOn} ${kind}`
}

/**
 * What the stretches of each come to: what is billed or should be by now, or all where nothing was charged. Undefined for a commitment of which
 * something that came lately is not billed.
 */
async function quantitiesOf(
  sought: readonly Sought[],
  missedBefore: Date,
  reader: Reader,
): Promise<(readonly string[] | undefined)[]> {
  const ranges = sought.flatMap(({ sold, settlement: { line, stretches } }) =>
    stretches.map(({ startsAt, endsAt }) => ({
      customerId: sold.customerId,
      meter: line.meter,
      from: startsAt,
      to: endsAt,
    })),
  )
  const due = await dueInRanges(reader, ranges, missedBefore)
  const used = await countedUsageOfRanges(reader, ranges)
  let place = 0
  return sought.map(({ isCharged, settlement: { kind, stretches } }) => {
    const [from, to] = [place, (place += stretches.length)]
    const [all, ours] = [used.slice(from, to), due.slice(from, to)]
    const isPending = all.some((quantity, index) => !new Big(quantity).eq(ours[index] ?? '0'))
    if (kind === 'true-up') return isPending ? undefined : all
    return isCharged ? ours : all
  })
}
