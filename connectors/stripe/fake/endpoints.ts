import type { Endpoint } from './api.ts'
import { creditNoteEndpoints } from './credit-notes.ts'
import { couponEndpoints, promotionCodeEndpoints } from './coupons.ts'
import { customerBalanceEndpoints } from './customer-balance.ts'
import { customerEndpoints } from './customers.ts'
import { disputeEndpoints } from './disputes.ts'
import { eventEndpoints } from './events.ts'
import { invoiceItemEndpoints } from './invoice-items.ts'
import { invoiceEndpoints } from './invoices.ts'
import { meterEventEndpoints } from './meter-events.ts'
import { meterSummaryEndpoints } from './meter-summaries.ts'
import { meterStreamEndpoints } from './meter-stream.ts'
import { meterEndpoints } from './meters.ts'
import { moneyEndpoints } from './money-endpoints.ts'
import { paymentMethodEndpoints } from './payment-methods.ts'
import { previewEndpoints } from './preview.ts'
import { priceEndpoints } from './prices.ts'
import { productEndpoints } from './products.ts'
import { refundEndpoints } from './refunds.ts'
import { scheduleEndpoints } from './schedules.ts'
import { subscriptionEndpoints } from './subscriptions.ts'
import { taxIdEndpoints } from './tax-ids.ts'
import { taxEndpoints } from './tax-rates.ts'
import { testClockEndpoints } from './test-clocks.ts'
import { webhookEndpointEndpoints } from './webhook-endpoints.ts'

/** Every operation of the API that the twin has. */
export const endpoints: readonly Endpoint[] = [
  ...customerEndpoints,
  ...taxIdEndpoints,
  ...customerBalanceEndpoints,
  ...paymentMethodEndpoints,
  ...productEndpoints,
  ...priceEndpoints,
  ...couponEndpoints,
  ...promotionCodeEndpoints,
  ...subscriptionEndpoints,
  ...scheduleEndpoints,
  // Before the routes of invoices, whose `:id` would take `create_preview` for one.
  ...previewEndpoints,
  ...invoiceEndpoints,
  ...invoiceItemEndpoints,
  ...creditNoteEndpoints,
  ...meterEndpoints,
  ...meterEventEndpoints,
  ...meterStreamEndpoints,
  ...meterSummaryEndpoints,
  ...refundEndpoints,
  ...disputeEndpoints,
  ...moneyEndpoints,
  ...taxEndpoints,
  ...eventEndpoints,
  ...testClockEndpoints,
  ...webhookEndpointEndpoints,
]
