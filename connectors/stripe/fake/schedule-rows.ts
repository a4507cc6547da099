import type { CollectionMethod, InvoiceSettings, ProrationBehavior } from './billing-rows.ts'
import type { Metadata } from './rows.ts'
import type { Row } from './table.ts'
import type { Task } from './agenda.ts'

/** A discount as it is asked for: a coupon, a promotion code or one that exists. */
export type DiscountAsked = {
  readonly coupon?: string | undefined
  readonly promotionCode?: string | undefined
  readonly discount?: string | undefined
}

export type PhaseItem = {
  readonly priceId: string
  readonly quantity: bigint | null
  readonly discounts: readonly DiscountAsked[]
  readonly metadata: Metadata
}

/** Part of a schedule: from `start` the subscription looks like this. */
export type Phase = {
  readonly start: number
  readonly end: number
  readonly items: readonly PhaseItem[]
  readonly discounts: readonly DiscountAsked[]
  readonly prorationBehavior: ProrationBehavior
  readonly billingCycleAnchor: 'automatic' | 'phase_start' | null
  readonly collectionMethod: CollectionMethod | null
  readonly invoiceSettings: (Partial<InvoiceSettings> & { readonly daysUntilDue?: number | null }) | null
  readonly automaticTax: boolean | null
  readonly description: string | null
  readonly metadata: Metadata
  readonly currency: string
}

export type Schedule = Row & {
  readonly customerId: string
  readonly billingMode: 'flexible' | 'classic'
  readonly prorationDiscounts: 'included' | 'itemized'
  status: 'not_started' | 'active' | 'completed' | 'released' | 'canceled'
  endBehavior: 'release' | 'cancel'
  phases: readonly Phase[]
  defaults: {
    readonly collectionMethod: CollectionMethod | null
    readonly invoiceSettings: InvoiceSettings
    readonly daysUntilDue: number | null
    readonly billingCycleAnchor: 'automatic' | 'phase_start'
    readonly automaticTax: boolean
    readonly defaultPaymentMethod: string | null
    readonly description: string | null
  }
  metadata: Metadata
  subscriptionId: string | null
  releasedSubscriptionId: string | null
  canceledAt: number | null
  completedAt: number | null
  releasedAt: number | null
  task: Task | null
}
