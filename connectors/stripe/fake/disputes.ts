import { endpoint, list, mergeMetadata, minor, mustExist } from './api.ts'
import { balanceTransactionWire, moveMoney } from './balance.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import { nothing } from './params-customer.ts'
import { chargeList, disputeUpdate } from './params-money.ts'
import type { BalanceTransaction, Charge, Dispute } from './payment-rows.ts'
import { invalidRequest } from './refusal.ts'
import type { World } from './world.ts'

/** What the bank keeps of a dispute, won or lost: 15.00. */
const disputeFeeMinor = 1500n

/** A dispute on the wire. */
export function disputeWire(world: World, row: Dispute): Wire {
  const movements = row.balanceTransactionIds.map((id) => world.balanceTransactions.get(id))
  return {
    id: row.id,
    object: 'dispute',
    amount: minor(row.amountMinor),
    balance_transactions: movements.map((one) => balanceTransactionWire(world, one as BalanceTransaction)),
    charge: row.chargeId,
    created: row.created,
    currency: row.currency,
    enhanced_eligibility_types: [],
    evidence: { ...noEvidence },
    evidence_details: {
      due_by: row.created + 14 * 86_400,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: row.status === 'needs_response' ? 0 : 1,
      submission_method: row.status === 'needs_response' ? 'not_submitted' : 'manual',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: world.settings.livemode,
    metadata: row.metadata,
    payment_intent: row.paymentIntentId,
    reason: row.reason,
    status: row.status,
  }
}

const evidenceNames = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
]

const noEvidence: Wire = {
  ...Object.fromEntries(evidenceNames.map((name) => [name, null])),
  enhanced_evidence: {},
}

/** A customer's bank takes a payment back: the amount and a fee leave the balance at once. */
export function openDispute(world: World, charge: Charge, amountMinor = charge.amountMinor): Dispute {
  if (charge.disputed) throw invalidRequest(`Charge ${charge.id} is disputed already.`)
  const id = world.newId('du')
  const movement = moveMoney(world, {
    type: 'adjustment',
    currency: charge.currency,
    amountMinor: -amountMinor,
    feeMinor: disputeFeeMinor,
    sourceId: id,
    description: `Chargeback withdrawal for ${charge.id}`,
  })
  charge.disputed = true
  const row = world.disputes.insert({
    id,
    created: world.seconds(),
    chargeId: charge.id,
    paymentIntentId: charge.paymentIntentId,
    currency: charge.currency,
    amountMinor,
    reason: 'general',
    status: 'needs_response',
    metadata: {},
    balanceTransactionIds: [movement.id],
  })
  emit(world, 'charge.dispute.created', disputeWire(world, row))
  emit(world, 'charge.dispute.funds_withdrawn', disputeWire(world, row))
  note(world, row, charge, 'dispute-opened')
  return row
}

/** The bank decides. Won, the amount comes back, the fee does not. */
export function closeDispute(world: World, row: Dispute, won: boolean): Dispute {
  if (row.status === 'won' || row.status === 'lost')
    throw invalidRequest(`Dispute ${row.id} is closed already.`)
  const charge = world.charges.get(row.chargeId) as Charge
  row.status = won ? 'won' : 'lost'
  if (won) {
    const movement = moveMoney(world, {
      type: 'adjustment',
      currency: row.currency,
      amountMinor: row.amountMinor,
      sourceId: row.id,
      description: `Chargeback reversal for ${row.chargeId}`,
    })
    row.balanceTransactionIds.push(movement.id)
    emit(world, 'charge.dispute.funds_reinstated', disputeWire(world, row))
  }
  emit(world, 'charge.dispute.closed', disputeWire(world, row))
  note(world, row, charge, won ? 'dispute-won' : 'dispute-lost')
  return row
}

function note(
  world: World,
  row: Dispute,
  charge: Charge,
  kind: 'dispute-opened' | 'dispute-won' | 'dispute-lost',
): void {
  world.journal.add({
    at: world.seconds(),
    kind,
    objectId: row.id,
    invoiceId: charge.invoiceId,
    currency: row.currency,
    amountMinor: row.amountMinor,
    taxMinor: 0n,
  })
}

/** Routes of disputes: closing one through the API gives it up. */
export const disputeEndpoints = [
  endpoint('GET', '/v1/disputes', chargeList, (world, input) =>
    list(world.disputes, 'dispute', '/v1/disputes', input, (row) => disputeWire(world, row), {
      among: input.payment_intent === undefined ? undefined : ['intent', input.payment_intent],
    }),
  ),
  endpoint('GET', '/v1/disputes/:id', nothing, (world, _input, { id = '' }) =>
    disputeWire(world, mustExist(world.disputes.get(id), 'dispute', id)),
  ),
  endpoint('POST', '/v1/disputes/:id', disputeUpdate, (world, input, { id = '' }) => {
    const row = mustExist(world.disputes.get(id), 'dispute', id)
    const before = disputeWire(world, row)
    row.metadata = mergeMetadata(row.metadata, input.metadata)
    if (input.submit === true && row.status === 'needs_response') row.status = 'under_review'
    emitChange(world, 'charge.dispute.updated', before, disputeWire(world, row))
    return disputeWire(world, row)
  }),
  endpoint('POST', '/v1/disputes/:id/close', nothing, (world, _input, { id = '' }) =>
    disputeWire(world, closeDispute(world, mustExist(world.disputes.get(id), 'dispute', id), false)),
  ),
]
