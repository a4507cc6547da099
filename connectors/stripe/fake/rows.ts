import type { Interval } from './periods.ts'
import type { Row } from './table.ts'

/**
 * The twin's own records of customers and of the catalogue. Amounts are bigint minor units, rates exact decimal strings. Metadata
 * is replaced as a whole when it changes, so that what copied it keeps what it had.
 */
export type Metadata = Readonly<Record<string, string>>

export type CustomField = { readonly name: string; readonly value: string }

export type Address = {
  readonly city: string | null
  readonly country: string | null
  readonly line1: string | null
  readonly line2: string | null
  readonly postal_code: string | null
  readonly state: string | null
}

export type TaxExempt = 'none' | 'exempt' | 'reverse'

export type Customer = Row & {
  name: string | null
  email: string | null
  phone: string | null
  description: string | null
  address: Address | null
  shipping: { readonly address: Address; readonly name: string; readonly phone: string | null } | null
  /** Below zero: we owe the customer, and the next invoice takes it. */
  balanceMinor: bigint
  currency: string | null
  customFields: readonly CustomField[] | null
  footer: string | null
  defaultPaymentMethod: string | null
  metadata: Metadata
  taxExempt: TaxExempt
  invoicePrefix: string
  nextInvoiceSequence: number
  preferredLocales: readonly string[]
  testClock: string | null
  deleted: boolean
}

export type TaxIdStatus = 'pending' | 'verified' | 'unverified' | 'unavailable'

export type TaxId = Row & {
  readonly customerId: string
  readonly type: string
  readonly value: string
  readonly country: string | null
  /** Null for types nobody checks. */
  status: TaxIdStatus | null
  verifiedName: string | null
  verifiedAddress: string | null
}

export type Product = Row & {
  name: string
  active: boolean
  description: string | null
  metadata: Metadata
  taxCode: string | null
  unitLabel: string | null
  updated: number
}

export type Tier = {
  /** Null: without end. */
  readonly upTo: string | null
  readonly unitAmount: string | null
  readonly flatAmount: string | null
}

export type TaxBehavior = 'exclusive' | 'inclusive' | 'unspecified'

export type Price = Row & {
  readonly productId: string
  readonly currency: string
  readonly unitAmount: string | null
  readonly tiers: readonly Tier[] | null
  readonly tiersMode: 'graduated' | 'volume' | null
  readonly transformQuantity: { readonly divideBy: number; readonly round: 'up' | 'down' } | null
  readonly recurring: {
    readonly interval: Interval
    readonly usage: 'licensed' | 'metered'
    readonly meterId: string | null
  } | null
  active: boolean
  nickname: string | null
  lookupKey: string | null
  metadata: Metadata
  taxBehavior: TaxBehavior
}

export type Coupon = Row & {
  readonly percentOff: string | null
  readonly amountOffMinor: bigint | null
  readonly currency: string | null
  readonly duration: 'once' | 'forever' | 'repeating'
  readonly durationInMonths: number | null
  readonly maxRedemptions: number | null
  readonly redeemBy: number | null
  readonly productIds: readonly string[] | null
  name: string | null
  metadata: Metadata
  timesRedeemed: number
}

/** A coupon in use: on a customer's subscription, one of its items, or an invoice. */
export type Discount = Row & {
  /** The coupon itself: deleting it takes nothing from those who have it. */
  readonly coupon: Coupon
  readonly promotionCodeId: string | null
  readonly customerId: string
  readonly subscriptionId: string | null
  readonly itemId: string | null
  readonly invoiceId: string | null
  readonly invoiceItemId: string | null
  readonly start: number
  end: number | null
}

export type PromotionCode = Row & {
  readonly code: string
  readonly couponId: string
  readonly customerId: string | null
  readonly expiresAt: number | null
  readonly maxRedemptions: number | null
  active: boolean
  metadata: Metadata
  timesRedeemed: number
}

export type TaxRate = Row & {
  readonly country: string
  readonly state: string | null
  readonly percentage: string
  readonly inclusive: boolean
  readonly displayName: string
  readonly taxType: string
}

export type PaymentMethod = Row & {
  readonly type: 'card' | 'us_bank_account'
  /** A card that every charge is declined on. */
  readonly declines: boolean
  readonly last4: string
  customerId: string | null
}

export type Meter = Row & {
  displayName: string
  readonly eventName: string
  readonly formula: 'sum' | 'count' | 'last'
  readonly customerKey: string
  readonly valueKey: string
  readonly eventTimeWindow: 'day' | 'hour' | null
  deactivatedAt: number | null
  updated: number
}

export type TestClock = Row & { readonly name: string | null; readonly deletesAfter: number }

export type WebhookEndpoint = Row & {
  url: string
  enabledEvents: readonly string[]
  /** Every active secret signs: two while one is being rolled. */
  secrets: readonly string[]
  enabled: boolean
  description: string | null
  metadata: Metadata
  apiVersion: string | null
}
