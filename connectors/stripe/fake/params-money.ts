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

const creditLine = group(
  {
    type: z.enum(['invoice_line_item', 'custom_line_item']),
    amount: amount.optional(),
    description: text.optional(),
    invoice_line_item: text.optional(),
    metadata: metadata.optional(),
    quantity: amount.optional(),
    unit_amount: amount.optional(),
    unit_amount_decimal: decimal.optional(),
  },
  ['tax_amounts', 'tax_rates'],
)

const creditNoteShape = {
  invoice: text,
  amount: amount.optional(),
  credit_amount: amount.optional(),
  lines: z.array(creditLine).optional(),
  memo: text.optional(),
  metadata: metadata.optional(),
  out_of_band_amount: amount.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory']).optional(),
  refund_amount: amount.optional(),
  refunds: z
    .array(
      group({ refund: text.optional(), amount_refunded: amount.optional(), type: text.optional() }, [
        'payment_record_refund',
      ]),
    )
    .optional(),
}

/** `POST /v1/credit_notes`. */
export const creditNoteCreate = group(creditNoteShape, ['effective_at', 'email_type', 'shipping_cost'])

export const creditNoteUpdate = group({ metadata: clearable(metadata).optional() }, ['memo'])

export const creditNoteList = group(
  { ...listShape, created, customer: text.optional(), invoice: text.optional() },
  ['customer_account'],
)

/** `POST /v1/refunds`. */
export const refundCreate = group(
  {
    amount: amount.optional(),
    charge: text.optional(),
    metadata: clearable(metadata).optional(),
    payment_intent: text.optional(),
    reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  },
  ['currency', 'customer', 'instructions_email', 'origin', 'refund_application_fee', 'reverse_transfer'],
)

export const refundUpdate = group({ metadata: clearable(metadata).optional() })

export const refundList = group({
  ...listShape,
  created,
  charge: text.optional(),
  payment_intent: text.optional(),
})

export const chargeList = group(
  { ...listShape, created, customer: text.optional(), payment_intent: text.optional() },
  ['transfer_group'],
)

export const intentList = group({ ...listShape, created, customer: text.optional() }, ['customer_account'])

export const balanceTransactionList = group({
  ...listShape,
  created,
  currency: text.optional(),
  payout: text.optional(),
  source: text.optional(),
  type: text.optional(),
})

export const payoutList = group({ ...listShape, created, status: text.optional() }, [
  'arrival_date',
  'destination',
])

export const disputeUpdate = group({ metadata: clearable(metadata).optional(), submit: flag.optional() }, [
  'evidence',
  'intended_submission_method',
])

export const eventList = group({
  ...listShape,
  created,
  type: text.optional(),
  types: z.array(text).max(20).optional(),
  delivery_success: flag.optional(),
})

/** `GET /v2/core/events`. */
export const thinEventList = group(
  {
    limit: whole.optional(),
    page: text.optional(),
    object_id: text.optional(),
    types: z.array(text).max(20).optional(),
  },
  ['include', 'created', 'gte', 'gt', 'lte', 'lt'],
)
