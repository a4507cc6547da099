import type { Stripe } from 'stripe'
import type { BillingFact } from '../../../src/domain/fact.ts'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered } from '../../../src/ports/answer.ts'
import type { Connection } from '../connection.ts'
import { idIn, instant } from '../connection.ts'
import { creditNoteFacts, creditNoteVoidedFacts } from './credit-facts.ts'
import { disputeFacts } from './dispute-facts.ts'
import { readEvent } from './event.ts'
import { finalizedFacts, paidFacts, paymentFacts, uncollectibleFacts, voidedFacts } from './invoice-facts.ts'
import { refundFacts, refundFactsOfCharge } from './refund-facts.ts'

/**
 * Every type of event that may tell of money, of a tax id or of a changed subscription: what an endpoint must listen to, and what a sweep looks
 * for. Stripe lists events of 20 types at most.
 */
export const heardEventTypes = [
  'invoice.finalized',
  'invoice.paid',
  'invoice_payment.paid',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'credit_note.created',
  'credit_note.voided',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.refunded',
  'charge.dispute.created',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.closed',
  'customer.tax_id.created',
  'customer.tax_id.updated',
  'customer.tax_id.deleted',
  'customer.subscription.updated',
  'customer.subscription.deleted',
]

/**
 * Turns one event into facts. Several events tell of one payment or refund; all of them lead to the same fact keys. Events that do not
 * concern money make no facts.
 */
export async function readFacts(
  connection: Connection,
  delivery: { readonly type: string; readonly body: string },
): Promise<Answer<readonly BillingFact[]>> {
  const read = readEvent(delivery.body)
  if (read.kind !== 'ok') return read
  if (read.value === null) return answered([])
  const event = read.value
  switch (event.type) {
    case 'invoice.finalized':
      return finalizedFacts(connection, event.data.object)
    case 'invoice.paid':
      return paidFacts(connection, event.data.object)
    case 'invoice_payment.paid':
      return answered(paymentFacts(event.data.object))
    case 'invoice.voided':
      return answered(voidedFacts(event.data.object))
    case 'invoice.marked_uncollectible':
      return answered(uncollectibleFacts(event.data.object))
    case 'credit_note.created':
      return creditNoteFacts(connection, event.data.object)
    case 'credit_note.voided':
      return answered(creditNoteVoidedFacts(event.data.object))
    default:
      return readMovement(connection, event)
  }
}

function readMovement(connection: Connection, event: Stripe.Event): Promise<Answer<readonly BillingFact[]>> {
  switch (event.type) {
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.refund.updated':
      return refundFacts(connection, event.data.object)
    case 'charge.refunded':
      return refundFactsOfCharge(connection, idIn(event.data.object) ?? '')
    case 'charge.dispute.created':
    case 'charge.dispute.funds_withdrawn':
    case 'charge.dispute.closed':
      return disputeFacts(connection, event.data.object, instant(event.created))
    default:
      return Promise.resolve(answered([]))
  }
}
