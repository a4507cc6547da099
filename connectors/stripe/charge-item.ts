import type { Stripe } from 'stripe'
import type { OwnCharge } from '../../src/domain/billing-plan.ts'
import { addDays } from '../../src/domain/calendar.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { Performed } from '../../src/ports/billing.ts'
import { toStripe } from './amounts.ts'
import { performed } from './connection.ts'
import { metadataKeys } from './subscription-terms.ts'

/** The invoice item of a charge. Its net amount is agreed, so no coupon may lower it. */
export function itemParamsOf(own: OwnCharge, customer: string): Stripe.InvoiceItemCreateParams {
  return {
    customer,
    amount: toStripe(own.amount),
    currency: own.amount.currency.toLowerCase(),
    description: own.description,
    discountable: false,
    tax_behavior: 'exclusive',
    period: periodOf(own),
    metadata: {
      [metadataKeys.contract]: own.contractId,
      [metadataKeys.line]: own.lineId,
      [metadataKeys.charge]: own.chargeKey,
      [metadataKeys.serviceFrom]: own.service.startsOn,
      [metadataKeys.serviceUntil]: own.service.endsBefore,
    },
  }
}

/** Noon of the first and of the last day: Stripe counts the end in, and prints both as days. */
function periodOf({ service }: OwnCharge): { start: number; end: number } {
  const { startsOn, endsBefore } = service
  const lastDay = endsBefore > startsOn ? addDays(endsBefore, -1) : startsOn
  const noon = (date: string) => Date.parse(`${date}T12:00:00Z`) / 1_000
  return { start: noon(startsOn), end: noon(lastDay) }
}

/** Compares an invoice item with the charge it stands for. */
export function compareItem(own: OwnCharge, item: Stripe.InvoiceItem): Answer<Performed> {
  return performed(
    item,
    'invoiceitem',
    { amount: toStripe(own.amount), currency: own.amount.currency.toLowerCase(), discountable: false },
    ({ amount, currency, discountable }) => ({ amount, currency, discountable }),
  )
}
