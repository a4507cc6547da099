import * as z from 'zod'
import {
  amount,
  clearable,
  created,
  decimal,
  flag,
  group,
  listShape,
  metadata,
  text,
  whole,
} from './decode.ts'

const intervalUnit = z.enum(['day', 'week', 'month', 'year'])

const taxBehavior = z.enum(['exclusive', 'inclusive', 'unspecified'])

const currency = z.string().regex(/^[a-z]{3}$/i, 'Invalid currency')

/** `POST /v1/products`. */
export const productCreate = group(
  {
    id: text.max(100).optional(),
    name: text,
    active: flag.optional(),
    description: text.optional(),
    metadata: metadata.optional(),
    tax_code: text.optional(),
    unit_label: text.optional(),
  },
  [
    'default_price_data',
    'images',
    'marketing_features',
    'package_dimensions',
    'shippable',
    'statement_descriptor',
    'tax_details',
    'type',
    'url',
  ],
)

export const productUpdate = group({
  name: text.optional(),
  active: flag.optional(),
  description: clearable(text).optional(),
  metadata: clearable(metadata).optional(),
  tax_code: clearable(text).optional(),
  unit_label: clearable(text).optional(),
})

export const productList = group(
  { ...listShape, created, active: flag.optional(), ids: z.array(text).optional() },
  ['shippable', 'type', 'url'],
)

const tier = group({
  up_to: z.union([z.literal('inf'), whole]),
  unit_amount: amount.optional(),
  unit_amount_decimal: decimal.optional(),
  flat_amount: amount.optional(),
  flat_amount_decimal: decimal.optional(),
})

/** `POST /v1/prices`. */
export const priceCreate = group(
  {
    currency,
    active: flag.optional(),
    billing_scheme: z.enum(['per_unit', 'tiered']).optional(),
    lookup_key: text.max(200).optional(),
    transfer_lookup_key: flag.optional(),
    metadata: metadata.optional(),
    nickname: text.optional(),
    product: text.optional(),
    product_data: group(
      {
        id: text.optional(),
        name: text,
        active: flag.optional(),
        metadata: metadata.optional(),
        tax_code: text.optional(),
        unit_label: text.optional(),
      },
      ['statement_descriptor', 'tax_details'],
    ).optional(),
    recurring: group(
      {
        interval: intervalUnit,
        interval_count: whole.optional(),
        meter: text.optional(),
        usage_type: z.enum(['licensed', 'metered']).optional(),
      },
      ['trial_period_days'],
    ).optional(),
    tax_behavior: taxBehavior.optional(),
    tiers: z.array(tier).min(1).optional(),
    tiers_mode: z.enum(['graduated', 'volume']).optional(),
    transform_quantity: group({ divide_by: whole, round: z.enum(['up', 'down']) }).optional(),
    unit_amount: amount.optional(),
    unit_amount_decimal: decimal.optional(),
  },
  ['currency_options', 'custom_unit_amount'],
)

/** `POST /v1/prices/{id}`: an amount is never changed. */
export const priceUpdate = group(
  {
    active: flag.optional(),
    lookup_key: text.max(200).optional(),
    transfer_lookup_key: flag.optional(),
    metadata: clearable(metadata).optional(),
    nickname: clearable(text).optional(),
    tax_behavior: taxBehavior.optional(),
  },
  ['currency_options'],
)

export const priceList = group({
  ...listShape,
  created,
  active: flag.optional(),
  currency: currency.optional(),
  lookup_keys: z.array(text).max(10).optional(),
  product: text.optional(),
  type: z.enum(['one_time', 'recurring']).optional(),
  recurring: group({
    interval: intervalUnit.optional(),
    meter: text.optional(),
    usage_type: z.enum(['licensed', 'metered']).optional(),
  }).optional(),
})

/** `POST /v1/coupons`. */
export const couponCreate = group(
  {
    id: text.optional(),
    amount_off: amount.optional(),
    applies_to: group({ products: z.array(text).optional() }).optional(),
    currency: currency.optional(),
    duration: z.enum(['once', 'forever', 'repeating']).optional(),
    duration_in_months: whole.optional(),
    max_redemptions: whole.optional(),
    metadata: clearable(metadata).optional(),
    name: text.max(40).optional(),
    percent_off: z
      .string()
      .regex(/^\d{1,3}(\.\d{1,2})?$/, 'Invalid decimal')
      .optional(),
    redeem_by: whole.optional(),
  },
  ['currency_options'],
)

export const couponUpdate = group(
  { metadata: clearable(metadata).optional(), name: clearable(text.max(40)).optional() },
  ['currency_options'],
)

export const couponList = group({ ...listShape, created })

/** `POST /v1/promotion_codes`. */
export const promotionCodeCreate = group(
  {
    promotion: group({ type: z.literal('coupon'), coupon: text }),
    code: text.optional(),
    active: flag.optional(),
    customer: text.optional(),
    expires_at: whole.optional(),
    max_redemptions: whole.optional(),
    metadata: metadata.optional(),
  },
  ['customer_account', 'restrictions'],
)

export const promotionCodeList = group(
  { ...listShape, created, code: text.optional(), active: flag.optional(), coupon: text.optional() },
  ['customer', 'customer_account'],
)

/** `POST /v1/billing/meters`. */
export const meterCreate = group({
  default_aggregation: group({ formula: z.enum(['sum', 'count', 'last']) }),
  display_name: text,
  event_name: text.max(100),
  customer_mapping: group({ event_payload_key: text.max(100), type: z.literal('by_id') }).optional(),
  event_time_window: z.enum(['day', 'hour']).optional(),
  value_settings: group({ event_payload_key: text.max(100) }).optional(),
})

export const meterUpdate = group({ display_name: text.optional() })

export const meterList = group({ ...listShape, status: z.enum(['active', 'inactive']).optional() })

/** `POST /v1/billing/meter_events`. */
export const meterEventCreate = group({
  event_name: text.max(100),
  payload: z.record(z.string().max(100), z.string()),
  identifier: text.max(100).optional(),
  timestamp: whole.optional(),
})

/** `POST /v2/billing/meter_event_stream`. */
export const meterEventStreamCreate = group({
  events: z
    .array(
      group({
        event_name: text.max(100),
        payload: z.record(z.string().max(100), z.string()),
        identifier: text.max(100).optional(),
        timestamp: z.iso.datetime().optional(),
      }),
    )
    .min(1)
    .max(100, 'A request takes at most 100 events'),
})

export const meterEventAdjustmentCreate = group({
  event_name: text.max(100),
  type: z.literal('cancel'),
  cancel: group({ identifier: text.max(100) }).optional(),
})

export const meterSummaryList = group({
  ...listShape,
  customer: text,
  start_time: whole,
  end_time: whole,
  value_grouping_window: z.enum(['day', 'hour']).optional(),
})

export const taxRateList = group({
  ...listShape,
  created,
  active: flag.optional(),
  inclusive: flag.optional(),
})
