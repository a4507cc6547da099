import type {
  CollectionMethod,
  Invoice,
  InvoiceSettings,
  ProrationBehavior,
  Subscription,
  UsageSlot,
} from './billing-rows.ts'
import type { SoundDiscount } from './discounts.ts'
import { giveDiscounts } from './discounts.ts'
import { emit } from './emit.ts'
import { declined } from './invoice-pay.ts'
import { voidInvoice } from './invoice-finalize.ts'
import type { NewLine } from './invoice-totals.ts'
import type { Period } from './periods.ts'
import { approximateSeconds, stepFrom } from './periods.ts'
import { invalidRequest } from './refusal.ts'
import type { Customer, Metadata } from './rows.ts'
import { billSubscription, planCancel, planCycle } from './subscription-cycle.ts'
import type { SoundItem } from './subscription-items.ts'
import { makeItem, refuseUnfitTogether } from './subscription-items.ts'
import type { Stretch } from './subscription-lines.ts'
import { advanceLine, cutAt, stretches, usageSlot } from './subscription-lines.ts'
import { setSubscriptionStatus } from './subscription-status.ts'
import { subscriptionWire } from './subscription-wire.ts'
import { taxLocation } from './tax.ts'
import type { World } from './world.ts'

/** A subscription that was checked and can be made. */
export type SubscriptionPlan = {
  readonly customer: Customer
  readonly items: readonly SoundItem[]
  readonly discounts: readonly SoundDiscount[]
  readonly currency: string
  readonly billingMode: 'flexible' | 'classic'
  readonly prorationDiscounts: 'included' | 'itemized'
  /** Where service began; null is now. */
  readonly startDate: number | null
  readonly anchor: number | null
  readonly cancelAt: number | null
  readonly cancelAtPeriodEnd: boolean
  readonly collectionMethod: CollectionMethod
  readonly daysUntilDue: number | null
  readonly defaultPaymentMethod: string | null
  readonly description: string | null
  readonly invoiceSettings: InvoiceSettings
  readonly metadata: Metadata
  readonly automaticTax: boolean
  readonly prorationBehavior: ProrationBehavior
  readonly paymentBehavior: string
  readonly scheduleId: string | null
}

/** Refuses a plan that cannot become a subscription, before anything changes. */
export function refuseUnsoundPlan(world: World, plan: SubscriptionPlan): void {
  refuseUnfitTogether(
    plan.items.map(({ price }) => price),
    plan.billingMode,
  )
  refuseUnsoundCollection(world, plan)
  refuseUnsoundDates(world, plan)
  refuseUntaxable(world, plan)
}

function refuseUnsoundCollection(world: World, plan: SubscriptionPlan): void {
  const sends = plan.collectionMethod === 'send_invoice'
  if (sends && plan.daysUntilDue === null)
    throw invalidRequest('You must pass `days_until_due` with `collection_method=send_invoice`.', {
      code: 'parameter_missing',
      param: 'days_until_due',
    })
  if (!sends && plan.daysUntilDue !== null)
    throw invalidRequest('`days_until_due` goes only with `collection_method=send_invoice`.', {
      param: 'days_until_due',
    })
  const method = plan.defaultPaymentMethod ?? plan.customer.defaultPaymentMethod
  if (plan.defaultPaymentMethod !== null && !world.paymentMethods.get(plan.defaultPaymentMethod))
    throw invalidRequest(`No such PaymentMethod: '${plan.defaultPaymentMethod}'`, {
      code: 'resource_missing',
      param: 'default_payment_method',
    })
  if (!sends && method === null && plan.paymentBehavior !== 'default_incomplete')
    throw invalidRequest(
      'This customer has no attached payment source or default payment method. Please consider adding one.',
      { code: 'resource_missing' },
    )
  if (plan.paymentBehavior === 'error_if_incomplete' && world.paymentMethods.get(method ?? '')?.declines)
    throw declined()
}

function refuseUnsoundDates(world: World, plan: SubscriptionPlan): void {
  const now = world.seconds()
  if (plan.startDate !== null && plan.startDate > now)
    throw invalidRequest('backdate_start_date cannot be in the future.', { param: 'backdate_start_date' })
  if (plan.cancelAt !== null && plan.cancelAt <= now)
    throw invalidRequest('cancel_at must be in the future.', { param: 'cancel_at' })
  if (plan.anchor === null) return
  if (plan.anchor < now)
    throw invalidRequest('billing_cycle_anchor cannot be in the past.', { param: 'billing_cycle_anchor' })
  // The documentation speaks of the next natural billing date without saying of which item; with mixed intervals the longest
  // is taken here, so that an anniversary can be the anchor of monthly items beside an annual one.
  const longest = plan.items
    .map(({ price }) => price.recurring?.interval ?? { unit: 'month' as const, count: 1 })
    .toSorted((left, right) => approximateSeconds(right) - approximateSeconds(left))[0]
  if (longest && plan.anchor > stepFrom(now, longest, 1))
    throw invalidRequest('billing_cycle_anchor cannot be later than the next natural billing date.', {
      param: 'billing_cycle_anchor',
    })
}

