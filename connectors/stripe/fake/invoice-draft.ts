import { rank } from './agenda.ts'
import type {
  BillingReason,
  CollectionMethod,
  Invoice,
  InvoiceItem,
  Subscription,
  UsageSlot,
} from './billing-rows.ts'
import { discountsInForce, spendDiscounts } from './discounts.ts'
import { emit } from './emit.ts'
import type { NewLine } from './invoice-totals.ts'
import { countUsage, recompute, withId } from './invoice-totals.ts'
import { invoiceWire } from './invoice-wire.ts'
import { wants } from './outbox.ts'
import type { Period } from './periods.ts'
import { StripeRefusal, invalidRequest } from './refusal.ts'
import type { Customer, CustomField, Metadata } from './rows.ts'
import type { World } from './world.ts'

/** What an invoice is made of before it is one. */
export type DraftPlan = {
  readonly customer: Customer
  readonly subscription: Subscription | null
  readonly currency: string
  readonly reason: BillingReason
  readonly period: Period
  readonly lines: readonly NewLine[]
  readonly usageSlots: readonly UsageSlot[]
  readonly items: readonly InvoiceItem[]
  readonly collectionMethod: CollectionMethod
  readonly daysUntilDue: number | null
  readonly dueDate?: number | null
  readonly customFields: readonly CustomField[] | null
  readonly description: string | null
  readonly footer: string | null
  readonly metadata: Metadata
  readonly discountIds: readonly string[]
  readonly automaticTax: boolean
  readonly autoAdvance: boolean
  readonly defaultPaymentMethod: string | null
}

const hour = 3600
const day = 86_400

/** Terms of an invoice that come from a subscription, frozen into it now. */
export function subscriptionTermsOf(world: World, subscription: Subscription) {
  const customer = world.customers.get(subscription.customerId) as Customer
  return {
    customer,
    subscription,
    currency: subscription.currency,
    collectionMethod: subscription.collectionMethod,
    daysUntilDue: subscription.daysUntilDue,
    customFields: subscription.invoiceSettings.customFields ?? customer.customFields,
    description: subscription.invoiceSettings.description,
    footer: subscription.invoiceSettings.footer ?? customer.footer,
    metadata: {},
    discountIds: discountsInForce(world, subscription.discountIds),
    automaticTax: subscription.automaticTax,
    autoAdvance: true,
    defaultPaymentMethod: null,
  }
}

/** Invoice items that the next invoice of a customer, and of a subscription, takes along. */
export function pendingItems(
  world: World,
  customerId: string,
  subscription: Subscription | null,
  currency: string,
): InvoiceItem[] {
  const ids = [...(subscription?.pendingItemIds ?? []), ...(world.pendingByCustomer.get(customerId) ?? [])]
  return ids
    .flatMap((id) => world.invoiceItems.get(id) ?? [])
    .filter((item) => item.invoiceId === null && item.currency === currency)
}

/** Puts a draft together without telling anybody: for previews, and as the first half of making one. */
export function assemble(world: World, plan: DraftPlan): Invoice {
  const id = world.newId('in')
  const invoice: Invoice = {
    ...blankInvoice(world, id),
    customerId: plan.customer.id,
    subscriptionId: plan.subscription?.id ?? null,
    subscriptionMetadata: plan.subscription?.metadata ?? null,
    currency: plan.currency,
    billingReason: plan.reason,
    collectionMethod: plan.collectionMethod,
    period: plan.period,
    autoAdvance: plan.autoAdvance,
    customFields: plan.customFields,
    description: plan.description,
    footer: plan.footer,
    metadata: plan.metadata,
    discountIds: plan.discountIds,
    usageSlots: plan.usageSlots,
    automaticTax: plan.automaticTax,
    daysUntilDue: plan.daysUntilDue,
    dueDate: plan.dueDate ?? (plan.daysUntilDue === null ? null : world.seconds() + plan.daysUntilDue * day),
    defaultPaymentMethod: plan.defaultPaymentMethod,
  }
  invoice.lines = [...plan.items.map((item) => lineOfItem(item)), ...plan.lines].map((line) =>
    withId(world, line),
  )
  countUsage(world, invoice)
  recompute(world, invoice)
  return invoice
}

/** The line an invoice item becomes. */
export function lineOfItem(item: InvoiceItem): NewLine {
  return {
    usageKey: null,
    itemId: item.subscriptionItemId,
    invoiceItemId: item.id,
    subscriptionId: item.subscriptionId,
    proration: item.proration,
    credited: item.credited,
    period: item.period,
    pricing: item.pricing,
    metadata: item.metadata,
    discountable: item.discountable,
    discountIds: item.discountIds,
    fixedDiscounts: item.fixedDiscounts,
    taxBehavior: item.taxBehavior,
    description: item.description,
    amountMinor: item.amountMinor,
    quantity: item.quantity,
  }
}

