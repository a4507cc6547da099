import type { Stripe } from 'stripe'
import type { BillingFact } from '../../../src/domain/fact.ts'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../../src/ports/answer.ts'
import { fromStripe } from '../amounts.ts'
import type { Connection } from '../connection.ts'
import { idIn, instant } from '../connection.ts'
import { allOf, firstIn } from '../paging.ts'

/** A refund, and that it failed if it did. A failed one was made first, whatever order the messages came in. */
export async function refundFacts(
  connection: Connection,
  refund: Stripe.Refund,
): Promise<Answer<BillingFact[]>> {
  const invoiceId = await invoiceOf(connection, idIn(refund.payment_intent))
  if (invoiceId.kind !== 'ok') return invoiceId
  const creditNoteId = await creditNoteOf(connection, refund, invoiceId.value)
  if (creditNoteId.kind !== 'ok') return creditNoteId
  const amount = fromStripe(refund.currency, refund.amount)
  const made: BillingFact = {
    kind: 'refund-made',
    factKey: `stripe:refund:${refund.id}`,
    occurredAt: instant(refund.created),
    refundId: refund.id,
    invoiceId: invoiceId.value,
    creditNoteId: creditNoteId.value,
    amount,
  }
  if (refund.status !== 'failed' && refund.status !== 'canceled') return answered([made])
  const failedAt = await failureTimeOf(connection, refund)
  return mapAnswer(failedAt, (occurredAt) => [
    made,
    {
      kind: 'refund-failed',
      factKey: `stripe:refund:${refund.id}:failed`,
      occurredAt,
      refundId: refund.id,
      amount,
    },
  ])
}

/** Every refund of a charge. */
export async function refundFactsOfCharge(
  connection: Connection,
  charge: string,
): Promise<Answer<BillingFact[]>> {
  const { stripe, calls } = connection
  const refunds = await allOf(calls, (page) => stripe.refunds.list({ ...page, charge }))
  if (refunds.kind !== 'ok') return refunds
  const facts: BillingFact[] = []
  for (const refund of refunds.value) {
    const answer = await refundFacts(connection, refund)
    if (answer.kind !== 'ok') return answer
    facts.push(...answer.value)
  }
  return answered(facts)
}

/** The invoice a payment paid, or null when it paid none. */
export async function invoiceOf(
  { stripe, calls }: Connection,
  paymentIntent: string | null,
): Promise<Answer<string | null>> {
  if (paymentIntent === null) return answered(null)
  const payment = { type: 'payment_intent', payment_intent: paymentIntent }
  const found = await calls.read(() => stripe.invoicePayments.list({ payment, limit: 1 }))
  return mapAnswer(found, ({ data }) => idIn(data[0]?.invoice))
}

async function creditNoteOf(
  { stripe, calls }: Connection,
  { id }: Stripe.Refund,
  invoice: string | null,
): Promise<Answer<string | null>> {
  if (invoice === null) return answered(null)
  const found = await firstIn(
    calls,
    (page) => stripe.creditNotes.list({ ...page, invoice }),
    ({ refunds }) => refunds.some(({ refund }) => idIn(refund) === id),
  )
  return mapAnswer(found, (note) => note?.id ?? null)
}

/** When the money came back to the balance; a refund that never left has no such moment. */
async function failureTimeOf({ stripe, calls }: Connection, refund: Stripe.Refund): Promise<Answer<Date>> {
  const id = idIn(refund.failure_balance_transaction)
  if (id === null) return answered(instant(refund.created))
  const movement = await calls.read(() => stripe.balanceTransactions.retrieve(id))
  return mapAnswer(movement, ({ created }) => instant(created))
}
