import type { Task } from './agenda.ts'
import type { Period } from './periods.ts'
import type { CustomField, Metadata, TaxBehavior } from './rows.ts'
import type { Row } from './table.ts'

/** The twin's own records of subscriptions, schedules and invoices. Amounts are bigint minor units. */
export type CollectionMethod = 'charge_automatically' | 'send_invoice'

export type ProrationBehavior = 'create_prorations' | 'always_invoice' | 'none'

export type InvoiceSettings = {
  readonly customFields: readonly CustomField[] | null
  readonly description: string | null
  readonly footer: string | null
}

/** What an item was charged for the rest of its period; a later credit comes out of exactly this. */
export type Debit = {
  readonly amountMinor: bigint
  readonly discounts: readonly DiscountAmount[]
  readonly period: Period
  /** The line of an invoice, or the invoice item that waits to become one. */
  readonly source:
    | { readonly invoiceId: string; readonly lineId: string }
    | { readonly invoiceItemId: string }
}

export type SubscriptionItem = Row & {
  readonly subscriptionId: string
  priceId: string
  /** Null for metered prices. */
  quantity: bigint | null
  metadata: Metadata
  discountIds: readonly string[]
  period: Period
  debit: Debit | null
}

export type SubscriptionStatus =
  | 'incomplete'
  | 'incomplete_expired'
  | 'active'
  | 'past_due'
  | 'canceled'
  | 'unpaid'

export type Subscription = Row & {
  readonly customerId: string
  readonly currency: string
  readonly billingMode: 'flexible' | 'classic'
  readonly prorationDiscounts: 'included' | 'itemized'
  readonly startDate: number
  anchor: number
  status: SubscriptionStatus
  /** The first payment waits for the customer: nothing is charged by itself. */
  readonly paymentHeld: boolean
  items: SubscriptionItem[]
  discountIds: readonly string[]
  collectionMethod: CollectionMethod
  daysUntilDue: number | null
  defaultPaymentMethod: string | null
  description: string | null
  invoiceSettings: InvoiceSettings
  metadata: Metadata
  automaticTax: boolean
  taxDisabledReason: 'requires_location_inputs' | null
  cancelAt: number | null
  cancelAtPeriodEnd: boolean
  canceledAt: number | null
  endedAt: number | null
  cancellation: {
    readonly comment: string | null
    readonly feedback: string | null
    readonly reason: string | null
  }
  latestInvoiceId: string | null
  scheduleId: string | null
  /** Invoice items that wait for the next invoice. */
  pendingItemIds: string[]
  /** Use of metered items that left in mid-period: the next invoice bills it. */
  carriedSlots: UsageSlot[]
  cycleTask: Task | null
  cancelTask: Task | null
  /** Seconds at which invoices were made and quantities changed lately, for the caps. */
  recentInvoices: number[]
  recentQuantityChanges: number[]
}

export type DiscountAmount = { readonly discountId: string; readonly amountMinor: bigint }

export type TaxLine = {
  readonly amountMinor: bigint
  readonly taxableMinor: bigint
  readonly behavior: 'exclusive' | 'inclusive'
  readonly taxRateId: string | null
  readonly reason: string
}

/** Where a credit proration takes back an earlier charge. */
export type Credited = { readonly invoiceId: string; readonly lineIds: readonly string[] }

/** What a line or an invoice item says about its price. */
export type LinePricing = {
  readonly priceId: string | null
  readonly productId: string | null
  readonly unitAmount: string | null
}

export type InvoiceItem = Row & {
  readonly customerId: string
  readonly subscriptionId: string | null
  readonly subscriptionItemId: string | null
  readonly currency: string
  amountMinor: bigint
  description: string | null
  period: Period
  pricing: LinePricing
  quantity: string
  discountable: boolean
  discountIds: readonly string[]
  /** Discounts a proration brings along instead of having them worked out. */
  fixedDiscounts: readonly DiscountAmount[]
  metadata: Metadata
  taxBehavior: TaxBehavior | null
  readonly proration: boolean
  readonly credited: Credited | null
  invoiceId: string | null
}

export type InvoiceLine = {
  readonly id: string
  /** Which usage slot, and which tier of it, the line bills; null for lines that are not metered. */
  readonly usageKey: string | null
  readonly itemId: string | null
  readonly invoiceItemId: string | null
  readonly subscriptionId: string | null
  readonly proration: boolean
  readonly credited: Credited | null
  readonly period: Period
  readonly pricing: LinePricing
  /** Null: the line shows the metadata its subscription has now. */
  readonly metadata: Metadata | null
  readonly discountable: boolean
  readonly discountIds: readonly string[]
  readonly fixedDiscounts: readonly DiscountAmount[]
  readonly taxBehavior: TaxBehavior | null
  description: string | null
  amountMinor: bigint
  quantity: string | null
  discounts: readonly DiscountAmount[]
  taxes: readonly TaxLine[]
  /** How much of the line credit notes have taken back, before tax. */
  creditedMinor: bigint
}

/** Use of a metered item that an invoice bills; counted again until the invoice is finalized. */
export type UsageSlot = {
  readonly itemId: string
  readonly priceId: string
  readonly period: Period
  readonly discountIds: readonly string[]
}

export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'void' | 'uncollectible'

export type BillingReason = 'manual' | 'subscription_create' | 'subscription_cycle' | 'subscription_update'

export type Invoice = Row & {
  readonly customerId: string
  readonly subscriptionId: string | null
  readonly subscriptionMetadata: Metadata | null
  readonly currency: string
  readonly billingReason: BillingReason
  readonly collectionMethod: CollectionMethod
  readonly period: Period
  status: InvoiceStatus
  autoAdvance: boolean
  customFields: readonly CustomField[] | null
  description: string | null
  footer: string | null
  metadata: Metadata
  discountIds: readonly string[]
  lines: InvoiceLine[]
  usageSlots: readonly UsageSlot[]
  automaticTax: boolean
  taxDisabledReason: 'finalization_requires_location_inputs' | 'finalization_system_error' | null
  taxStatus: 'complete' | 'failed' | 'requires_location_inputs' | null
  daysUntilDue: number | null
  dueDate: number | null
  number: string | null
  subtotalMinor: bigint
  discountMinor: bigint
  taxMinor: bigint
  exclusiveTaxMinor: bigint
  totalMinor: bigint
  startingBalanceMinor: bigint
  endingBalanceMinor: bigint | null
  amountDueMinor: bigint
  amountPaidMinor: bigint
  amountOverpaidMinor: bigint
  offStripeMinor: bigint
  prePaymentCreditMinor: bigint
  postPaymentCreditMinor: bigint
  creditNoteCount: number
  attemptCount: number
  nextAttemptAt: number | null
  defaultPaymentMethod: string | null
  finalizedAt: number | null
  paidAt: number | null
  voidedAt: number | null
  uncollectibleAt: number | null
  finalizesAt: number | null
  finalizeTask: Task | null
  /** How `invoice.created` has fared at the endpoints that asked for it. */
  createdDelivery: 'waiting' | 'failing' | 'delivered'
  webhooksDeliveredAt: number | null
  customerTaxIds: readonly { readonly type: string; readonly value: string }[]
  /** The customer as it was at finalization; until then the invoice shows the customer as it is. */
  frozenCustomer: Readonly<Record<string, unknown>> | null
  paymentIds: string[]
}
