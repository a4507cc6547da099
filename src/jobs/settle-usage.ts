import { Big } from 'big.js'
import { entityOf } from '../domain/books.ts'
import { billingInstant } from '../domain/billing-plan/instant.ts'
import type { TimeZone } from '../domain/calendar.ts'
import { dateIn } from '../domain/calendar.ts'
import { money } from '../domain/money.ts'
import type { ChargedBefore, Settlement } from '../domain/settlement.ts'
import { cycleMonthsOf, owedOf, settlementsOf, settlingCharge } from '../domain/settlement.ts'
import { endedBeforePeriod } from '../domain/subscription-drift.ts'
import { lockContracts } from '../store/book-lookup.ts'
import { noteSettled, settledFrom } from '../store/contract-lookup.ts'
import type { StoredContract } from '../store/contracts.ts'
import { loadContracts } from '../store/contracts.ts'
import { countUsage } from '../store/count-usage.ts'
import { enqueue } from '../store/enqueue.ts'
import type { Reader, Unit } from '../store/unit-of-work.ts'
import type { UsageCharge } from '../store/usage-charges.ts'
import {
  isTellingWithin,
  planUsageCharge,
  unbilledHours,
  usageChargesOf,
  useOfPeriod,
} from '../store/usage-charges.ts'
import { countedUsageOfRanges } from '../store/usage-windows.ts'
import { endingOf, snooze } from './ending.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { endItem } from './settle-item.ts'

/** How soon to look again at what was being told. */
const lookMilliseconds = 900_000

/**
 * Settles the periods of a contract that have ended: charges the use of lines that the provider cannot price, and what is missing to commitments.
 * What is charged is what a period comes to by now less what was charged of it before, so late use and corrections settle the same way, and
 * asking again charges nothing. The subject is the contract; the item sleeps until its next period has ended, use or none.
 */
export const settleUsage: Job = {
  queue: 'settle-usage',
  batchSize: 1,
  concurrency: 4,
  async run([item], context) {
    if (!item) return
    const [contract] = await loadContracts(context.store.read, [item.subject])
    if (!contract) throw new Error(`Contract ${item.subject} is not there`)
    const ending = contract.subscriptionId === null ? done : await settleEnded(contract, context)
    await context.store.unitOfWork(async (unit) => {
      if (contract.subscriptionId !== null && ending.kind === 'done') await noteSettled(unit, contract)
      await endItem(unit, item, ending, context, contract.caseId)
    })
  },
}

type Settling = { readonly contract: StoredContract; readonly zone: TimeZone }

async function settleEnded(contract: StoredContract, context: JobContext): Promise<Ending> {
  const { store, clock, books } = context
  const zone = entityOf(books, contract.entity)?.timeZone ?? 'UTC'
  const all = settlementsOf(contract.version, zone, await settledFrom(store.read))
  const now = clock.now()
  const ended = all.filter(({ dueAt }) => dueAt <= now)
  if (ended.length > 0) await countUsage(store, context)
  const open = await openOnes(ended, { contract, zone }, context)
  const over = open.length === 0 ? noEnd : await subscriptionEndOf(contract, context)
  if (over.kind === 'ended') return over.ending
  const unclear = await unclearOnes(open, contract, context)
  const ready = open.filter((one) => isBefore(one.endsAt, over.at) && !unclear.includes(one))
  for (const settlement of ready) {
    await store.unitOfWork((unit) => settle(unit, settlement, { contract, zone }, context))
    context.checkpoint('settlement-between-periods')
  }
  const after = open.find(({ endsAt }) => !isBefore(endsAt, over.at))
  if (over.at !== null && after !== undefined) {
    const issue = endedBeforePeriod(contract.number, dateIn(zone, over.at), after.period)
    return { kind: 'park', issues: [issue] }
  }
  if (unclear.length > 0)
    return snooze(now, lookMilliseconds, 'waits to hear what a meter was told of a period')
  // Where nothing is to be settled, the item sleeps until the contract is over, so that no sweep makes it anew before.
  const overAt = billingInstant(zone, contract.version.terms.endsBefore)
  const later = [...all.map(({ dueAt }) => dueAt), overAt].filter((at) => at > now)
  if (later.length === 0) return done
  const until = new Date(Math.min(...later.map((at) => at.getTime())))
  return { kind: 'snooze', until, why: 'waits for the next period to end' }
}

/** Those of which an hour was being told before we rated it: what of it a meter has is found out first. */
async function unclearOnes(
  open: readonly Settlement[],
  { customerId }: StoredContract,
  { store }: JobContext,
): Promise<Settlement[]> {
  const unclear: Settlement[] = []
  for (const settlement of open.filter(({ kind }) => kind === 'rated-usage')) {
    const pair = { customerId, meter: settlement.line.meter }
    if (await isTellingWithin(store.read, pair, settlement)) unclear.push(settlement)
  }
  return unclear
}

