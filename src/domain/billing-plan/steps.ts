import type { CalendarDate } from '../calendar.ts'
import type { Address } from '../contract.ts'
import type { Money } from '../money.ts'

/**
 * What must exist at the billing provider for one contract version, as ordered steps. Each step has a `ref` by which
 * later steps name its result, and an `opKey` that never changes for the same thing: asking twice with one
 * key creates one object. Keys of shared things (a customer, a product, a price) come from what they are,
 * keys of a contract's own things from the contract and its generation.
 */
type StepCommon = {
  readonly ref: string
  readonly opKey: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A name and value printed in the header of invoices: at most four, 40 and 140 characters. */
export type CustomField = { readonly name: string; readonly value: string }

export type CustomerStep = StepCommon & {
  readonly kind: 'customer'
  readonly name: string
  readonly email: string | null
  readonly address: Address | null
}

export type TaxIdStep = StepCommon & {
  readonly kind: 'tax-id'
  readonly customerRef: string
  readonly type: string
  readonly value: string
}

export type ProductStep = StepCommon & {
  readonly kind: 'product'
  readonly code: string
  readonly name: string
}

export type MeterStep = StepCommon & {
  readonly kind: 'meter'
  readonly eventName: string
  readonly displayName: string
}

/** A tier as the provider prices it: units up to `upTo`, decimal minor units for each. */
export type PriceTier = {
  readonly upTo: bigint | null
  readonly unitAmountMinor: string
  readonly flatAmountMinor: bigint | null
}

/** `unitAmountMinor` is an exact decimal of minor units, at most 12 decimals. */
export type PriceStep = StepCommon & {
  readonly kind: 'price'
  readonly lookupKey: string
  readonly productRef: string
  readonly currency: string
  readonly intervalMonths: 1 | 3 | 6 | 12
  readonly usage:
    | { readonly kind: 'licensed'; readonly unitAmountMinor: string }
    | {
        readonly kind: 'metered'
        readonly meterRef: string
        readonly tiersMode: 'graduated' | 'volume'
        readonly tiers: readonly PriceTier[]
      }
}

export type CouponStep = StepCommon & {
  readonly kind: 'coupon'
  readonly couponId: string
  readonly name: string
  readonly off: { readonly percent: string } | { readonly amount: Money }
  readonly duration:
    | { readonly kind: 'once' | 'forever' }
    | { readonly kind: 'months'; readonly months: number }
}

/** One item; `quantity` is null for metered prices. */
export type SubscriptionItem = {
  readonly lineId: string
  readonly priceRef: string
  readonly quantity: bigint | null
  readonly couponRefs: readonly string[]
}

/** Terms every invoice of the subscription carries. */
type SubscriptionTerms = {
  readonly contractId: string
  readonly customerRef: string
  readonly currency: string
  readonly collection: { readonly kind: 'invoice'; readonly daysUntilDue: number } | { readonly kind: 'card' }
  readonly customFields: readonly CustomField[]
  readonly proration: 'next-invoice' | 'invoice-now' | 'none'
  readonly automaticTax: boolean
}

/**
 * One subscription. `startsAt` is on or before the day of planning; the first invoice covers it up to `anchorAt`. `endsAt` null renews
 * without end.
 */
export type SubscriptionStep = StepCommon &
  SubscriptionTerms & {
    readonly kind: 'subscription'
    readonly startsAt: Date
    readonly endsAt: Date | null
    /** The first anniversary after the day of planning, from which billing goes on in the contract's own rhythm. */
    readonly anchorAt: Date | null
    readonly items: readonly SubscriptionItem[]
    readonly couponRefs: readonly string[]
  }

/**
 * A ramp, or a start in the future: a schedule with a phase for each change of price, quantity or discount. Phases touch each other;
 * only the first may begin in the past, and then on an anniversary of the contract.
 */
export type ScheduleStep = StepCommon &
  SubscriptionTerms & {
    readonly kind: 'schedule'
    readonly endBehavior: 'release' | 'cancel'
    readonly phases: readonly {
      readonly startsAt: Date
      readonly endsAt: Date
      readonly items: readonly SubscriptionItem[]
      readonly couponRefs: readonly string[]
    }[]
  }

/** A billing e-mail that changed after close. Drafts follow the customer's by themselves. */
export type CustomerEmailStep = StepCommon & {
  readonly kind: 'customer-email'
  readonly customerRef: string
  readonly email: string
}

/** A purchase order or references that changed after close: what drafts and later invoices show. Final ones stay as they are. */
export type InvoiceReferencesStep = StepCommon & {
  readonly kind: 'invoice-references'
  readonly contractId: string
  readonly customerRef: string
  readonly subscriptionRef: string
  readonly customFields: readonly CustomField[]
}

/** What a later version of a contract changes of what is there. */
export type AmendmentStep = CustomerEmailStep | InvoiceReferencesStep

export type BillingStep =
  | CustomerStep
  | TaxIdStep
  | ProductStep
  | MeterStep
  | PriceStep
  | CouponStep
  | SubscriptionStep
  | ScheduleStep
  | AmendmentStep

/**
 * An amount we put on an invoice ourselves, because the provider cannot price it (decision 12): a fee in arrears, a one-time
 * charge, a true-up, late usage. `availableFrom` is the first day it may be handed over; it lands on the subscription's next invoice, or,
 * with `ownInvoice`, at once on an invoice of its own, because no later one would come in time.
 */
export type OwnCharge = {
  readonly chargeKey: string
  readonly contractId: string
  readonly lineId: string
  readonly description: string
  readonly amount: Money
  readonly service: { readonly startsOn: CalendarDate; readonly endsBefore: CalendarDate }
  readonly availableFrom: CalendarDate
  readonly ownInvoice?: boolean
  /** Of a period that was settled: the day it ended, which is that of the invoice it belongs on. */
  readonly settledOn?: CalendarDate
  readonly reason: 'fee-in-advance' | 'fee-in-arrears' | 'one-time' | 'true-up' | 'late-usage' | 'rated-usage'
}

export type BillingPlan = {
  readonly contractId: string
  readonly generation: number
  readonly steps: readonly BillingStep[]
  readonly ownCharges: readonly OwnCharge[]
}
