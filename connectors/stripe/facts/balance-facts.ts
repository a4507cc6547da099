import type { Stripe } from 'stripe'
import type { BillingFact } from '../../../src/domain/fact.ts'
import { fromStripe } from '../amounts.ts'
import { idIn, instant } from '../connection.ts'

/** What a movement of the balance tells that no other object does: the fee that was kept, and that money went to the bank. */
export function balanceFacts(movement: Stripe.BalanceTransaction): BillingFact[] {
  const facts: BillingFact[] = []
  const fee = feeOf(movement)
  const occurredAt = instant(movement.created)
  if (fee !== 0) {
    facts.push({
      kind: 'stripe-fee-charged',
      factKey: `stripe:balance-transaction:${movement.id}:fee`,
      occurredAt,
      balanceTransactionId: movement.id,
      amount: fromStripe(movement.currency, fee),
    })
  }
  if (movement.type === 'payout') {
    const payoutId = idIn(movement.source) ?? movement.id
    const amount = fromStripe(movement.currency, -movement.amount)
    facts.push({ kind: 'payout-paid', factKey: `stripe:payout:${payoutId}`, occurredAt, payoutId, amount })
  }
  return facts
}

const feeTypes = new Set(['stripe_fee', 'stripe_fx_fee', 'tax_fee'])

/** The fee of a movement; a movement that is nothing but a fee takes it as its amount. */
function feeOf({ type, amount, fee }: Stripe.BalanceTransaction): number {
  return feeTypes.has(type) ? fee - amount : fee
}
