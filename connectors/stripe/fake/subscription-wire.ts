import { inlineList } from './api.ts'
import type { Subscription, SubscriptionItem } from './billing-rows.ts'
import type { Wire } from './emit.ts'
import { priceWire } from './prices.ts'
import type { Price } from './rows.ts'
import type { World } from './world.ts'

/** A subscription on the wire. */
export function subscriptionWire(world: World, row: Subscription): Wire {
  return {
    id: row.id,
    object: 'subscription',
    ...subscriptionTerms(row),
    billing_mode: {
      flexible: row.billingMode === 'flexible' ? { proration_discounts: row.prorationDiscounts } : null,
      type: row.billingMode,
    },
    created: row.created,
    currency: row.currency,
    customer: row.customerId,
    customer_account: null,
    discounts: row.discountIds,
    items: inlineList(`/v1/subscription_items?subscription=${row.id}`, row.items, (item) =>
      subscriptionItemWire(world, item),
    ),
    latest_invoice: row.latestInvoiceId,
    livemode: world.settings.livemode,
    metadata: row.metadata,
    schedule: row.scheduleId,
    start_date: row.startDate,
    status: row.status,
    test_clock: world.customers.get(row.customerId)?.testClock ?? null,
  }
}

function subscriptionTerms(row: Subscription): Wire {
  return {
    application: null,
    application_fee_percent: null,
    automatic_tax: {
      disabled_reason: row.taxDisabledReason,
      enabled: row.automaticTax,
      liability: row.automaticTax ? { type: 'self' } : null,
    },
    billing_cycle_anchor: row.anchor,
    billing_cycle_anchor_config: null,
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: row.cancelAt,
    cancel_at_period_end: row.cancelAtPeriodEnd,
    canceled_at: row.canceledAt,
    cancellation_details: { ...row.cancellation, feedback_option: null },
    collection_method: row.collectionMethod,
    days_until_due: row.daysUntilDue,
    default_payment_method: row.defaultPaymentMethod,
    default_source: null,
    default_tax_rates: [],
    description: row.description,
    ended_at: row.endedAt,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: row.invoiceSettings.customFields,
      description: row.invoiceSettings.description,
      footer: row.invoiceSettings.footer,
      issuer: { type: 'self' },
    },
    managed_payments: null,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    transfer_data: null,
    trial_end: null,
    trial_settings: null,
    trial_start: null,
  }
}

/** A subscription item on the wire. */
export function subscriptionItemWire(world: World, item: SubscriptionItem): Wire {
  const price = world.prices.get(item.priceId) as Price
  return {
    id: item.id,
    object: 'subscription_item',
    billing_thresholds: null,
    created: item.created,
    current_period_end: item.period.end,
    current_period_start: item.period.start,
    current_trial: null,
    discounts: item.discountIds,
    metadata: item.metadata,
    plan: planWire(world, price),
    price: priceWire(world, price),
    ...(item.quantity === null ? {} : { quantity: Number(item.quantity) }),
    subscription: item.subscriptionId,
    tax_rates: [],
  }
}

/** The shape prices had before they were called prices; items still carry it. */
function planWire(world: World, price: Price): Wire {
  const { unit_amount, unit_amount_decimal } = priceWire(world, price)
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: unit_amount,
    amount_decimal: unit_amount_decimal,
    billing_scheme: price.tiers === null ? 'per_unit' : 'tiered',
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval.unit,
    interval_count: price.recurring?.interval.count,
    livemode: world.settings.livemode,
    metadata: price.metadata,
    meter: price.recurring?.meterId ?? null,
    nickname: price.nickname,
    product: price.productId,
    tiers_mode: price.tiersMode,
    transform_usage: null,
    trial_period_days: null,
    usage_type: price.recurring?.usage,
  }
}
