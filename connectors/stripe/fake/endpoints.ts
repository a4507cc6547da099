import type { Endpoint } from './api.ts'
import { couponEndpoints, promotionCodeEndpoints } from './coupons.ts'
import { customerBalanceEndpoints } from './customer-balance.ts'
import { customerEndpoints } from './customers.ts'
import { disputeEndpoints } from './disputes.ts'
import { eventEndpoints } from './events.ts'
import { invoiceItemEndpoints } from './invoice-items.ts'
import { invoiceEndpoints } from './invoices.ts'
import { meterEndpoints } from './meters.ts'
import { moneyEndpoints } from './money-endpoints.ts'
import { paymentMethodEndpoints } from './payment-methods.ts'
import { priceEndpoints } from './prices.ts'
import { productEndpoints } from './products.ts'
import { refundEndpoints } from './refunds.ts'
import { subscriptionEndpoints } from './subscriptions.ts'
import { taxIdEndpoints } from './tax-ids.ts'
import { taxEndpoints } from './tax-rates.ts'

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
  ...invoiceEndpoints,
  ...invoiceItemEndpoints,
  ...meterEndpoints,
  ...refundEndpoints,
  ...disputeEndpoints,
  ...moneyEndpoints,
  ...taxEndpoints,
  ...eventEndpoints,
]
