import * as z from 'zod'
import {
  address,
  amount,
  clearable,
  created,
  customFields,
  flag,
  group,
  listShape,
  metadata,
  text,
  whole,
} from './decode.ts'

const shipping = group({ address, name: text, phone: text.optional() })

const invoiceSettings = group(
  {
    custom_fields: clearable(customFields).optional(),
    default_payment_method: clearable(text).optional(),
    footer: clearable(text).optional(),
  },
  ['rendering_options'],
)

const taxId = group({ type: text, value: text })

const customerShape = {
  address: clearable(address).optional(),
  balance: amount.optional(),
  description: clearable(text).optional(),
  email: clearable(text.max(512)).optional(),
  invoice_prefix: z
    .string()
    .regex(/^[A-Z0-9]{3,12}$/)
    .optional(),
  invoice_settings: invoiceSettings.optional(),
  metadata: clearable(metadata).optional(),
  name: clearable(text.max(256)).optional(),
  next_invoice_sequence: whole.optional(),
  phone: clearable(text.max(20)).optional(),
  preferred_locales: z.array(text).optional(),
  shipping: clearable(shipping).optional(),
  tax_exempt: clearable(z.enum(['none', 'exempt', 'reverse'])).optional(),
}

const unmodelled = ['business_name', 'cash_balance', 'individual_name', 'source', 'validate'] as const

/** `POST /v1/customers`. */
export const customerCreate = group(
  {
    ...customerShape,
    payment_method: text.optional(),
    tax: group({ validate_location: z.enum(['deferred', 'immediately']).optional() }, [
      'ip_address',
    ]).optional(),
    tax_id_data: z.array(taxId).max(5).optional(),
    test_clock: text.optional(),
  },
  unmodelled,
)

/** `POST /v1/customers/{id}`. */
export const customerUpdate = group(
  {
    ...customerShape,
    tax: group({ validate_location: z.enum(['auto', 'deferred', 'immediately']).optional() }, [
      'ip_address',
    ]).optional(),
  },
  [...unmodelled, 'default_source'],
)

export const customerList = group({
  ...listShape,
  created,
  email: text.optional(),
  test_clock: text.optional(),
})

/** `POST /v1/customers/{id}/tax_ids`. */
export const taxIdCreate = group({ type: text, value: text }, ['owner'])

export const plainList = group(listShape)

export const search = group({
  query: text,
  limit: listShape.limit,
  page: text.optional(),
})

export const nothing = group({})

export const paymentMethodAttach = group({ customer: text }, ['customer_account'])

export const paymentMethodList = group({ ...listShape, customer: text.optional(), type: text.optional() }, [
  'allow_redisplay',
  'customer_account',
])

export const testClockCreate = group({ frozen_time: whole, name: text.optional() }, ['customer'])

export const testClockAdvance = group({ frozen_time: whole })

const endpointShape = {
  description: clearable(text).optional(),
  metadata: clearable(metadata).optional(),
}

export const webhookEndpointCreate = group(
  { ...endpointShape, url: text, enabled_events: z.array(text), api_version: text.optional() },
  ['connect'],
)

export const webhookEndpointUpdate = group({
  ...endpointShape,
  url: text.optional(),
  enabled_events: z.array(text).optional(),
  disabled: flag.optional(),
})