/** Refuses automatic tax where it cannot work: no location, or prices that leave their tax behavior open. */
export function refuseUntaxable(
  world: World,
  plan: Pick<SubscriptionPlan, 'automaticTax' | 'customer' | 'items'>,
): void {
  if (!plan.automaticTax) return
  if (taxLocation(plan.customer) === null)
    throw invalidRequest(
      "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
      { code: 'customer_tax_location_invalid', param: 'automatic_tax[enabled]' },
    )
  const open = plan.items.find(({ price }) => price.taxBehavior === 'unspecified')
  if (open && world.settings.tax.defaultBehavior === null)
    throw invalidRequest(
      `Price ${open.price.id} has no tax behavior, which automatic tax needs. Set it on the price or a default.`,
      { param: 'automatic_tax[enabled]' },
    )
}

/** Makes a subscription of a sound plan, with its first invoice. */
export function createSubscription(world: World, plan: SubscriptionPlan): Subscription {
  const subscription = world.subscriptions.insert(blankSubscription(world, plan))
  const bill = firstBill(world, subscription, plan)
  if (plan.cancelAtPeriodEnd)
    subscription.cancelAt = Math.min(...subscription.items.map(({ period }) => period.end))
  const now = world.seconds()
  const invoice = billSubscription(world, subscription, 'subscription_create', bill, { start: now, end: now })
  if (invoice?.status !== 'open') subscription.status = 'active'
  emit(world, 'customer.subscription.created', subscriptionWire(world, subscription))
  if (subscription.status === 'incomplete') startIncomplete(world, subscription, invoice)
  planCycle(world, subscription)
  planCancel(world, subscription)
  return subscription
}

/** Without its first payment a subscription waits 23 hours, then it expires. */
function startIncomplete(world: World, subscription: Subscription, invoice: Invoice | null): void {
  world.agenda.add(world.seconds() + 23 * 3600, () => {
    if (subscription.status !== 'incomplete') return
    setSubscriptionStatus(world, subscription, 'incomplete_expired')
    if (invoice?.status === 'open') voidInvoice(world, invoice)
  })
}

/** Makes the items, and bills every natural period since the start up to the current one. */
function firstBill(world: World, subscription: Subscription, plan: SubscriptionPlan) {
  const lines: NewLine[] = []
  const slots: UsageSlot[] = []
  for (const sound of plan.items) {
    const interval = sound.price.recurring?.interval ?? { unit: 'month' as const, count: 1 }
    const parts = stretches(subscription.anchor, interval, subscription.startDate, world.seconds())
    const current = (parts.at(-1) as Stretch).period
    const item = makeItem(world, subscription, sound, current)
    subscription.items.push(item)
    const due = parts.filter(({ period }) => isDue(subscription, plan, period))
    if (sound.quantity === null) {
      const past = due.filter(({ period }) => period !== current)
      slots.push(...past.map(({ period }) => usageSlot(world, item, period)))
      continue
    }
    const billed = due.flatMap((part) => {
      const cut = cutAt(part, plan.cancelAt)
      return cut ? [advanceLine(world, subscription, item, cut.period, cut.whole)] : []
    })
    lines.push(...(plan.billingMode === 'classic' ? inOne(billed) : billed))
  }
  return { lines, slots }
}

/** Without prorations only whole periods from the anchor on are billed: what lies before it is free. */
function isDue(subscription: Subscription, plan: SubscriptionPlan, period: Period): boolean {
  return plan.prorationBehavior !== 'none' || period.start >= subscription.anchor
}

/** Classic billing makes one line of all that lies before the current period. */
function inOne(lines: readonly NewLine[]): NewLine[] {
  const [first, ...rest] = lines
  const current = rest.at(-1)
  if (first === undefined || current === undefined) return [...lines]
  const past = lines.slice(0, -1)
  const amountMinor = past.reduce((sum, line) => sum + line.amountMinor, 0n)
  const period = { start: first.period.start, end: current.period.start }
  return [{ ...first, period, amountMinor, proration: true }, current]
}

function blankSubscription(world: World, plan: SubscriptionPlan): Subscription {
  const id = world.newId('sub')
  return {
    id,
    created: world.seconds(),
    customerId: plan.customer.id,
    currency: plan.currency,
    billingMode: plan.billingMode,
    prorationDiscounts: plan.prorationDiscounts,
    startDate: plan.startDate ?? world.seconds(),
    anchor: plan.anchor ?? world.seconds(),
    status: plan.collectionMethod === 'send_invoice' ? 'active' : 'incomplete',
    paymentHeld: plan.paymentBehavior === 'default_incomplete',
    items: [],
    discountIds: giveDiscounts(world, plan.discounts, { customerId: plan.customer.id, subscriptionId: id }),
    collectionMethod: plan.collectionMethod,
    daysUntilDue: plan.daysUntilDue,
    defaultPaymentMethod: plan.defaultPaymentMethod,
    description: plan.description,
    invoiceSettings: plan.invoiceSettings,
    metadata: plan.metadata,
    automaticTax: plan.automaticTax,
    taxDisabledReason: null,
    cancelAt: plan.cancelAt,
    cancelAtPeriodEnd: plan.cancelAtPeriodEnd,
    canceledAt: plan.cancelAt === null && !plan.cancelAtPeriodEnd ? null : world.seconds(),
    endedAt: null,
    cancellation: { comment: null, feedback: null, reason: null },
    latestInvoiceId: null,
    scheduleId: plan.scheduleId,
    pendingItemIds: [],
    carriedSlots: [],
    cycleTask: null,
    cancelTask: null,
    recentInvoices: [],
    recentQuantityChanges: [],
  }
}
