import type { Stripe } from 'stripe'
import type { BillingFact } from '../../../src/domain/fact.ts'
import type { Answer } from '../../../src/ports/answer.ts'
import { mapAnswer } from '../../../src/ports/answer.ts'
import { fromStripe } from '../amounts.ts'
import type { Connection } from '../connection.ts'
import { idIn, instant } from '../connection.ts'
import { invoiceOf } from './refund-facts.ts'

/** A dispute took money back, and how it ended if it did. An inquiry moves no money and makes no fact. */
export async function disputeFacts(
  connection: Connection,
  dispute: Stripe.Dispute,
  toldAt: Date,
): Promise<Answer<BillingFact[]>> {
  const invoice = await invoiceOf(connection, idIn(dispute.payment_intent))
  return mapAnswer(invoice, (invoiceId) => {
    if (dispute.status.startsWith('warning_') || dispute.status === 'prevented') return []
    const common = { disputeId: dispute.id, invoiceId, amount: fromStripe(dispute.currency, dispute.amount) }
    const opened: BillingFact = {
      ...common,
      kind: 'dispute-opened',
      factKey: `stripe:dispute:${dispute.id}:opened`,
      occurredAt: instant(dispute.created),
    }
    if (dispute.status !== 'won' && dispute.status !== 'lost') return [opened]
    const kind = dispute.status === 'won' ? 'dispute-won' : 'dispute-lost'
    return [opened, { ...common, kind, factKey: `stripe:dispute:${dispute.id}:closed`, occurredAt: toldAt }]
  })
}
