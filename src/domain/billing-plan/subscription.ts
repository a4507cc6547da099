import type { Billable } from '../billable.ts'
import type { CalendarDate, TimeZone } from '../calendar.ts'
import type { ContractTerms, ContractVersion, FixedLine } from '../contract.ts'
import type { PlannedItem } from './catalogue.ts'
import { atDistinctPrices, keeperItem, licensedItem, meteredItem } from './catalogue.ts'
import { billingInstant } from './instant.ts'
import { itemPriceOf } from './item-price.ts'
import type { Layout } from './layout.ts'
import { customFieldsOf, subscriptionMetadata } from './references.ts'
import type { BillingStep, ScheduleStep, SubscriptionStep } from './steps.ts'

type Shared = Omit<SubscriptionStep, 'kind' | 'startsAt' | 'endsAt' | 'anchorAt' | 'items' | 'couponRefs'>

type Phase = { readonly startsOn: CalendarDate; readonly items: readonly PlannedItem[] }

/** The subscription or schedule of a contract, after the products, meters, prices and coupons its items need. */
export function subscriptionSteps(
  version: ContractVersion,
  billables: readonly Billable[],
  layout: Layout,
  context: { readonly zone: TimeZone; readonly automaticTax: boolean },
): BillingStep[] {
  const phases = [layout.nativeFrom, ...layout.changesOn].map((startsOn) => ({
    startsOn,
    items: atDistinctPrices(itemsOn(startsOn, version.terms, billables, layout)),
  }))
  const shared = sharedTerms(version, context.automaticTax)
  const step =
    layout.kind === 'subscription'
      ? subscriptionOf(shared, phases[0]?.items ?? [], version.terms, layout, context.zone)
      : scheduleOf(shared, phases, version.terms, context.zone)
  return [...neededBy(phases), step]
}

function subscriptionOf(
  shared: Shared,
  items: readonly PlannedItem[],
  { renewal, endsBefore }: ContractTerms,
  { nativeFrom, anchorOn }: Layout,
  zone: TimeZone,
): SubscriptionStep {
  return {
    ...shared,
    kind: 'subscription',
    startsAt: billingInstant(zone, nativeFrom),
    endsAt: renewal.kind === 'none' ? billingInstant(zone, endsBefore) : null,
    anchorAt: anchorOn === null ? null : billingInstant(zone, anchorOn),
    items: items.map(({ item }) => item),
    couponRefs: [],
  }
}

function scheduleOf(
  shared: Shared,
  phases: readonly Phase[],
  { renewal, endsBefore }: ContractTerms,
  zone: TimeZone,
): ScheduleStep {
  return {
    ...shared,
    kind: 'schedule',
    endBehavior: renewal.kind === 'none' ? 'cancel' : 'release',
    phases: phases.map(({ startsOn, items }, index) => ({
      startsAt: billingInstant(zone, startsOn),
      endsAt: billingInstant(zone, phases[index + 1]?.startsOn ?? endsBefore),
      items: items.map(({ item }) => item),
      couponRefs: [],
    })),
  }
}

function itemsOn(
  date: CalendarDate,
  terms: ContractTerms,
  billables: readonly Billable[],
  layout: Layout,
): PlannedItem[] {
  const fixed = layout.nativeFixed.map((line) => {
    const period = periodOn(date, line, billables)
    return licensedItem(line, itemPriceOf(period, terms, layout), period.quantity, line.billing.months)
  })
  const metered = layout.metered.map((line) => meteredItem(line, terms.currency))
  const [first] = terms.lines
  if (layout.keeperMonths === null || first === undefined) return [...fixed, ...metered]
  return [...fixed, ...metered, keeperItem(first, terms.currency, layout.keeperMonths)]
}

function periodOn(date: CalendarDate, line: FixedLine, billables: readonly Billable[]): Billable {
  const period = billables.findLast((billable) => billable.line === line && billable.startsOn <= date)
  if (period === undefined) throw new RangeError(`Line ${line.lineId} is not billed on ${date}`)
  return period
}

function neededBy(phases: readonly Phase[]): BillingStep[] {
  const needs = phases.flatMap(({ items }) => items.flatMap((planned) => planned.needs))
  const once = [...new Map(needs.map((step) => [step.opKey, step])).values()]
  return ['product', 'meter', 'price', 'coupon'].flatMap((kind) => once.filter((step) => step.kind === kind))
}

/** The key of a contract's subscription or schedule, which all its versions share: there is one. */
export function subscriptionKeyOf({
  contractId,
  generation,
}: Pick<ContractVersion, 'contractId' | 'generation'>): string {
  return `subscription:${contractId}/${generation}`
}

function sharedTerms(version: ContractVersion, automaticTax: boolean): Shared {
  const { contractId, terms } = version
  return {
    ref: 'subscription',
    opKey: subscriptionKeyOf(version),
    metadata: subscriptionMetadata(version),
    contractId,
    customerRef: 'customer',
    currency: terms.currency,
    collection: terms.collection,
    customFields: customFieldsOf(terms),
    proration: terms.proration,
    automaticTax,
  }
}
