import * as z from 'zod'
import {
  clearable,
  created,
  customFields,
  discountAsked,
  flag,
  group,
  listShape,
  metadata,
  text,
  whole,
} from './decode.ts'

export const discounts = clearable(z.array(discountAsked).max(20))

export const prorationBehavior = z.enum(['create_prorations', 'always_invoice', 'none'])

export const collectionMethod = z.enum(['charge_automatically', 'send_invoice'])

export const automaticTax = group({ enabled: flag }, ['liability'])

const quantity = z
  .string()
  .regex(/^\d{1,18}$/, 'Invalid integer')
  .transform(BigInt)

const billingMode = group({
  type: z.enum(['flexible', 'classic']),
  flexible: group({ proration_discounts: z.enum(['included', 'itemized']).optional() }).optional(),
})

const invoiceSettings = group(
  {
    custom_fields: clearable(customFields).optional(),
    description: clearable(text).optional(),
    footer: clearable(text).optional(),
  },
  ['account_tax_ids', 'issuer'],
)

const cancelAt = z.union([z.enum(['min_period_end', 'max_period_end', 'max_billed_until']), whole])

const itemShape = {
  discounts: discounts.optional(),
  price: text.optional(),
  quantity: quantity.optional(),
}

const unmodelledInPhaseItem = ['billing_thresholds', 'plan', 'price_data', 'tax_rates'] as const

const unmodelledInItem = [...unmodelledInPhaseItem, 'current_trial'] as const

const anchorConfig = group({
  day_of_month: whole,
  hour: whole.optional(),
  minute: whole.optional(),
  month: whole.optional(),
  second: whole.optional(),
})

const shared = {
  automatic_tax: automaticTax.optional(),
  cancel_at_period_end: flag.optional(),
  collection_method: collectionMethod.optional(),
  days_until_due: whole.optional(),
  default_payment_method: text.optional(),
  description: clearable(text.max(500)).optional(),
  discounts: discounts.optional(),
  invoice_settings: invoiceSettings.optional(),
  metadata: clearable(metadata).optional(),
  off_session: flag.optional(),
  payment_behavior: z
    .enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'])
    .optional(),
  proration_behavior: prorationBehavior.optional(),
}

const unmodelled = [
  'add_invoice_items',
  'application_fee_percent',
  'billing_schedules',
  'billing_thresholds',
  'default_source',
  'default_tax_rates',
  'on_behalf_of',
  'payment_settings',
  'pending_invoice_item_interval',
  'transfer_data',
  'trial_end',
  'trial_from_plan',
  'trial_settings',
] as const

/** `POST /v1/subscriptions`. */
export const subscriptionCreate = group(
  {
    ...shared,
    backdate_start_date: whole.optional(),
    billing_cycle_anchor: whole.optional(),
    billing_cycle_anchor_config: anchorConfig.optional(),
    billing_mode: billingMode.optional(),
    cancel_at: cancelAt.optional(),
    currency: text.optional(),
    customer: text,
    items: z
      .array(group({ ...itemShape, metadata: metadata.optional() }, unmodelledInItem))
      .min(1)
      .max(20),
  },
  [...unmodelled, 'customer_account', 'trial_period_days'],
)

/** `POST /v1/subscriptions/{id}`. */
export const subscriptionUpdate = group(
  {
    ...shared,
    billing_cycle_anchor: group({ type: z.enum(['now', 'unchanged']) }).optional(),
    cancel_at: clearable(cancelAt).optional(),
    cancellation_details: group(
      { comment: clearable(text).optional(), feedback: clearable(text).optional() },
      ['feedback_option'],
    ).optional(),
    items: z
      .array(
        group(
          {
            ...itemShape,
            id: text.optional(),
            deleted: flag.optional(),
            clear_usage: flag.optional(),
            metadata: clearable(metadata).optional(),
          },
          unmodelledInItem,
        ),
      )
      .max(20)
      .optional(),
    proration_date: whole.optional(),
  },
  [...unmodelled, 'pause_collection'],
)