/** When the subscription ended; `at` is null while it runs. */
type SubscriptionOver =
  | { readonly kind: 'read'; readonly at: Date | null }
  | { readonly kind: 'ended'; readonly ending: Ending }

const noEnd: SubscriptionOver = { kind: 'read', at: null }

/** Asks the provider, because a message of the end may be on its way, or lost. */
async function subscriptionEndOf(
  { subscriptionId, number }: StoredContract,
  { billing, clock }: JobContext,
): Promise<SubscriptionOver> {
  if (subscriptionId === null) return noEnd
  const answer = await billing.subscriptionEnd(subscriptionId)
  if (answer.kind === 'ok') return { kind: 'read', at: answer.value }
  const doing = `read when the subscription of contract ${number} ends`
  return { kind: 'ended', ending: endingOf(answer, doing, 'Stripe', clock.now()) }
}

function isBefore(periodEnd: Date, subscriptionEnd: Date | null): boolean {
  return subscriptionEnd === null || periodEnd <= subscriptionEnd
}

/** Those that were never settled, have use that is on no invoice, or come to something else by now. */
async function openOnes(
  ended: readonly Settlement[],
  settling: Settling,
  { store }: JobContext,
): Promise<Settlement[]> {
  const { contractId, customerId, currency } = settling.contract
  const charges = await usageChargesOf(store.read, contractId)
  const open: Settlement[] = []
  for (const settlement of ended) {
    const earlier = chargesFor(settlement, charges)
    const pair = { customerId, meter: settlement.line.meter }
    const isOpen =
      earlier.length === 0 ||
      (settlement.kind === 'rated-usage'
        ? (await unbilledHours(store.read, pair, settlement)).length > 0
        : owedOf(settlement, await usedIn(store.read, settlement, settling), currency).amountMinor !==
          chargedBefore(earlier, currency).amount.amountMinor)
    if (isOpen) open.push(settlement)
  }
  return open
}

/** Charges what is missing of one settlement, and notes that its hours need nothing more. */
async function settle(
  unit: Unit,
  settlement: Settlement,
  settling: Settling,
  context: JobContext,
): Promise<void> {
  const { contract, zone } = settling
  const { contractId, customerId, version, activatedAt, currency } = contract
  const { kind, line, period } = settlement
  await lockContracts(unit, [contractId])
  const now = context.clock.now()
  const pair = { customerId, meter: line.meter }
  const hours = kind === 'rated-usage' ? await unbilledHours(unit, pair, settlement) : []
  const found = await useOfPeriod(unit, pair, settlement, hours)
  // Of use that we rate, exactly that counts which is in the hours now locked.
  const quantities =
    kind === 'rated-usage'
      ? [new Big(found.before).plus(found.further).toFixed()]
      : await usedIn(unit, settlement, settling)
  const before = chargedBefore(chargesFor(settlement, await usageChargesOf(unit, contractId)), currency)
  const charge = settlingCharge(
    version,
    settlement,
    { quantities, further: found.further, firstAt: hours[0] ?? null },
    before,
    { cycleMonths: cycleMonthsOf(version.terms, dateIn(zone, activatedAt ?? now)), zone, now },
  )
  if (before.count > 0 && hours.length === 0 && charge.amount.amountMinor === 0n) return
  const use = { before: found.before, further: found.further, reason: kind }
  await planUsageCharge(unit, pair, { charge, period, use, late: hours }, now)
  if (charge.amount.amountMinor !== 0n)
    await enqueue(unit, [{ queue: 'hand-over-charge', subject: contractId }], context)
}

function chargesFor({ kind, line, period }: Settlement, charges: readonly UsageCharge[]): UsageCharge[] {
  return charges.filter(
    ({ reason, lineId, periodStartsOn }) =>
      reason === kind && lineId === line.lineId && periodStartsOn === period.startsOn,
  )
}

function chargedBefore(charges: readonly UsageCharge[], currency: string): ChargedBefore {
  const minor = charges.reduce((sum, { charge }) => sum + charge.amount.amountMinor, 0n)
  return { count: charges.length, amount: money(currency, minor) }
}

/** What was used in each stretch of a settlement, as far as it is counted. */
async function usedIn(
  reader: Reader,
  { line: { meter }, stretches }: Settlement,
  { contract: { customerId } }: Settling,
): Promise<string[]> {
  const ranges = stretches.map(({ startsAt, endsAt }) => ({ customerId, meter, from: startsAt, to: endsAt }))
  return countedUsageOfRanges(reader, ranges)
}
