import * as z from 'zod'
import {
  amount,
  clearable,
  created,
  customFields,
  decimal,
  flag,
  group,
  listShape,
  metadata,
  text,
  whole,
} from './decode.ts'
import { automaticTax, collectionMethod, discounts } from './params-subscription.ts'

const currency = z.string().regex(/^[a-z]{3}$/i, 'Invalid currency')

const invoiceShape = {
  auto_advance: flag.optional(),
  automatic_tax: automaticTax.optional(),
  automatically_finalizes_at: whole.optional(),
  collection_method: collectionMethod.optional(),
  custom_fields: clearable(customFields).optional(),
  days_until_due: whole.optional(),
  default_payment_method: text.optional(),
  description: clearable(text).optional(),
  discounts: discounts.optional(),
  due_date: whole.optional(),
  footer: clearable(text).optional(),
  metadata: clearable(metadata).optional(),
}

const unmodelled = [
  'account_tax_ids',
  'application_fee_amount',
  'default_source',
  'default_tax_rates',
  'effective_at',
  'issuer',
  'number',
  'on_behalf_of',
  'payment_settings',
  'rendering',
  'shipping_cost',
  'shipping_details',
  'statement_descriptor',
  'transfer_data',
] as const

/** `POST /v1/invoices`. */
export const invoiceCreate = group(
  {
    ...invoiceShape,
    currency: currency.optional(),
    customer: text.optional(),
    pending_invoice_items_behavior: z.enum(['exclude', 'include']).optional(),
    subscription: text.optional(),
  },
  [...unmodelled, 'customer_account', 'from_invoice'],
)

/** `POST /v1/invoices/{id}`. */
export const invoiceUpdate = group(invoiceShape, unmodelled)

export const invoiceList = group(
  {
    ...listShape,
    created,
    collection_method: collectionMethod.optional(),
    customer: text.optional(),
    due_date: group({
      gt: whole.optional(),
      gte: whole.optional(),
      lt: whole.optional(),
      lte: whole.optional(),
    }).optional(),
    status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']).optional(),
    subscription: text.optional(),
  },
  ['customer_account'],
)

export const invoiceFinalize = group({ auto_advance: flag.optional() })

export const invoicePay = group(
  {
    forgive: flag.optional(),
    off_session: flag.optional(),
    paid_out_of_band: flag.optional(),
    payment_method: text.optional(),
  },
  ['mandate', 'source'],
)

/** `POST /v1/invoices/create_preview`. */
export const invoicePreview = group(
  {
    automatic_tax: automaticTax.optional(),
    customer: text.optional(),
    subscription: text.optional(),
    preview_mode: z.enum(['next', 'recurring']).optional(),
    subscription_details: group(
      {
        items: z
          .array(
            group(
              {
                id: text.optional(),
                price: text.optional(),
                quantity: z.string().regex(/^\d+$/, 'Invalid integer').transform(BigInt).optional(),
                deleted: flag.optional(),
                discounts: discounts.optional(),
              },
              [
                'billing_thresholds',
                'clear_usage',
                'current_trial',
                'metadata',
                'plan',
                'price_data',
                'tax_rates',
              ],
            ),
          )
          .optional(),
        proration_behavior: z.enum(['create_prorations', 'always_invoice', 'none']).optional(),
        start_date: whole.optional(),
      },
      [
        'billing_cycle_anchor',
        'billing_mode',
        'billing_schedules',
        'cancel_at',
        'cancel_at_period_end',
        'cancel_now',
        'default_tax_rates',
        'metadata',
        'pause',
        'proration_date',
        'resume_at',
        'trial_end',
      ],
    ).optional(),
  },
  [
    'currency',
    'customer_account',
    'customer_details',
    'discounts',
    'invoice_items',
    'issuer',
    'on_behalf_of',
    'schedule',
    'schedule_details',
  ],
)

export const lineUpdate = group(
  {
    amount: amount.optional(),
    description: text.optional(),
    metadata: clearable(metadata).optional(),
    period: group({ start: whole, end: whole }).optional(),
  },
  [
    'discountable',
    'discounts',
    'price_data',
    'pricing',
    'quantity',
    'quantity_decimal',
    'tax_amounts',
    'tax_rates',
  ],
)

const itemShape = {
  amount: amount.optional(),
  description: text.optional(),
  discountable: flag.optional(),
  discounts: discounts.optional(),
  metadata: clearable(metadata).optional(),
  period: group({ start: whole, end: whole }).optional(),
  quantity: z.string().regex(/^\d+$/, 'Invalid integer').optional(),
  tax_behavior: z.enum(['exclusive', 'inclusive', 'unspecified']).optional(),
  unit_amount_decimal: decimal.optional(),
}

/** `POST /v1/invoiceitems`. */
export const invoiceItemCreate = group(
  {
    ...itemShape,
    currency: currency.optional(),
    customer: text.optional(),
    invoice: text.optional(),
    pricing: group({ price: text.optional() }).optional(),
    subscription: text.optional(),
  },
  ['customer_account', 'price_data', 'quantity_decimal', 'tax_code', 'tax_rates'],
)

export const invoiceItemUpdate = group(itemShape, [
  'price_data',
  'pricing',
  'quantity_decimal',
  'tax_code',
  'tax_rates',
])

export const invoiceItemList = group(
  {
    ...listShape,
    created,
    customer: text.optional(),
    invoice: text.optional(),
    pending: flag.optional(),
  },
  ['customer_account'],
)

export const invoicePaymentList = group({
  ...listShape,
  created,
  invoice: text.optional(),
  payment: group({ type: text, payment_intent: text.optional() }, ['payment_record']).optional(),
  status: z.enum(['canceled', 'open', 'paid']).optional(),
})