/** `DELETE /v1/subscriptions/{id}`. */
export const subscriptionCancel = group({
  cancellation_details: group({ comment: clearable(text).optional(), feedback: clearable(text).optional() }, [
    'feedback_option',
  ]).optional(),
  invoice_now: flag.optional(),
  prorate: flag.optional(),
})

export const subscriptionList = group(
  {
    ...listShape,
    created,
    collection_method: collectionMethod.optional(),
    customer: text.optional(),
    price: text.optional(),
    status: text.optional(),
  },
  ['automatic_tax', 'current_period_end', 'current_period_start', 'customer_account', 'test_clock', 'plan'],
)

export const subscriptionItemList = group({ ...listShape, subscription: text })

const scheduleInvoiceSettings = group(
  {
    custom_fields: clearable(customFields).optional(),
    days_until_due: whole.optional(),
    description: clearable(text).optional(),
    footer: clearable(text).optional(),
  },
  ['account_tax_ids', 'issuer'],
)

const defaultSettings = group(
  {
    automatic_tax: automaticTax.optional(),
    billing_cycle_anchor: z.enum(['automatic', 'phase_start']).optional(),
    collection_method: collectionMethod.optional(),
    default_payment_method: text.optional(),
    description: clearable(text).optional(),
    invoice_settings: scheduleInvoiceSettings.optional(),
  },
  ['application_fee_percent', 'billing_thresholds', 'on_behalf_of', 'transfer_data'],
)

const phaseShape = {
  automatic_tax: automaticTax.optional(),
  billing_cycle_anchor: z.enum(['automatic', 'phase_start']).optional(),
  collection_method: collectionMethod.optional(),
  currency: text.optional(),
  description: clearable(text).optional(),
  discounts: discounts.optional(),
  duration: group({
    interval: z.enum(['day', 'week', 'month', 'year']),
    interval_count: whole.optional(),
  }).optional(),
  invoice_settings: scheduleInvoiceSettings.optional(),
  items: z
    .array(group({ ...itemShape, metadata: metadata.optional() }, unmodelledInPhaseItem))
    .min(1)
    .max(20),
  metadata: metadata.optional(),
  proration_behavior: prorationBehavior.optional(),
}

const unmodelledInPhase = [
  'add_invoice_items',
  'application_fee_percent',
  'billing_thresholds',
  'default_payment_method',
  'default_tax_rates',
  'on_behalf_of',
  'transfer_data',
  'trial',
  'trial_end',
] as const

/** `POST /v1/subscription_schedules`. */
export const scheduleCreate = group(
  {
    billing_mode: billingMode.optional(),
    customer: text.optional(),
    default_settings: defaultSettings.optional(),
    end_behavior: z.enum(['release', 'cancel']).optional(),
    from_subscription: text.optional(),
    metadata: clearable(metadata).optional(),
    phases: z
      .array(group({ ...phaseShape, end_date: whole.optional() }, unmodelledInPhase))
      .min(1)
      .optional(),
    start_date: z.union([z.literal('now'), whole]).optional(),
  },
  ['customer_account', 'pause_schedules'],
)

const phaseEdge = z.union([z.literal('now'), whole]).optional()

/** `POST /v1/subscription_schedules/{id}`: the current and all future phases are sent again. */
export const scheduleUpdate = group(
  {
    default_settings: defaultSettings.optional(),
    end_behavior: z.enum(['release', 'cancel']).optional(),
    metadata: clearable(metadata).optional(),
    phases: z
      .array(group({ ...phaseShape, start_date: phaseEdge, end_date: phaseEdge }, unmodelledInPhase))
      .min(1)
      .optional(),
    proration_behavior: prorationBehavior.optional(),
  },
  ['pause_schedules'],
)

export const scheduleCancel = group({ invoice_now: flag.optional(), prorate: flag.optional() })

export const scheduleRelease = group({ preserve_cancel_date: flag.optional() })

export const scheduleList = group({ ...listShape, created, customer: text.optional() }, [
  'canceled_at',
  'completed_at',
  'customer_account',
  'released_at',
  'scheduled',
])
