import { Big } from 'big.js'
import type { OwnCharge } from './billing-plan/steps.ts'
import { isRatedByUs } from './billing-plan/metered-price.ts'
import type { DateRange, TimeZone } from './calendar.ts'
import { billingPeriods, dateIn } from './calendar.ts'
import type { ContractVersion, UsageLine } from './contract.ts'
import { costOfFurtherUse } from './rating.ts'
import { useRange } from './use-range.ts'

const minuteMilliseconds = 60_000
const hourMilliseconds = 60 * minuteMilliseconds
const dayMilliseconds = 24 * hourMilliseconds

/** Stripe takes the use of 35 days; an hour is kept in hand. */
const takenMilliseconds = 35 * dayMilliseconds - hourMilliseconds
/**
 * How long after a period its use is still told, and when it is settled if we rate it: the invoice is a draft for an hour, of which the rest is left
 * to the provider for counting and to us for putting the charge there.
 */
export const countedWithinMilliseconds = 45 * minuteMilliseconds
/** A draft waits 72 hours at most for its webhook; a period without an invoice by then gets none (docs.stripe.com/billing/invoices/subscription). */
const longestDraftMilliseconds = 73 * hourMilliseconds
/** How soon to look again whether an invoice has become final. */
const lookMilliseconds = 15 * minuteMilliseconds

/** Why use does not reach the invoice of its period by a meter event. */
export type LateReason = 'too-old' | 'after-invoice'

/** Why use, or the want of it, is charged as an amount of ours. */
export type ChargeReason = LateReason | SettlementReason

/** Why an amount of ours settles a period that has ended. */
type SettlementReason = 'rated-usage' | 'true-up'

/** Whether a charge is for a period that we settled: of use that the provider cannot price, or of a commitment. */
export function isOfSettlement(reason: ChargeReason | OwnCharge['reason']): reason is SettlementReason {
  return reason === 'rated-usage' || reason === 'true-up'
}

/** The contract, line and billing period that bill an hour of use. */
export type UsePlace = {
  readonly version: ContractVersion
  readonly line: UsageLine
  readonly period: DateRange
  readonly startsAt: Date
  readonly endsAt: Date
}

/** Finds what bills an hour among the contracts of a customer that sell its meter; null where none does. */
export function placeOfUse(
  contracts: readonly { readonly version: ContractVersion; readonly zone: TimeZone }[],
  meter: string,
  at: Date,
): UsePlace | null {
  for (const { version, zone } of contracts) {
    const { terms } = version
    for (const line of terms.lines) {
      if (line.kind !== 'usage' || line.meter !== meter) continue
      for (const period of billingPeriods(terms, line.billing.months)) {
        const { startsAt, endsAt } = useRange(line, terms, period, zone)
        if (startsAt <= at && at < endsAt) return { version, line, period, startsAt, endsAt }
      }
    }
  }
  return null
}

/** How an hour of use gets onto an invoice: told to the meter, charged on the next one, later, or with all of its period as we rate it. */
export type UseRoute =
  | { readonly kind: 'meter-event' }
  | { readonly kind: 'next-invoice'; readonly reason: LateReason }
  | { readonly kind: 'wait'; readonly until: Date }
  | { readonly kind: 'settlement'; readonly isDue: boolean }

/**
 * Decides it. Use of a line that the provider cannot price is never told: it is settled when its period has ended. Of all other use, what can still
 * be on the invoice of its period is told; what cannot is charged as further use of the period once that invoice is final, because before
 * that nobody knows of how much it is the further use.
 */
export function routeOfUse(
  hourStartsAt: Date,
  { line, version, endsAt }: Pick<UsePlace, 'line' | 'version' | 'endsAt'>,
  { now, finalizedAt }: { readonly now: Date; readonly finalizedAt: Date | null },
): UseRoute {
  const sinceEnd = now.getTime() - endsAt.getTime()
  if (isRatedByUs(line, version.terms.currency))
    return { kind: 'settlement', isDue: sinceEnd >= countedWithinMilliseconds }
  const isOld = now.getTime() - hourStartsAt.getTime() > takenMilliseconds
  if (!isOld && sinceEnd < countedWithinMilliseconds) return { kind: 'meter-event' }
  if (finalizedAt === null && sinceEnd < longestDraftMilliseconds)
    return { kind: 'wait', until: new Date(now.getTime() + lookMilliseconds) }
  return { kind: 'next-invoice', reason: isOld ? 'too-old' : 'after-invoice' }
}

/** Use that comes on top of what a period has been billed, below zero where use was taken back: exact decimals, and the hours it was in. */
export type FurtherUse = {
  readonly before: string
  readonly further: string
  readonly firstAt: Date
  readonly lastAt: Date
  readonly reason: LateReason
}

/** How often further use of the period was charged before, and the day it is charged on. */
type Charging = { readonly ordinal: number; readonly zone: TimeZone; readonly now: Date }

/**
 * The charge of further use, rated by the line's terms: the price of all of the period's use less that of what was billed. A period without any
 * use has had no invoice line, so the first piece bears the flat fee of its first tier as well. Use that was taken back makes it a credit. Its service is the
 * day of the first hour.
 */
export function furtherCharge(
  { version, line, period }: UsePlace,
  use: FurtherUse,
  { ordinal, zone, now }: Charging,
): OwnCharge {
  const { contractId, generation, terms } = version
  const day = dateIn(zone, use.firstAt)
  const before = ordinal === 1 && new Big(use.before).eq(0) ? null : use.before
  return {
    chargeKey: `charge:${contractId}/${generation}/${line.lineId}/${period.startsOn}/use-${ordinal}`,
    contractId,
    lineId: line.lineId,
    description: `${line.description ?? line.product.name}: ${wordsOfUse(use)}`,
    amount: costOfFurtherUse(line, before, use.further, terms.currency),
    service: { startsOn: day, endsBefore: day },
    availableFrom: dateIn(zone, new Date(now.getTime() - dayMilliseconds)),
    reason: 'late-usage',
  }
}

const reasonWords: Readonly<Record<LateReason, { readonly more: string; readonly less: string }>> = {
  'too-old': {
    more: 'which came more than 35 days later',
    less: 'which was corrected more than 35 days later',
  },
  'after-invoice': {
    more: 'which came after the invoice of that time',
    less: 'which was corrected after the invoice of that time',
  },
}

function wordsOfUse({ further, firstAt, lastAt, reason }: FurtherUse): string {
  const until = new Date(lastAt.getTime() + hourMilliseconds)
  const when = `from ${minuteOf(firstAt)} to ${minuteOf(until)} UTC`
  const quantity = new Big(further)
  const { more, less } = reasonWords[reason]
  return quantity.lt(0)
    ? `credit for ${quantity.abs().toFixed()} fewer used ${when}, ${less}`
    : `${further} used ${when}, ${more}`
}

function minuteOf(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ')
}
