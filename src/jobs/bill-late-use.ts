import { entityOf } from '../domain/books.ts'
import type { TimeZone } from '../domain/calendar.ts'
import type { LateReason, UsePlace, UseRoute } from '../domain/late-usage.ts'
import { furtherCharge, placeOfUse, routeOfUse } from '../domain/late-usage.ts'
import { contractsOfCustomer, type StoredContract } from '../store/contracts.ts'
import { enqueue } from '../store/enqueue.ts'
import { finalizedSince, planUsageCharge, usageChargesOf, useOfPeriod } from '../store/usage-charges.ts'
import type { SendingWindow, UsagePair } from '../store/usage-due.ts'
import type { JobContext } from './job.ts'

/** An hour of use, what bills it, and how it gets onto an invoice. */
export type RoutedHour = {
  readonly window: SendingWindow
  readonly route: UseRoute
  readonly place: UsePlace | null
}

/** Decides for hours of one pair how each gets onto an invoice. When invoices became final is read once a period. */
export function routerOf(
  pair: UsagePair,
  context: JobContext,
): (window: SendingWindow) => Promise<RoutedHour> {
  let sold: Promise<readonly Sold[]> | null = null
  const finalized = new Map<number, Promise<Date | null>>()
  return async (window) => {
    sold ??= soldTo(pair, context)
    const place = placeOfUse(await sold, pair.meter, window.startsAt)
    const now = context.clock.now()
    if (place === null) return { window, place, route: { kind: 'meter-event' } }
    const ended = place.endsAt.getTime()
    const known = finalized.get(ended) ?? finalizedOf(place, now, context)
    finalized.set(ended, known)
    return { window, place, route: routeOfUse(window.startsAt, place, { now, finalizedAt: await known }) }
  }
}

/** A contract that is billed, and the time zone of its seller. */
export type Sold = StoredContract & { readonly zone: TimeZone }

/** The contracts of a customer that are billed. */
export async function soldTo(
  { customerId }: UsagePair,
  { store, books }: JobContext,
): Promise<readonly Sold[]> {
  const contracts = await contractsOfCustomer(store.read, customerId)
  return contracts
    .filter(({ subscriptionId }) => subscriptionId !== null)
    .map((contract) => ({ ...contract, zone: entityOf(books, contract.entity)?.timeZone ?? 'UTC' }))
}

async function finalizedOf(
  { version, endsAt }: UsePlace,
  now: Date,
  { store }: JobContext,
): Promise<Date | null> {
  return now < endsAt ? null : finalizedSince(store.read, version.contractId, endsAt)
}

/**
 * Rates hours that came too late as further use of their periods and asks for the charges to be handed over, a charge for each line, period and
 * reason. A period of which something is still being told waits: answers those hours.
 */
export async function billLateUse(
  pair: UsagePair,
  late: readonly RoutedHour[],
  context: JobContext,
): Promise<SendingWindow[]> {
  const groups = Map.groupBy(
    late,
    ({ place, route }) => `${place?.line.lineId} ${place?.endsAt.getTime()} ${reasonOf(route)}`,
  )
  const waiting: SendingWindow[] = []
  for (const group of groups.values()) {
    if (!(await billGroup(pair, group, context))) waiting.push(...group.map(({ window }) => window))
  }
  return waiting
}

function reasonOf(route: UseRoute): LateReason {
  return route.kind === 'next-invoice' ? route.reason : 'after-invoice'
}

async function billGroup(
  pair: UsagePair,
  group: readonly RoutedHour[],
  context: JobContext,
): Promise<boolean> {
  const [first, last] = [group[0], group.at(-1)]
  if (first === undefined || last === undefined || first.place === null) return true
  const { place, route } = first
  const { contractId } = place.version
  const zone = (await soldTo(pair, context)).find((sold) => sold.contractId === contractId)?.zone ?? 'UTC'
  const hours = group.map(({ window }) => window.startsAt)
  return context.store.unitOfWork(async (unit) => {
    const found = await useOfPeriod(unit, pair, place, hours)
    if (found.isTelling) return false
    const now = context.clock.now()
    const use = {
      ...found,
      firstAt: first.window.startsAt,
      lastAt: last.window.startsAt,
      reason: reasonOf(route),
    }
    const { lineId } = place.line
    const earlier = (await usageChargesOf(unit, contractId)).filter(
      ({ lineId: of, periodStartsOn, reason }) =>
        of === lineId && periodStartsOn === place.period.startsOn && reason !== 'true-up',
    )
    const charge = furtherCharge(place, use, { ordinal: earlier.length + 1, zone, now })
    await planUsageCharge(unit, pair, { charge, period: place.period, use, late: hours }, now)
    if (charge.amount.amountMinor !== 0n)
      await enqueue(unit, [{ queue: 'hand-over-charge', subject: contractId }], context)
    return true
  })
}
