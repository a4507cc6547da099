import type { Wire } from './emit.ts'
import type { DiscountAsked, Phase, PhaseItem, Schedule } from './schedule-rows.ts'
import type { World } from './world.ts'

/** A subscription schedule on the wire. */
export function scheduleWire(world: World, row: Schedule): Wire {
  const current = currentPhase(world, row)
  return {
    id: row.id,
    object: 'subscription_schedule',
    application: null,
    billing_mode: {
      flexible: row.billingMode === 'flexible' ? { proration_discounts: row.prorationDiscounts } : null,
      type: row.billingMode,
    },
    canceled_at: row.canceledAt,
    completed_at: row.completedAt,
    created: row.created,
    current_phase: current && { end_date: current.end, start_date: current.start },
    customer: row.customerId,
    customer_account: null,
    default_settings: defaultsWire(row),
    end_behavior: row.endBehavior,
    livemode: world.settings.livemode,
    metadata: row.metadata,
    pause_schedules: [],
    phases: row.phases.map(phaseWire),
    released_at: row.releasedAt,
    released_subscription: row.releasedSubscriptionId,
    status: row.status,
    subscription: row.subscriptionId,
    test_clock: world.customers.get(row.customerId)?.testClock ?? null,
  }
}

/** The phase an active schedule is in. */
export function currentPhase(world: World, row: Schedule): Phase | null {
  if (row.status !== 'active') return null
  const now = world.seconds()
  return row.phases.find(({ start, end }) => start <= now && now < end) ?? null
}

function defaultsWire({ defaults }: Schedule): Wire {
  return {
    application_fee_percent: null,
    automatic_tax: automaticTaxWire(defaults.automaticTax),
    billing_cycle_anchor: defaults.billingCycleAnchor,
    billing_thresholds: null,
    collection_method: defaults.collectionMethod,
    default_payment_method: defaults.defaultPaymentMethod,
    description: defaults.description,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: defaults.invoiceSettings.customFields,
      days_until_due: defaults.daysUntilDue,
      description: defaults.invoiceSettings.description,
      footer: defaults.invoiceSettings.footer,
      issuer: { type: 'self' },
    },
    on_behalf_of: null,
    transfer_data: null,
  }
}

function automaticTaxWire(enabled: boolean): Wire {
  return { disabled_reason: null, enabled, liability: enabled ? { type: 'self' } : null }
}

function phaseWire(phase: Phase): Wire {
  const settings = phase.invoiceSettings
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    ...(phase.automaticTax === null ? {} : { automatic_tax: automaticTaxWire(phase.automaticTax) }),
    billing_cycle_anchor: phase.billingCycleAnchor,
    billing_thresholds: null,
    collection_method: phase.collectionMethod,
    currency: phase.currency,
    default_payment_method: null,
    default_tax_rates: [],
    description: phase.description,
    discounts: phase.discounts.map(discountAskedWire),
    end_date: phase.end,
    invoice_settings: settings && {
      account_tax_ids: null,
      custom_fields: settings.customFields ?? null,
      days_until_due: settings.daysUntilDue ?? null,
      description: settings.description ?? null,
      footer: settings.footer ?? null,
      issuer: null,
    },
    items: phase.items.map(phaseItemWire),
    metadata: phase.metadata,
    on_behalf_of: null,
    proration_behavior: phase.prorationBehavior,
    start_date: phase.start,
    transfer_data: null,
    trial_end: null,
  }
}

function phaseItemWire(item: PhaseItem): Wire {
  return {
    billing_thresholds: null,
    discounts: item.discounts.map(discountAskedWire),
    metadata: item.metadata,
    plan: item.priceId,
    price: item.priceId,
    ...(item.quantity === null ? {} : { quantity: Number(item.quantity) }),
    tax_rates: [],
  }
}

function discountAskedWire({ coupon, promotionCode, discount }: DiscountAsked): Wire {
  return { coupon: coupon ?? null, discount: discount ?? null, promotion_code: promotionCode ?? null }
}
