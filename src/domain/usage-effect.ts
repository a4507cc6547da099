import { Big } from 'big.js'
import type { DateRange } from './calendar.ts'
import type { UsageLine } from './contract.ts'
import type { UsePlace, UseRoute } from './late-usage.ts'
import { money, subtract, sum, zero, type Currency, type Money } from './money.ts'
import { costOfUse } from './rating.ts'
import { isRatedByUs } from './billing-plan/metered-price.ts'

/**
 * How a change of use gets billed: on the invoice of its period; on the next one, because that one is closed; or
 * not at all, because no contract that is billed sells it.
 */
export type BilledBy = 'own-invoice' | 'next-invoice' | 'nothing'

/** Use that would come on top of a billing period, below zero where it would be taken away; an exact decimal. */
export type PeriodChange = {
  readonly customerId: string
  readonly meter: string
  /** Null where no contract bills it. */
  readonly place: Pick<UsePlace, 'version' | 'line' | 'period'> | null
  readonly billedBy: BilledBy
  readonly quantity: string
}

/** What a change of use would do to a billing period, in quantities and in money; amounts are null where no contract bills it. */
export type UsageEffect = {
  readonly customerId: string
  readonly meter: string
  readonly contractId: string | null
  readonly lineId: string | null
  readonly period: DateRange | null
  readonly billedBy: BilledBy
  readonly quantityBefore: string
  readonly quantityAfter: string
  readonly amountBefore: Money | null
  readonly amountAfter: Money | null
}

/** What a route of use means for whoever is billed. */
export function billedBy(route: UseRoute): BilledBy {
  const isInTime = route.kind === 'meter-event' || (route.kind === 'settlement' && !route.isDue)
  return isInTime ? 'own-invoice' : 'next-invoice'
}

const order: readonly BilledBy[] = ['own-invoice', 'next-invoice', 'nothing']

/**
 * What changes of one billing period would do to it, one after the other: what is on its own invoice first, so that what comes later is what it
 * adds to that. `used` is what the period has now.
 */
export function effectsOnPeriod(changes: readonly PeriodChange[], used: string): UsageEffect[] {
  let quantity = new Big(used)
  const isBilled = quantity.gt(0)
  return changes
    .toSorted((one, other) => order.indexOf(one.billedBy) - order.indexOf(other.billedBy))
    .map((change) => {
      const before = quantity
      quantity = quantity.plus(change.quantity)
      return effectOf(change, { before, after: quantity, isBilled: isBilled || before.gt(0) })
    })
}

function effectOf(
  { customerId, meter, place, billedBy: by }: PeriodChange,
  { before, after, isBilled }: { readonly before: Big; readonly after: Big; readonly isBilled: boolean },
): UsageEffect {
  const known = {
    customerId,
    meter,
    billedBy: by,
    quantityBefore: before.toFixed(),
    quantityAfter: after.toFixed(),
  }
  if (place === null)
    return { ...known, contractId: null, lineId: null, period: null, amountBefore: null, amountAfter: null }
  const { version, line, period } = place
  const { currency } = version.terms
  return {
    ...known,
    contractId: version.contractId,
    lineId: line.lineId,
    period,
    // A period without use has no invoice line of the provider's, and so bears nothing of what is due without use.
    amountBefore: isBilled || isRatedByUs(line, currency) ? costOf(line, before, currency) : zero(currency),
    amountAfter: costOf(line, after, currency),
  }
}

function costOf(line: UsageLine, quantity: Big, currency: Currency): Money {
  return costOfUse(line, quantity.toFixed(), currency).amount
}

/** By how much an effect changes what is billed, a credit below zero; null where nothing bills it. */
export function changeOf({ amountBefore, amountAfter }: UsageEffect): Money | null {
  return amountBefore === null || amountAfter === null ? null : subtract(amountAfter, amountBefore)
}

/** What effects add up to in a currency: in all, and what of it comes on next invoices. */
export type EffectTotal = { readonly total: Money; readonly onNextInvoices: Money }

/** Adds effects up, currency by currency in the order of their names. */
export function totalsOf(effects: readonly UsageEffect[]): EffectTotal[] {
  const changes = effects.flatMap((effect) => {
    const change = changeOf(effect)
    return change === null ? [] : [{ change, isNext: effect.billedBy === 'next-invoice' }]
  })
  const currencies = [...new Set(changes.map(({ change }) => change.currency))].sort()
  return currencies.map((currency) => {
    const own = changes.filter(({ change }) => change.currency === currency)
    const amounts = own.map(({ change }) => money(currency, change.amountMinor))
    const next = own.filter(({ isNext }) => isNext).map(({ change }) => money(currency, change.amountMinor))
    return { total: sum(currency, amounts), onNextInvoices: sum(currency, next) }
  })
}
