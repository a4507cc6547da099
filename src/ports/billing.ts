import type { BillingPlan, BillingStep, OwnCharge } from '../domain/billing-plan.ts'
import type { BillingFact } from '../domain/fact.ts'
import type { Money } from '../domain/money.ts'
import type { SubscriptionDrift } from '../domain/subscription-drift.ts'
import type { TaxIdStatus } from '../domain/tax-id-check.ts'
import type { Answer } from './answer.ts'

/** Provider ids of the steps done so far, by `ref`. */
export type ProviderIds = Readonly<Record<string, string>>

/** What the provider holds for a step, read back. `drift` names each field that differs from the plan. */
export type Performed = { readonly providerId: string; readonly drift: readonly string[] }

/** One object of the provider, for comparing books: everything in its own currency and minor units. */
export type ProviderInvoice = {
  readonly invoiceId: string
  readonly contractId: string | null
  readonly status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible'
  readonly total: Money
  readonly amountPaid: Money
  /** What the customer still has to pay; nothing of a void invoice, nor of one that was given up. */
  readonly amountOpen: Money
  readonly finalizedAt: Date | null
  readonly lines: readonly {
    readonly lineId: string | null
    readonly net: Money
    readonly quantity: string | null
  }[]
}

/** Money the provider moved: a charge, refund, fee, dispute or payout. */
export type ProviderBalanceChange = {
  readonly balanceTransactionId: string
  readonly type: string
  readonly amount: Money
  readonly fee: Money
  readonly sourceId: string | null
}

export type ProviderSubscription = {
  readonly subscriptionId: string
  readonly contractId: string | null
  readonly status: string
}

/** An aggregate of one window of use; `identifier` makes sending it twice count once. */
export type MeterEvent = {
  readonly identifier: string
  readonly meter: string
  readonly customerId: string
  readonly value: string
  readonly occurredAt: Date
}

/** What the provider counted of one hour. */
export type CountedHour = { readonly startsAt: Date; readonly quantity: string }

/**
 * The provider's word that it could not count some of the use it was sent. The samples name some of it, never all. `meter` is null where no
 * meter takes what was sent.
 */
export type MeterReport = {
  readonly meter: string | null
  readonly from: Date
  readonly to: Date
  readonly errors: readonly {
    readonly code: string
    readonly count: number
    readonly identifiers: readonly string[]
  }[]
}

/** A page of a listing; `cursor` null ends it. */
export type Page<T> = { readonly items: readonly T[]; readonly cursor: string | null }

/** What we need from any billing provider. Nothing here may name Stripe's own objects. */
export interface Billing {
  /** Makes the object of a step exist, once for its `opKey`. */
  perform(step: BillingStep, ids: ProviderIds): Promise<Answer<Performed>>
  /** Looks for the object of a step by a strongly consistent read; null only when it surely does not exist. */
  find(step: BillingStep, ids: ProviderIds): Promise<Answer<Performed | null>>
  /** Reads a contract's live subscription and names what of it moves money and is not as planned; none when nobody changed it. */
  compareSubscription(
    plan: BillingPlan,
    ids: ProviderIds,
    subscriptionId: string,
  ): Promise<Answer<readonly SubscriptionDrift[]>>
  /** When a contract's subscription ended, in its time or before; null while it runs or is to come. */
  subscriptionEnd(subscriptionId: string): Promise<Answer<Date | null>>
  /** Puts an amount of ours on the subscription's next invoice, once for its `chargeKey`. */
  charge(
    charge: OwnCharge,
    target: { customerId: string; subscriptionId: string },
  ): Promise<Answer<Performed>>
  findCharge(charge: OwnCharge, target: { customerId: string }): Promise<Answer<Performed | null>>
  /** Sends an aggregate. A duplicate counts as sent. */
  sendMeterEvent(event: MeterEvent): Promise<Answer<{ sent: true }>>
  /** Sends up to 100 aggregates at once, for when many wait. Each counts once, also where it was sent singly. */
  sendMeterEvents(events: readonly MeterEvent[]): Promise<Answer<{ sent: true }>>
  /** What the provider counted for a customer and meter in a range of time; lags behind what was sent. */
  meterTotal(meter: string, customerId: string, from: Date, to: Date): Promise<Answer<string>>
  /** The same by the hour, from one whole hour to another; hours without use are left out, and so is what the provider does not know. */
  meterHours(meter: string, customerId: string, from: Date, to: Date): Promise<Answer<CountedHour[]>>
  /** Fetches what a notice of refused use tells. */
  readMeterReport(reportId: string): Promise<Answer<MeterReport>>
  /** Turns one stored delivery into facts; none when it does not concern money. */
  readFacts(delivery: { type: string; body: string }): Promise<Answer<readonly BillingFact[]>>
  /** Deliveries the provider lists since a mark, for those that never reached us. */
  listDeliveries(
    since: Date,
    cursor: string | null,
  ): Promise<Answer<Page<{ deliveryId: string; type: string; occurredAt: Date; body: string }>>>
  listInvoices(cursor: string | null): Promise<Answer<Page<ProviderInvoice>>>
  listBalanceChanges(cursor: string | null): Promise<Answer<Page<ProviderBalanceChange>>>
  /** Facts that only the balance shows: fees and payouts. */
  readBalanceFacts(since: Date, cursor: string | null): Promise<Answer<Page<BillingFact>>>
  listSubscriptions(cursor: string | null): Promise<Answer<Page<ProviderSubscription>>>
}

/** Something the provider tells besides money. */
export type BillingNotice =
  | {
      readonly kind: 'tax-id-checked'
      readonly occurredAt: Date
      readonly taxIdId: string
      readonly customerId: string
      readonly type: string
      readonly value: string
      readonly status: TaxIdStatus
      readonly verifiedName: string | null
      readonly verifiedAddress: string | null
    }
  | { readonly kind: 'use-refused'; readonly occurredAt: Date; readonly reportId: string }
  | {
      readonly kind: 'subscription-changed'
      readonly occurredAt: Date
      readonly subscriptionId: string
      readonly scheduleId: string | null
      readonly contractId: string | null
      readonly status: string
      /** The provider's names of the fields that changed; none when it was created or deleted. */
      readonly changed: readonly string[]
      /** Whether something changed that may move money: reason enough to compare it with its contract. */
      readonly mayMoveMoney: boolean
    }

/** The provider's messages that are not about money. */
export interface BillingNotices {
  readNotices(delivery: { type: string; body: string }): Answer<readonly BillingNotice[]>
}