/**
 * Makes a draft: stores it, takes the pending items along, tells the endpoints. Null when there would be nothing on it, which
 * makes no invoice under flexible billing.
 */
export function makeDraft(world: World, plan: DraftPlan): Invoice | null {
  const invoice = assemble(world, plan)
  const flexible = plan.subscription?.billingMode !== 'classic'
  if (invoice.lines.length === 0 && plan.subscription !== null && flexible) return null
  if (invoice.lines.length > 250)
    throw invalidRequest('An invoice can have at most 250 line items.', { code: 'invoice_too_many_lines' })
  if (plan.subscription) noteInvoice(world, plan.subscription, invoice)
  world.invoices.insert(invoice)
  takeItems(world, plan.items, invoice)
  spendDiscounts(world, [
    ...plan.discountIds,
    ...new Set(invoice.lines.flatMap(({ discountIds }) => discountIds)),
  ])
  plan.customer.currency ??= plan.currency
  announce(world, invoice)
  return invoice
}

/** Caps on invoices of one subscription: ten a minute, twenty a day. They hold for what is asked for, not for renewals. */
export function refuseTooManyInvoices(world: World, subscription: Subscription): void {
  const now = world.seconds()
  const recent = subscription.recentInvoices.filter((at) => at > now - day)
  if (recent.length < 20 && recent.filter((at) => at > now - 60).length < 10) return
  throw new StripeRefusal(
    429,
    'invalid_request_error',
    'This subscription has had too many invoices lately.',
    { code: 'rate_limit' },
    false,
  )
}

function noteInvoice(world: World, subscription: Subscription, invoice: Invoice): void {
  const now = world.seconds()
  subscription.recentInvoices = [...subscription.recentInvoices.filter((at) => at > now - day), now]
  subscription.latestInvoiceId = invoice.id
}

function takeItems(world: World, items: readonly InvoiceItem[], invoice: Invoice): void {
  if (items.length === 0) return
  const taken = new Set(items.map(({ id }) => id))
  for (const item of items) {
    item.invoiceId = invoice.id
    const subscription = world.subscriptions.get(item.subscriptionId ?? '')
    if (subscription) subscription.pendingItemIds = subscription.pendingItemIds.filter((id) => !taken.has(id))
  }
  const waiting = world.pendingByCustomer.get(invoice.customerId)
  if (waiting)
    world.pendingByCustomer.set(
      invoice.customerId,
      waiting.filter((id) => !taken.has(id)),
    )
}

function announce(world: World, invoice: Invoice): void {
  const heard = [...world.webhookEndpoints.all()].some(
    (endpoint) => endpoint.enabled && wants(endpoint, 'invoice.created'),
  )
  if (!heard) {
    invoice.createdDelivery = 'delivered'
    invoice.webhooksDeliveredAt = world.seconds()
  }
  if (invoice.autoAdvance) invoice.finalizesAt = world.seconds() + hour
  emit(world, 'invoice.created', invoiceWire(world, invoice))
}

/** Plans the hour a draft may still be changed in. `finalize` is passed in, because finalizing knows more than drafting. */
export function planFinalization(
  world: World,
  invoice: Invoice,
  at: number,
  finalize: (invoice: Invoice) => void,
): void {
  if (invoice.finalizeTask) invoice.finalizeTask.canceled = true
  invoice.finalizesAt = at
  invoice.finalizeTask = world.agenda.add(
    at,
    () => {
      const latest = invoice.created + 72 * hour
      if (invoice.status !== 'draft') return
      if (invoice.createdDelivery === 'failing' && world.seconds() < latest)
        return planFinalization(world, invoice, latest, finalize)
      finalize(invoice)
    },
    rank.invoice,
  )
}

function blankInvoice(world: World, id: string) {
  return {
    id,
    created: world.seconds(),
    status: 'draft',
    lines: [],
    taxDisabledReason: null,
    taxStatus: null,
    number: null,
    subtotalMinor: 0n,
    discountMinor: 0n,
    taxMinor: 0n,
    exclusiveTaxMinor: 0n,
    totalMinor: 0n,
    startingBalanceMinor: 0n,
    endingBalanceMinor: null,
    amountDueMinor: 0n,
    amountPaidMinor: 0n,
    amountOverpaidMinor: 0n,
    offStripeMinor: 0n,
    prePaymentCreditMinor: 0n,
    postPaymentCreditMinor: 0n,
    creditNoteCount: 0,
    attemptCount: 0,
    nextAttemptAt: null,
    finalizedAt: null,
    paidAt: null,
    voidedAt: null,
    uncollectibleAt: null,
    finalizesAt: null,
    finalizeTask: null,
    createdDelivery: 'waiting',
    webhooksDeliveredAt: null,
    customerTaxIds: [],
    frozenCustomer: null,
    paymentIds: [],
  } satisfies Partial<Invoice>
}
